import { describe, expect, it } from "vitest";
import { ConnectionError, DnsError, StorageError } from "../../src/domain/errors.ts";
import { Intake } from "../../src/inbox/intake.ts";
import type { IntakeOptions } from "../../src/inbox/intake-options.ts";
import type { MailSource } from "../../src/inbox/mail-source.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { ManualClock } from "../fakes/manual-clock.ts";

const mail = (from: string, size = 200) => Buffer.from(`From: ${from}\r\nSubject: x\r\n\r\n`.padEnd(size, "x"));

describe("taking a batch of mails", () => {
  it("downloads nothing of a stranger's mail but the fields that decide", async () => {
    const { server, intake, pending, refused } = setup(
      { 1: mail("stranger@x.org"), 2: mail("ann@x.org") },
      { isOpen: false },
    );
    await intake.take(server, [1, 2], pending);
    expect(refused).toEqual([[1, "not-allowed"]]);
    expect(server.downloaded).toEqual([2]);
    expect(pending.finished).toEqual([1, 2]);
  });

  it("takes small mails whole in one command when everybody may talk", async () => {
    const { server, intake, pending, read } = setup({ 1: mail("a@x.org"), 2: mail("b@x.org") });
    await intake.take(server, [1, 2], pending);
    expect(server.commands).toEqual(["summaries"]);
    expect([...read.keys()]).toEqual([1, 2]);
  });

  it("keeps the order of the UIDs whatever way each mail comes", async () => {
    const sizes = [100, 3 << 20, 50 << 10, 200, 60 << 10, 4 << 20, 300];
    const mails = Object.fromEntries(sizes.map((size, index) => [index + 1, mail(`p${index}@x.org`, size)]));
    const { server, intake, pending, read } = setup(mails);
    await intake.take(server, [1, 2, 3, 4, 5, 6, 7], pending);
    expect([...read.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([...read.values()]).toEqual(sizes);
  });

  it("never holds more than a slice of a large mail, and more than the group limit of small ones", async () => {
    const mails = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [index + 1, mail("a@x.org", 1_900_000)]));
    const { server, intake, pending } = setup({ ...mails, 11: mail("a@x.org", 9 << 20) });
    await intake.take(server, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], pending);
    expect(server.largestCommandBytes).toBeLessThanOrEqual(8 << 20);
    expect(pending.finished).toHaveLength(11);
  });

  it("believes the bytes, not RFC822.SIZE", async () => {
    const { server, intake, pending, read } = setup({ 1: mail("a@x.org", 5 << 20) }, { claimedBytes: 100_000 });
    await intake.take(server, [1], pending);
    expect(read.get(1)).toBe(5 << 20);
  });

  it("judges again with the whole header before it reads the body", async () => {
    const late = Buffer.from(`From: ann@x.org\r\n${"X-Pad: y\r\n".repeat(3_000)}Late: robot\r\n\r\nbody`);
    const { server, intake, pending, refused, read } = setup({ 1: late });
    await intake.take(server, [1], pending);
    expect(refused).toEqual([[1, "automatic"]]);
    expect(read.size).toBe(0);
  });

  it("reads the beginning of a report that nobody may send, and refuses it all the same", async () => {
    const { server, intake, pending, refused, read, reports } = setup(
      { 1: mail("daemon@x.org", 5 << 20), 2: mail("daemon@x.org"), 3: mail("stranger@x.org") },
      { isOpen: false },
    );
    await intake.take(server, [1, 2, 3], pending);
    expect(reports).toEqual([1 << 20, 200]);
    expect(new Map(refused)).toEqual(new Map([[1, "automatic"], [2, "automatic"], [3, "not-allowed"]])); // prettier-ignore
    expect(read.size).toBe(0);
    expect(new Set(pending.finished)).toEqual(new Set([1, 2, 3]));
  });

  it("comes back for a report that could not be written down", async () => {
    const { server, intake, pending, refused } = setup({ 1: mail("daemon full-disk@x.org") });
    await intake.take(server, [1], pending);
    expect([refused, pending.finished, [...pending.postponed.keys()]]).toEqual([[], [], [1]]);
  });

  it("refuses by its body what its header let in, before anything of it is read", async () => {
    const robot = Buffer.from("From: ann@x.org\r\n\r\na robot inside");
    const { server, intake, pending, refused, read } = setup({ 1: robot, 2: mail("ann@x.org") }, { isOpen: false });
    await intake.take(server, [1, 2], pending);
    expect(refused).toEqual([[1, "automatic"]]);
    expect([...read.keys()]).toEqual([2]);
  });

  it("asks once more for a mail that the answer left out, and lets it go when it is gone", async () => {
    const { server, intake, pending, read } = setup({ 1: mail("a@x.org"), 3: mail("a@x.org") }, { hideOnce: [3] });
    await intake.take(server, [1, 2, 3], pending);
    expect([...read.keys()]).toEqual([1, 3]);
    expect(pending.finished.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  it("stops when there is no more room, and leaves the rest pending", async () => {
    const { server, intake, pending } = setup(
      { 1: mail("a@x.org"), 2: mail("a@x.org"), 3: mail("a@x.org") },
      { room: 2 },
    );
    await intake.take(server, [1, 2, 3], pending);
    expect(pending.finished).toEqual([1, 2]);
  });
});

describe("a mail that cannot be dealt with", () => {
  it("is tried again later while the disk is full, for as long as that takes, and the others go on", async () => {
    const { server, intake, pending } = setup(
      { 1: mail("a@x.org"), 2: mail("a@x.org") },
      { failing: { 1: new StorageError("disk full") } },
    );
    for (let round = 0; round < 20; round++) await intake.take(server, [1, 2], pending);
    expect(pending.finished).not.toContain(1);
    expect(pending.finished).toContain(2);
    expect(pending.postponed.get(1)).toBeGreaterThan(0);
    expect(pending.postponed.get(1)).toBeLessThanOrEqual(60_000);
  });

  it("is tried again later and later when reading it fails", async () => {
    const { server, intake, pending } = setup({ 1: mail("a@x.org") }, { failing: { 1: new Error("bug") } });
    const delays: (number | undefined)[] = [];
    for (let round = 0; round < 20; round++) {
      await intake.take(server, [1], pending);
      delays.push(pending.postponed.get(1));
    }
    expect(delays.slice(0, 3)).toEqual([5_000, 10_000, 20_000]);
    expect(delays.at(-1)).toBe(6 * 3_600_000);
    expect(pending.finished).toEqual([]);
  });

  it("is found by halving when the connection breaks under it, and does not take the others with it", async () => {
    const mails = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((uid) => [uid, mail("a@x.org")]));
    const { server, intake, pending } = setup(mails, { breaksAt: 5 });
    for (let round = 0; round < 30; round++) {
      const asked = [1, 2, 3, 4, 5, 6, 7, 8].filter(
        (uid) => !pending.finished.includes(uid) && !pending.postponed.has(uid),
      );
      if (asked.length === 0) break;
      await intake
        .take(server, asked, pending)
        .catch((error: unknown) => expect(error).toBeInstanceOf(ConnectionError));
    }
    expect(pending.finished.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 6, 7, 8]);
    expect([...pending.postponed.keys()]).toEqual([5]);
  });
});

