import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { parseOptions } from "../parse/options.ts";

export interface Scored {
  readonly name: string;
  readonly expected: string;
  readonly actual: string;
  readonly fullText: string;
}

/** Every `NAME.eml` of a folder that has its `NAME.txt`: what should be left of it, and what is. */
export async function scoreFolder(folder: string): Promise<Scored[]> {
  const files = new Set(await readdir(folder));
  const names = [...files].filter((file) => file.endsWith(".eml")).map((file) => file.slice(0, -".eml".length));
  const dir = await mkdtemp(join(tmpdir(), "mailport-replies-"));
  try {
    const scored: Scored[] = [];
    for (const name of names.filter((candidate) => files.has(`${candidate}.txt`)).toSorted()) {
      const { text, fullText } = await parseMail(await readFile(join(folder, `${name}.eml`)), parseOptions(dir));
      const expected = await readFile(join(folder, `${name}.txt`), "utf8");
      scored.push({ name, expected: comparable(expected), actual: comparable(text), fullText: comparable(fullText) });
    }
    return scored;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export function passed({ expected, actual }: Pick<Scored, "expected" | "actual">): boolean {
  return expected === actual;
}

export function comparable(text: string): string {
  return text.replace(/\r\n?/g, "\n").trim();
}

/** The first lines that differ, with those around them. */
export function difference({ expected, actual }: Scored): string {
  const wanted = expected.split("\n");
  const got = actual.split("\n");
  let same = 0;
  while (same < wanted.length && same < got.length && wanted[same] === got[same]) same++;
  let tail = 0;
  while (tail < Math.min(wanted.length, got.length) - same && wanted.at(-1 - tail) === got.at(-1 - tail)) tail++;
  const show = (sign: string, lines: readonly string[]): string[] => {
    const shown = lines.slice(same, lines.length - tail);
    const more = shown.length > MAX_SHOWN ? [`${sign} … ${shown.length - MAX_SHOWN} more`] : [];
    return [...shown.slice(0, MAX_SHOWN).map((line) => `${sign} ${JSON.stringify(line)}`), ...more];
  };
  return [`  @ line ${same + 1}`, ...show("-", wanted), ...show("+", got)].join("\n    ");
}

const MAX_SHOWN = 8;

export function ratio(scored: readonly Scored[]): string {
  return `${scored.filter(passed).length} of ${scored.length}`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const folder = process.argv[2];
  if (folder === undefined) {
    console.error("usage: npm run replies -- FOLDER   (a folder of NAME.eml and NAME.txt)");
    process.exitCode = 64;
  } else {
    const scored = await scoreFolder(resolve(folder));
    for (const one of scored.filter((candidate) => !passed(candidate))) console.log(`${one.name}\n${difference(one)}`);
    console.log(`reply text: ${ratio(scored)}`);
    if (scored.length === 0 || !scored.every(passed)) process.exitCode = 1;
  }
}
