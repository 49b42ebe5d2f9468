import { fieldOperators } from "./mutate-fields.ts";
import { partOperators } from "./mutate-parts.ts";
import type { Random } from "./random.ts";

/** A mail in Latin-1: a character is a byte. `other` is another mail of the corpus. */
export type Operator = (mail: string, random: Random, other: string) => string;

const CRLF_GAMES: readonly (readonly [RegExp, string])[] = [
  [/\r\n/g, "\n"],
  [/\r\n/g, "\r"],
  [/\r\n/g, "\r\r\n"],
  [/\r\n/g, "\n\r"],
  [/\r\n\r\n/, "\n\n"],
  [/\r\n\r\n/, "\r\n \r\n"],
  [/\r\n\r\n/, "\r\r"],
  [/\r\n/, "\r\n\r\n"],
  [/\r\n/, "\0\r\n"],
];

/** Where in the mail the next change is made. */
function range(mail: string, random: Random, longest = 200): [number, number] {
  const start = random.below(mail.length + 1);
  return [start, Math.min(mail.length, start + random.below(longest))];
}

const byteOperators: Readonly<Record<string, Operator>> = {
  flipBytes: (mail, random) => {
    const bytes = Buffer.from(mail, "latin1");
    for (let flips = 1 + random.below(8); flips > 0 && bytes.length > 0; flips--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    return bytes.toString("latin1");
  },
  putBytes: (mail, random) => {
    const [start] = range(mail, random);
    const put = random.pick([
      "\0",
      "\r",
      "\n",
      "\r\n\r\n",
      "\t",
      '"',
      "=",
      ";",
      ":",
      "(",
      ")",
      "<",
      ">",
      "@",
      "\\",
      "--",
      "\xff\xfe",
      "\u001b$B",
      "=?utf-8?B?",
      "?=",
      "<!--",
      "%00",
      "\x80",
    ]);
    return mail.slice(0, start) + put.repeat(1 + random.below(3)) + mail.slice(start);
  },
  deleteRange: (mail, random) => {
    const [start, end] = range(mail, random);
    return mail.slice(0, start) + mail.slice(end);
  },
  repeatRange: (mail, random) => {
    const [start, end] = range(mail, random, 60);
    const times = random.chance(0.1) ? 2_000 : 1 + random.below(50);
    return mail.slice(0, end) + mail.slice(start, end).repeat(times) + mail.slice(end);
  },
  moveRange: (mail, random) => {
    const [start, end] = range(mail, random);
    const rest = mail.slice(0, start) + mail.slice(end);
    const to = random.below(rest.length + 1);
    return rest.slice(0, to) + mail.slice(start, end) + rest.slice(to);
  },
  truncate: (mail, random) => mail.slice(0, random.below(mail.length + 1)),
  splice: (mail, random, other) =>
    mail.slice(0, random.below(mail.length + 1)) + other.slice(random.below(other.length + 1)),
  headOfOneBodyOfAnother: (mail, _, other) => {
    const end = mail.indexOf("\r\n\r\n");
    const start = other.indexOf("\r\n\r\n");
    return end < 0 || start < 0 ? mail + other : mail.slice(0, end) + other.slice(start);
  },
  lineEnds: (mail, random) => {
    const [from, to] = random.pick(CRLF_GAMES);
    return mail.replace(from, to);
  },
  swapLines: (mail, random) => {
    const lines = mail.split("\r\n");
    const [one, two] = [random.below(lines.length), random.below(lines.length)];
    [lines[one], lines[two]] = [lines[two] ?? "", lines[one] ?? ""];
    return lines.join("\r\n");
  },
  longLine: (mail, random) => {
    const [start] = range(mail, random);
    return (
      mail.slice(0, start) +
      random.pick(["a", " ", "(", "<", "=?", "A=", "\u00fc", ">", "&"]).repeat(random.below(40_000)) +
      mail.slice(start)
    );
  },
};

export const OPERATORS: Readonly<Record<string, Operator>> = { ...byteOperators, ...fieldOperators, ...partOperators };

/** Larger mails are cut: a fuzz run is about many. */
const MAX_BYTES = 200_000;
const MAX_STEPS = 4;

export interface Mutant {
  readonly bytes: Buffer;
  readonly operators: readonly string[];
}

export function mutate(corpus: readonly Buffer[], random: Random): Mutant {
  const names = Object.keys(OPERATORS);
  const operators: string[] = [];
  let mail = random.pick(corpus).toString("latin1");
  for (let step = random.below(MAX_STEPS); step >= 0; step--) {
    const name = random.pick(names);
    const operator = OPERATORS[name];
    if (!operator) continue;
    operators.push(name);
    mail = operator(mail, random, random.pick(corpus).toString("latin1")).slice(0, MAX_BYTES);
  }
  return { bytes: Buffer.from(mail, "latin1"), operators };
}
