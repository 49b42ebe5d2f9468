import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type ParsedMail, type ParseOptions, parseMail } from "../../src/parse/parse-mail.ts";
import { AllowList } from "../../src/policy/allow-list.ts";
import { decide } from "../../src/policy/decide.ts";
import { complaints } from "./invariants.ts";
import { type Mutant, mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { isFromOnly } from "./strict-from.ts";

const ALLOWED = "ann@example.org";
const MAX_CPU_MS = 2_000;
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;
/** So often the folder is emptied. */
const CLEAR_EVERY = 200;

export interface FuzzOptions {
  readonly seed: number;
  readonly corpus: readonly Buffer[];
  /** Made, and removed at the end. */
  readonly home: string;
  readonly iterations: number;
  readonly untilMs: number;
  /** Number of the first mutant: one that was found is made again by its number. */
  readonly from?: number;
}

export interface Finding {
  readonly number: number;
  readonly operators: readonly string[];
  readonly complaint: string;
  readonly bytes: Buffer;
}

export interface FuzzReport {
  readonly seed: number;
  readonly mails: number;
  readonly accepted: number;
  readonly refused: number;
  readonly ambiguous: number;
  readonly attachmentsSaved: number;
  readonly attachmentsRefused: number;
  readonly slowestCpuMs: number;
  readonly growthBytes: number;
  /** By defect, how many mails had it. */
  readonly defects: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export function readCorpus(folder: string): Buffer[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".eml"));
  return names.toSorted().map((name) => readFileSync(join(folder, name)));
}

/** Reads mutated mails until the time or the number is up, and notes whatever must never be. */
export async function fuzz({ seed, corpus, home, iterations, untilMs, from = 0 }: FuzzOptions): Promise<FuzzReport> {
  const run = new FuzzRun(home);
  const strays: unknown[] = [];
  const note = (error: unknown): void => void strays.push(error);
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  try {
    for (let number = from; number < from + iterations && Date.now() < untilMs; number++) {
      const random = new Random(seed + number * 7_919);
      const mutant = mutate(corpus, random);
      const found = [
        ...(await run.read(mutant, random)),
        ...strays.splice(0).map((error) => `unhandled: ${String(error)}`),
      ];
      run.findings.push(...found.map((complaint) => ({ number, complaint, ...mutant })));
    }
    return { seed, ...run.report() };
  } finally {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    rmSync(home, { recursive: true, force: true });
  }
}

class FuzzRun {
  readonly findings: Finding[] = [];
  readonly #canary: string;
  readonly #options: ParseOptions;
  readonly #policy = {
    allowList: new AllowList([ALLOWED], []),
    ownAddresses: ["bot@example.com"],
    automaticMail: "deliver" as const,
  };
  readonly #counts = {
    mails: 0,
    accepted: 0,
    refused: 0,
    ambiguous: 0,
    attachmentsSaved: 0,
    attachmentsRefused: 0,
    slowestCpuMs: 0,
    growthBytes: 0,
  };
  readonly #defects: Record<string, number> = {};
  #baseBytes = 0;

  constructor(home: string) {
    const dir = join(home, "one", "two", "attachments");
    mkdirSync(dir, { recursive: true });
    this.#canary = join(home, "canary");
    writeFileSync(this.#canary, "alive");
    this.#options = {
      attachments: { dir, maxBytes: 100_000, maxTotalBytes: 200_000, maxCount: 20, allowTypes: ["*/*"] },
      texts: { noText: "[No text content]", attachment: "[Attachment: {filename} ({type}, {size})] → {path}" },
      origin: { account: "default", folder: "INBOX", uid: 7, uidValidity: "1", receivedAt: new Date(0) },
    };
  }

  async read({ bytes }: Mutant, random: Random): Promise<string[]> {
    const counts = this.#counts;
    counts.mails++;
    const found: string[] = [];
    try {
      const before = process.cpuUsage();
      const mail = await parseMail(Buffer.from(bytes), this.#options);
      const verdict = decide(bytes, this.#policy);
      const { user, system } = process.cpuUsage(before);
      const cpuMs = Math.round((user + system) / 1_000);
      counts.slowestCpuMs = Math.max(counts.slowestCpuMs, cpuMs);
      if (cpuMs > MAX_CPU_MS) found.push(`${cpuMs} ms`);
      counts[verdict.verdict === "accept" ? "accepted" : "refused"]++;
      if (verdict.verdict === "accept" && !(verdict.address === ALLOWED && isFromOnly(bytes, ALLOWED)))
        found.push("let in, and not beyond all doubt from who may write");
      found.push(...complaints(mail, this.#options));
      this.#count(mail);
      if (random.chance(0.1)) found.push(...(await this.#readInPieces(bytes, mail, random)));
    } catch (error) {
      found.push(`threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    if (readFileSync(this.#canary, "utf8") !== "alive") found.push("the canary is dead");
    if (counts.mails % CLEAR_EVERY === 0) this.#clear(found);
    return found;
  }

  report(): Omit<FuzzReport, "seed"> {
    const defects = Object.fromEntries(Object.entries(this.#defects).toSorted(([, a], [, b]) => b - a));
    return { ...this.#counts, defects, findings: this.findings };
  }

  /** However it comes, a mail is the same mail; this is also what holds the fast ways of reading to the slow one. */
  async #readInPieces(bytes: Buffer, whole: ParsedMail, random: Random): Promise<string[]> {
    const size = 1 + random.below(4_000);
    async function* pieces() {
      for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
    }
    const piecewise = await parseMail(pieces(), this.#options);
    // Where reading stopped early is chance, and how much of it was read with it.
    const comparable = (mail: ParsedMail): ParsedMail => ({ ...mail, bytes: 0 });
    return isDeepStrictEqual(comparable(piecewise), comparable(whole))
      ? []
      : [`another mail when it comes in pieces of ${size}`];
  }

  #count({ metadata: { email_defects: defects }, attachments }: ParsedMail): void {
    const counts = this.#counts;
    if (defects.includes("ambiguous")) counts.ambiguous++;
    for (const { path } of attachments) counts[path === undefined ? "attachmentsRefused" : "attachmentsSaved"]++;
    for (const defect of defects) {
      const kind = defect.split(":")[0] ?? "";
      this.#defects[kind] = (this.#defects[kind] ?? 0) + 1;
    }
  }

  #clear(found: string[]): void {
    const { dir } = this.#options.attachments;
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
    const rss = process.memoryUsage.rss();
    this.#baseBytes ||= rss;
    this.#counts.growthBytes = Math.max(this.#counts.growthBytes, rss - this.#baseBytes);
    if (rss - this.#baseBytes > MAX_GROWTH_BYTES) found.push(`${rss - this.#baseBytes} bytes more in memory`);
  }
}