describe("storing what has been read", () => {
  it("is done with a mail only when it is stored, and comes back for one that could not be", async () => {
    const unstorable = new Set([2]);
    const { server, intake, pending, read } = setup(
      { 1: mail("a@x.org"), 2: mail("b@x.org"), 3: mail("c@x.org") },
      { unstorable },
    );
    await intake.take(server, [1, 2, 3], pending);
    expect(pending.finished).toEqual([1, 3]);
    expect([...pending.postponed]).toEqual([[2, 30_000]]);
    unstorable.clear();
    await intake.take(server, [2], pending);
    expect([...read.keys()]).toEqual([1, 3, 2]);
    expect(pending.finished).toEqual([1, 3, 2]);
  });
});

describe("proving who wrote a mail", () => {
  const failed = { verdict: "refuse", reason: "dmarc-failed", detail: "" } as const;
  const proof = { verdict: "accept", verification: "verified", reason: "dkim" } as const;

  it("happens before a body is downloaded when the header is enough", async () => {
    const { server, intake, pending, refused, read } = setup(
      { 1: mail("forged@x.org"), 2: mail("ann@x.org") },
      {
        isOpen: false,
        verify: async ({ header, body }) =>
          header.includes("forged") ? failed : body === "later" ? { verdict: "undecided" } : proof,
      },
    );
    await intake.take(server, [1, 2], pending);
    expect(refused).toEqual([[1, "dmarc-failed"]]);
    expect(server.downloaded).toEqual([2]);
    expect([...read.keys()]).toEqual([2]);
  });

  it("is done by its header once, before the body comes, when that is enough", async () => {
    const asked: unknown[] = [];
    const { server, intake, pending, read } = setup(
      { 1: mail("ann@x.org") },
      { isOpen: false, verify: async ({ body }) => (asked.push(body), proof) },
    );
    await intake.take(server, [1], pending);
    expect(asked).toEqual(["later"]);
    expect([...read.keys()]).toEqual([1]);
  });

  it("lets nobody in by a header that the mail does not have", async () => {
    const header = Buffer.from("From: ann@x.org\r\n\r\n");
    const { server, intake, pending, refused, read } = setup(
      { 1: mail("stranger@x.org"), 2: Buffer.from("From: ann@x.org\r\nLate: robot\r\n\r\nbody") },
      { isOpen: false, headers: { 1: header, 2: header } },
    );
    await intake.take(server, [1, 2], pending);
    expect(refused).toEqual([[1, "not-allowed"], [2, "automatic"]]); // prettier-ignore
    expect(read.size).toBe(0);
  });

  it("asks for a mail by itself that a server lists without its header, and judges it then", async () => {
    const none = Buffer.alloc(0);
    const { server, intake, pending, refused, read } = setup(
      { 1: mail("stranger@x.org"), 2: mail("ann@x.org") },
      { isOpen: false, headers: { 1: none, 2: none } },
    );
    await intake.take(server, [1, 2], pending);
    expect(refused).toEqual([[1, "not-allowed"]]);
    expect([...read.keys()]).toEqual([2]);
    expect(pending.finished.toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it("waits for all of a header that is longer than what was listed", async () => {
    const long = Buffer.from(`From: ann@x.org\r\n${"X-Pad: y\r\n".repeat(10_000)}Late: robot\r\n\r\nbody`);
    const { server, intake, pending, refused, read } = setup({ 1: long }, { isOpen: false });
    await intake.take(server, [1], pending);
    expect(refused).toEqual([[1, "automatic"]]);
    expect(read.size).toBe(0);
  });

  it("is done once when the mail came whole with the listing", async () => {
    let asked = 0;
    const { server, intake, pending, read } = setup({ 1: mail("ann@x.org") }, { verify: async () => (asked++, proof) });
    await intake.take(server, [1], pending);
    expect([asked, read.size]).toEqual([1, 1]);
  });

  it("reads a mail that streams, its body only, and then once more", async () => {
    let checked = 0;
    const raw = mail("ann@x.org", 3 << 20);
    const { server, intake, pending, read } = setup(
      { 1: raw },
      {
        async verify({ body }) {
          if (typeof body !== "function") return { verdict: "undecided" };
          for await (const piece of body()) checked += piece.length;
          return proof;
        },
      },
    );
    await intake.take(server, [1], pending);
    expect(checked).toBe(raw.length - (raw.indexOf("\r\n\r\n") + 4));
    expect(read.get(1)).toBe(raw.length);
  });

  it("is tried again later and later while the DNS does not answer, and the others go on beside it", async () => {
    const others = Array.from({ length: 12 }, (_, index) => index + 2);
    const { server, intake, pending, read } = setup(
      { 1: mail("slow@x.org"), ...Object.fromEntries(others.map((uid) => [uid, mail("ann@x.org")])) },
      {
        async verify({ header }) {
          if (header.includes("slow")) throw new DnsError("no answer");
          return proof;
        },
      },
    );
    const delays: (number | undefined)[] = [];
    for (const uid of others) {
      await intake.take(server, [1, uid], pending);
      delays.push(pending.postponed.get(1));
      expect(read.has(uid)).toBe(true);
    }
    expect(delays.slice(0, 3)).toEqual([5_000, 10_000, 20_000]);
    expect(delays.at(-1)).toBe(15 * 60_000);
    expect(pending.finished).not.toContain(1);
  });

  it("goes on for a whole group at once", async () => {
    let together = 0;
    let most = 0;
    const mails = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [index + 1, mail("ann@x.org")]));
    const { server, intake, pending, read } = setup(mails, {
      async verify() {
        most = Math.max(most, ++together);
        await new Promise((resolve) => setTimeout(resolve, 5));
        together--;
        return proof;
      },
    });
    await intake.take(server, Object.keys(mails).map(Number), pending);
    expect(most).toBe(50);
    expect([...read.keys()]).toEqual(Object.keys(mails).map(Number));
  });
});

interface Setup {
  readonly verify?: IntakeOptions["verify"];
  readonly isOpen?: boolean;
  /** What the server takes for the header of a mail, when that is not what it is. */
  readonly headers?: Record<number, Buffer>;
  readonly room?: number;
  readonly claimedBytes?: number;
  readonly hideOnce?: readonly number[];
  readonly failing?: Record<number, Error>;
  readonly breaksAt?: number;
  readonly unstorable?: Set<number>;
}

function setup(mails: Record<number, Buffer>, given: Setup = {}) {
  const read = new Map<number, number>();
  const refused: [number, string][] = [];
  const reports: number[] = [];
  const server = new Server(mails, given);
  const options: IntakeOptions = {
    decide(header) {
      const text = Buffer.from(header).toString();
      if (text.includes("daemon")) return { verdict: "refuse", reason: "automatic", detail: "", mayReport: true };
      if (text.includes("stranger")) return { verdict: "refuse", reason: "not-allowed", detail: "" };
      return text.includes("Late:")
        ? { verdict: "refuse", reason: "automatic", detail: "" }
        : { verdict: "accept", address: "a@x.org", admission: undefined };
    },
    verify: given.verify ?? (async () => ({ verdict: "accept", verification: "unverified", reason: "not-checked" })),
    decideBody: async (start) =>
      start.includes("robot inside") ? { verdict: "refuse", reason: "automatic", detail: "" } : undefined,
    async takeReport(start) {
      if (start.includes("full-disk")) throw new StorageError("disk full");
      reports.push(start.length);
    },
    isOpen: () => given.isOpen ?? true,
    maxMessageBytes: 50 << 20,
    async read({ uid }, source) {
      const failure = given.failing?.[uid];
      if (failure) throw failure;
      let bytes = 0;
      if (Buffer.isBuffer(source)) bytes = source.length;
      else for await (const slice of source) bytes += slice.length;
      return async () => {
        if (given.unstorable?.has(uid)) throw new StorageError("disk full");
        await Promise.resolve();
        read.set(uid, bytes);
      };
    },
    readLarge: async () => async () => {},
    refuse: ({ uid }, reason) => void refused.push([uid, reason]),
    room: () => (given.room ?? Number.POSITIVE_INFINITY) - read.size,
    clock: new ManualClock(),
    logger: silentLogger,
  };
  const finished: number[] = [];
  const postponed = new Map<number, number>();
  const pending = {
    finished,
    postponed,
    finish: (uid: number) => void finished.push(uid),
    postpone: (uid: number, until: number) => void postponed.set(uid, until),
  };
  return { server, intake: new Intake(options), pending, read, refused, reports };
}

/** Answers as a server would, and remembers what it was asked. */
class Server implements MailSource {
  readonly uidValidity = "1";
  readonly commands: string[] = [];
  readonly downloaded: number[] = [];
  largestCommandBytes = 0;
  readonly #mails: Record<number, Buffer>;
  readonly #given: Setup;
  readonly #hidden: Set<number>;

  constructor(mails: Record<number, Buffer>, given: Setup) {
    this.#mails = mails;
    this.#given = given;
    this.#hidden = new Set(given.hideOnce);
  }

  async summaries(uids: readonly number[], { part, maxBytes }: { part: "mail" | "header"; maxBytes: number }) {
    this.commands.push("summaries");
    if (uids.includes(this.#given.breaksAt ?? 0)) throw new ConnectionError("reset");
    const listed = uids
      .filter((uid) => this.#mails[uid] && !this.#hidden.delete(uid))
      .map((uid) => {
        const raw = this.#mails[uid] ?? Buffer.alloc(0);
        const header = this.#given.headers?.[uid] ?? raw.subarray(0, raw.indexOf("\r\n\r\n") + 4);
        const start = (part === "header" ? header : raw).subarray(0, maxBytes);
        return { uid, bytes: this.#given.claimedBytes ?? raw.length, receivedAt: new Date(0), start };
      });
    this.#count(listed.reduce((sum, { start }) => sum + start.length, 0));
    return listed;
  }

  async *sources(uids: readonly number[], maxBytes: number) {
    this.commands.push("sources");
    this.downloaded.push(...uids);
    this.#count(uids.reduce((sum, uid) => sum + Math.min(maxBytes, this.#mails[uid]?.length ?? 0), 0));
    for (const uid of uids) yield { uid, source: (this.#mails[uid] ?? Buffer.alloc(0)).subarray(0, maxBytes) };
  }

  async readSection(uid: number, _: string, start: number, maxBytes: number) {
    this.commands.push("section");
    const slice = this.#mails[uid]?.subarray(start, start + maxBytes);
    this.#count(slice?.length ?? 0);
    return slice;
  }

  #count(bytes: number): void {
    this.largestCommandBytes = Math.max(this.largestCommandBytes, bytes);
  }
}
