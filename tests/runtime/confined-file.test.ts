import { link, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openConfined } from "../../src/runtime/confined-file.ts";
import { temporaryFolder } from "../config/temporary-folder.ts";

async function place() {
  const folder = await temporaryFolder();
  const [inside, outside] = [join(folder.path, "inside"), join(folder.path, "inside-not")];
  await mkdir(join(inside, "deep"), { recursive: true });
  await mkdir(outside);
  await writeFile(join(inside, "deep", "a.txt"), "fine");
  await writeFile(join(outside, "secret.txt"), "secret");
  return { folder, inside, outside };
}

async function read(path: string, folders: readonly string[]): Promise<string> {
  const { handle, bytes } = await openConfined(path, folders);
  await using file = handle;
  expect((await file.stat()).size).toBe(bytes);
  return await file.readFile("utf8");
}

describe("a file that must lie in a folder", () => {
  it("is opened there and below, by whatever way its path goes", async () => {
    const { folder, inside, outside } = await place();
    await using _ = folder;
    await symlink(inside, join(outside, "way-in"));
    await symlink(join(inside, "deep", "a.txt"), join(inside, "again.txt"));
    for (const path of ["deep/a.txt", "deep/../deep/a.txt", "again.txt", "../inside-not/way-in/deep/a.txt"])
      expect(await read(join(inside, path), [inside])).toBe("fine");
    await symlink(inside, join(folder.path, "link-to-folder"));
    expect(
      await read(join(folder.path, "link-to-folder", "deep", "a.txt"), [join(folder.path, "link-to-folder")]),
    ).toBe("fine");
    expect(await read(join(inside, "deep", "a.txt"), ["/nowhere", "/"])).toBe("fine");
  });

  it("is not opened elsewhere: not beside it, not above it, not by a link in it", async () => {
    const { folder, inside, outside } = await place();
    await using _ = folder;
    await symlink(join(outside, "secret.txt"), join(inside, "file-link"));
    await symlink(outside, join(inside, "folder-link"));
    const outsiders = [
      join(outside, "secret.txt"),
      `${inside}/../inside-not/secret.txt`,
      join(inside, "file-link"),
      join(inside, "folder-link", "secret.txt"),
      "/etc/passwd",
      "/proc/self/environ",
      inside,
    ];
    for (const path of outsiders)
      await expect(openConfined(path, [inside])).rejects.toMatchObject({ reason: "outside" });
    for (const path of outsiders) await expect(openConfined(path, [])).rejects.toMatchObject({ reason: "outside" });
  });

  it("is spoken of alike elsewhere, whether it is there or not", async () => {
    const { folder, inside, outside } = await place();
    await using _ = folder;
    const said = async (path: string) => await openConfined(path, [inside]).catch((error: unknown) => String(error));
    expect(await said(join(outside, "none"))).toBe(await said(join(outside, "secret.txt")));
    await expect(openConfined(join(inside, "none"), [inside])).rejects.toThrow("cannot be read: ENOENT");
    await expect(openConfined(join(inside, "deep"), [inside])).rejects.toThrow("is not a file");
  });

  it("is never one that was swapped for a link while it was opened", async () => {
    const { folder, inside, outside } = await place();
    await using _ = folder;
    await writeFile(join(outside, "a.txt"), "secret");
    const [deep, aside] = [join(inside, "deep"), join(inside, "aside")];
    const stop = new AbortController();
    // Somebody who may write there swaps the folder for a link to another, again and again.
    const swapping = (async () => {
      while (!stop.signal.aborted) {
        await rename(deep, aside);
        await symlink(outside, deep);
        await rename(deep, join(folder.path, "old"));
        await rename(aside, deep);
        await link(join(deep, "a.txt"), join(deep, "b.txt")).catch(() => {});
      }
    })();
    for (let n = 0; n < 300; n++)
      expect(["fine", "refused"]).toContain(await read(join(deep, "a.txt"), [inside]).catch(() => "refused"));
    stop.abort();
    await swapping;
  });
});
