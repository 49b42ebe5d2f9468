import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ClosedError, ConnectionError, StorageError } from "../../src/domain/errors.ts";
import { MailReader } from "../../src/parse/mail-reader.ts";
import { MailThread } from "../../src/parse/mail-thread.ts";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { anyOptions, inPieces, mail, parseOptions, temporaryDir, withAttachment } from "./options.ts";

const LONG = withAttachment(
  ["Content-Type: application/pdf", 'Content-Disposition: attachment; filename="report.pdf"'],
  Buffer.alloc(300_000, "mailport"),
);

/** A thread of its own for one test, whose time is passed by hand. */
function thread() {
  const started: MailThread[] = [];
  let onTick = (): void => {};
  const start = () => {
    const running = started.find(({ usable }) => usable);
    if (running) return running;
    const fresh = new MailThread((tick) => {
      onTick = tick;
      return () => {};
    });
    started.push(fresh);
    return fresh;
  };
  onTestFinished(async () => void (await Promise.all(started.map(async (one) => await one.stop()))));
  return { start, started, ticks: (count: number) => Array.from({ length: count }, () => onTick()) };
}

describe("a long mail, read on a thread of its own", () => {
  it("gives what it gives when read on this one, whole and in pieces", async () => {
    const options = parseOptions(await temporaryDir());
    const expected = await parseMail(Buffer.from(LONG), options);
    const { start, started } = thread();
    const reader = new MailReader(new ManualClock(), start);
    expect(await reader.read(Buffer.from(LONG), options)).toEqual(expected);
    expect(await reader.read(inPieces(LONG, 70_001), options)).toEqual(expected);
    expect(started).toHaveLength(1);
    expect(expected.attachments[0]?.path).toMatch(/mailport-[0-9a-f]{16}\.pdf$/);
  });

  it("is not handed over when it is short", async () => {
    const { start, started } = thread();
    const reader = new MailReader(new ManualClock(), start);
    const { text } = await reader.read(Buffer.from("From: a@example.org\r\n\r\nhello\r\n"), await anyOptions());
    expect(text).toBe("hello");
    expect(started).toEqual([]);
  });

  it("leaves bytes that it does not own where they are", async () => {
    const shared = Buffer.concat([Buffer.from("before"), LONG]);
    const reader = new MailReader(new ManualClock(), thread().start);
    await reader.read(shared.subarray("before".length), await anyOptions());
    expect(shared.toString("latin1", 0, 12)).toBe("beforeFrom: ");
  });

  it("takes a piece only when it has dealt with the one before", async () => {
    let given = 0;
    const counted = async function* () {
      for await (const piece of inPieces(LONG, 1_000)) {
        given++;
        yield piece;
      }
    };
    let waiting = 0;
    const source = counted();
    const next = source.next.bind(source);
    source.next = async () => {
      waiting++;
      expect(waiting).toBe(1);
      const result = await next();
      waiting--;
      return result;
    };
    await new MailReader(new ManualClock(), thread().start).read(source, await anyOptions());
    expect(given).toBe(Math.ceil(LONG.length / 1_000));
  });
});

describe("what goes wrong on the way", () => {
  it("rejects with the source's own error", async () => {
    const lost = new ConnectionError("the connection was lost");
    const source = async function* () {
      yield LONG.subarray(0, 100_000);
      throw lost;
    };
    const reader = new MailReader(new ManualClock(), thread().start);
    await expect(reader.read(source(), await anyOptions())).rejects.toBe(lost);
  });

  it("rejects with a StorageError when the attachment cannot be written", async () => {
    const dir = join(await temporaryDir(), "file");
    await writeFile(dir, "not a folder");
    const reading = new MailReader(new ManualClock(), thread().start).read(Buffer.from(LONG), parseOptions(dir));
    await expect(reading).rejects.toBeInstanceOf(StorageError);
    await expect(reading).rejects.toThrow(`the folder ${dir} cannot be used`);
  });

  it("rejects when the thread ends under it, lets go of the source, and reads the next mail on a new one", async () => {
    let closed = false;
    let begun = (): void => {};
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    const endless = async function* () {
      try {
        yield LONG.subarray(0, 100_000);
        begun();
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          yield Buffer.from("QUJD\r\n");
        }
      } finally {
        closed = true;
      }
    };
    const { start, started } = thread();
    const reader = new MailReader(new ManualClock(), start);
    const reading = reader.read(endless(), await anyOptions());
    const failed = expect(reading).rejects.toThrow("the thread that was reading the mail ended: it was stopped");
    await isBegun;
    await started[0]?.stop();
    await failed;
    await expect.poll(() => closed).toBe(true);
    expect((await reader.read(Buffer.from(LONG), await anyOptions())).text).toContain("see the file");
    expect(started).toHaveLength(2);
  });

  it("ends a thread that says nothing for a minute, but not one that waits for the source", async () => {
    const { start, started, ticks } = thread();
    const reader = new MailReader(new ManualClock(), start);
    let give: (result: IteratorResult<Uint8Array>) => void = () => {};
    let asked = 0;
    const slow = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          asked++;
          return await new Promise<IteratorResult<Uint8Array>>((resolve) => (give = resolve));
        },
      }),
    };
    const reading = reader.read(slow, await anyOptions());
    const failed = expect(reading).rejects.toThrow("it said nothing for a minute");
    await expect.poll(() => asked).toBe(1);
    ticks(100);
    expect(started[0]?.usable).toBe(true);
    give({ done: false, value: LONG.subarray(0, 100_000) });
    await Promise.resolve();
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    ticks(7);
    await failed;
  });

  it("ends a thread that computes and computes, and the mails after it are read on another", async () => {
    const { start, started, ticks } = thread();
    const reader = new MailReader(new ManualClock(), start);
    await reader.read(Buffer.from(LONG), await anyOptions());
    // Not for ever, but longer than the two ticks of this test.
    const slow = mail(["Content-Type: text/html"], "<p><b>x</b> ".repeat(80_000));
    const reading = reader.read(slow, await anyOptions());
    const failed = expect(reading).rejects.toThrow("it computed for ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 60));
    ticks(1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    ticks(1);
    await failed;
    expect((await reader.read(Buffer.from(LONG), await anyOptions())).attachments).toHaveLength(1);
    expect(started).toHaveLength(2);
  });

  it("ends a thread that has had nothing to do for half a minute", async () => {
    const { start, started, ticks } = thread();
    const reader = new MailReader(new ManualClock(), start);
    await reader.read(Buffer.from(LONG), await anyOptions());
    ticks(3);
    expect(started[0]?.usable).toBe(true);
    ticks(1);
    expect(started[0]?.usable).toBe(false);
  });

  it("reads on this thread where none can be started", async () => {
    const reader = new MailReader(new ManualClock(), () => {
      throw new Error("Cannot find module '#parse/thread'");
    });
    expect((await reader.read(Buffer.from(LONG), await anyOptions())).attachments).toHaveLength(1);
  });

  it("finishes at the end what it has begun, and begins nothing more", async () => {
    const reader = new MailReader(new ManualClock(), thread().start);
    const reading = reader.read(Buffer.from(LONG), await anyOptions());
    await reader[Symbol.asyncDispose]();
    await expect(reading).resolves.toBeDefined();
    await expect(reader.read(Buffer.from(LONG), await anyOptions())).rejects.toBeInstanceOf(ClosedError);
  });
});
