import { mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sweepAttachments, type SweepOptions } from "../../src/parse/attachment-sweep.ts";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { parseOptions, temporaryDir, withAttachment } from "./options.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.UTC(2026, 10, 25);
const saved = (n: number): string => `mailport-${String(n).padStart(16, "0")}.pdf`;
const unfinished = (n: number): string => `.mailport-00000000-0000-4000-8000-${String(n).padStart(12, "0")}.part`;

async function folder(files: Readonly<Record<string, number>>): Promise<string> {
  const dir = await temporaryDir();
  for (const [name, ageMs] of Object.entries(files)) await file(join(dir, name), ageMs);
  return dir;
}

async function file(path: string, ageMs: number): Promise<void> {
  await writeFile(path, "content");
  await utimes(path, (NOW - ageMs) / 1_000, (NOW - ageMs) / 1_000);
}

const sweep = async (dir: string, changes: Partial<SweepOptions> = {}) =>
  await sweepAttachments({
    dir,
    now: NOW,
    keepDays: 7,
    needed: async () => [],
    signal: new AbortController().signal,
    ...changes,
  });

describe("old attachments", () => {
  it("are deleted when they are older than keepDays, and nothing else is", async () => {
    const dir = await folder({
      [saved(1)]: 8 * DAY_MS,
      [saved(2)]: 6 * DAY_MS,
      "somebody-elses.pdf": 900 * DAY_MS,
      "mailport-notes.txt": 900 * DAY_MS,
      [`${saved(3)}.bak`]: 900 * DAY_MS,
    });
    expect(await sweep(dir)).toEqual({ expired: 1, unfinished: 0, isMore: false });
    expect((await readdir(dir)).toSorted()).toEqual(
      [saved(2), `${saved(3)}.bak`, "mailport-notes.txt", "somebody-elses.pdf"].toSorted(),
    );
  });

  it("are kept for ever without keepDays, and nobody is asked", async () => {
    const dir = await folder({ [saved(1)]: 900 * DAY_MS });
    const needed = async () => await Promise.reject(new Error("asked"));
    expect(await sweep(dir, { keepDays: undefined, needed })).toEqual({ expired: 0, unfinished: 0, isMore: false });
    expect(await readdir(dir)).toEqual([saved(1)]);
  });

  it("stay as long as a mail needs them", async () => {
    const dir = await folder({ [saved(1)]: 8 * DAY_MS, [saved(2)]: 8 * DAY_MS });
    await sweep(dir, { needed: async () => [join(dir, saved(1))] });
    expect(await readdir(dir)).toEqual([saved(1)]);
  });

  it("stay when a mail brings them again while the store is being asked", async () => {
    const dir = await folder({ [saved(1)]: 8 * DAY_MS });
    await sweep(dir, {
      needed: async () => {
        await file(join(dir, saved(1)), 0);
        return [];
      },
    });
    expect(await readdir(dir)).toEqual([saved(1)]);
  });

  it("all stay when the store does not answer", async () => {
    const dir = await folder({ [saved(1)]: 8 * DAY_MS });
    await expect(sweep(dir, { needed: async () => await Promise.reject(new Error("broken")) })).rejects.toThrow(
      "broken",
    );
    expect(await readdir(dir)).toEqual([saved(1)]);
  });

  it("a file that comes once more is young again", async () => {
    const dir = await temporaryDir();
    const source = withAttachment(["Content-Type: application/pdf"]);
    const { attachments } = await parseMail(source, parseOptions(dir));
    const path = attachments[0]?.path ?? "";
    await utimes(path, 1, 1);
    await parseMail(source, parseOptions(dir));
    await sweep(dir, { now: Date.now() });
    expect(await readFile(path, "utf8")).toBe("content");
  });
});

describe("what a process that was killed has left", () => {
  it("is deleted once nobody can be writing it any more", async () => {
    const dir = await folder({
      [unfinished(1)]: 2 * HOUR_MS,
      [unfinished(2)]: HOUR_MS / 2,
      ".mailport-mine.part": 900 * DAY_MS,
      "other.part": 900 * DAY_MS,
    });
    expect(await sweep(dir, { keepDays: undefined })).toEqual({ expired: 0, unfinished: 1, isMore: false });
    expect((await readdir(dir)).toSorted()).toEqual([unfinished(2), ".mailport-mine.part", "other.part"].toSorted());
  });
});

describe("links", () => {
  it("are neither followed nor deleted, and folders of such a name stay", async () => {
    const dir = await folder({});
    const canary = join(await temporaryDir(), "canary");
    await file(canary, 900 * DAY_MS);
    await symlink(canary, join(dir, saved(1)));
    await symlink(canary, join(dir, unfinished(1)));
    await mkdir(join(dir, saved(2)));
    expect(await sweep(dir)).toEqual({ expired: 0, unfinished: 0, isMore: false });
    expect(await readFile(canary, "utf8")).toBe("content");
    expect(await readdir(dir)).toHaveLength(3);
  });

  it("a folder that is one is not swept", async () => {
    const elsewhere = await folder({ [saved(1)]: 900 * DAY_MS });
    const link = join(await temporaryDir(), "attachments");
    await symlink(elsewhere, link);
    await expect(sweep(link)).rejects.toThrow();
    expect(await readdir(elsewhere)).toEqual([saved(1)]);
  });

  it("a folder that is not there has nothing to delete", async () => {
    expect(await sweep(join(await temporaryDir(), "none"))).toEqual({ expired: 0, unfinished: 0, isMore: false });
  });
});

it("a sweep does not go on for ever: 10,000 files at a time", async () => {
  const dir = await temporaryDir();
  for (let from = 0; from < 10_020; from += 500)
    await Promise.all(
      Array.from(
        { length: Math.min(500, 10_020 - from) },
        async (_, n) => await file(join(dir, saved(from + n)), 8 * DAY_MS),
      ),
    );
  expect(await sweep(dir)).toEqual({ expired: 10_000, unfinished: 0, isMore: true });
  expect(await sweep(dir)).toEqual({ expired: 20, unfinished: 0, isMore: false });
});

it("a sweep ends when the channel does", async () => {
  const dir = await folder({ [saved(1)]: 8 * DAY_MS });
  await sweep(dir, { signal: AbortSignal.abort() });
  expect(await readdir(dir)).toEqual([saved(1)]);
});
