import { parseImapDay } from "./dates.ts";
import type { StoredMail } from "./folder.ts";
import { decodeWords } from "../encoded-words.ts";
import { headerValue, parseMime } from "./mime.ts";
import { isIn } from "./number-set.ts";
import type { NumberedMail, Selected } from "./selected.ts";
import { SyntaxProblem, textOf, type Token } from "./tokens.ts";

type Test = (candidate: NumberedMail) => boolean;

const FLAG_KEYS: Readonly<Record<string, string>> = {
  ANSWERED: "\\Answered",
  DELETED: "\\Deleted",
  DRAFT: "\\Draft",
  FLAGGED: "\\Flagged",
  SEEN: "\\Seen",
};

const DAY_MS = 86_400_000;

/** The mails that match all the criteria (RFC 3501 section 6.4.4). */
export function search(selected: Selected, criteria: readonly Token[]): NumberedMail[] {
  const tokens = new Criteria(criteria);
  const [charset] = criteria;
  if (charset?.kind === "atom" && charset.text.toUpperCase() === "CHARSET") tokens.skip(2);
  const tests: Test[] = [];
  while (!tokens.done) tests.push(key(tokens, selected));
  if (tests.length === 0) throw new SyntaxProblem("SEARCH needs criteria");
  if (selected.uids.length === 0) return [];
  return selected.pick("1:*", false).filter((candidate) => tests.every((test) => test(candidate)));
}

class Criteria {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  skip(count: number): void {
    this.#at += count;
  }

  next(): Token | undefined {
    this.#at += 1;
    return this.#tokens[this.#at - 1];
  }

  /** A word of the client's, in whatever charset it wrote: compared as UTF-8. */
  text(): string {
    return Buffer.from(textOf(this.next(), "search text"), "latin1").toString("utf8").toLowerCase();
  }

  number(): number {
    const text = textOf(this.next(), "number");
    if (!/^\d+$/.test(text)) throw new SyntaxProblem(`${text.slice(0, 40)} is not a number`);
    return Number(text);
  }

  day(): number {
    const text = textOf(this.next(), "date");
    const date = parseImapDay(text);
    if (!date) throw new SyntaxProblem(`${text.slice(0, 40)} is not a date`);
    return date.getTime();
  }
}

function key(tokens: Criteria, selected: Selected): Test {
  const token = tokens.next();
  if (token?.kind === "list") return group(token.items, selected);
  const name = textOf(token, "search key").toUpperCase();
  return flagKey(name, tokens) ?? textKey(name, tokens) ?? dateKey(name, tokens) ?? otherKey(name, tokens, selected);
}

function group(items: readonly Token[], selected: Selected): Test {
  const inner = new Criteria(items);
  const tests: Test[] = [];
  while (!inner.done) tests.push(key(inner, selected));
  return (candidate) => tests.every((test) => test(candidate));
}

function flagKey(name: string, tokens: Criteria): Test | undefined {
  if (name === "KEYWORD" || name === "UNKEYWORD") {
    const keyword = textOf(tokens.next(), "keyword").toLowerCase();
    const has: Test = ({ mail }) => [...mail.flags].some((flag) => flag.toLowerCase() === keyword);
    return name === "KEYWORD" ? has : (candidate) => !has(candidate);
  }
  const flag = FLAG_KEYS[name];
  if (flag) return ({ mail }) => mail.flags.has(flag);
  const absent = name.startsWith("UN") ? FLAG_KEYS[name.slice(2)] : undefined;
  return absent ? ({ mail }) => !mail.flags.has(absent) : undefined;
}

function textKey(name: string, tokens: Criteria): Test | undefined {
  if (["BCC", "CC", "FROM", "SUBJECT", "TO"].includes(name)) return headerTest(name.toLowerCase(), tokens.text());
  if (name === "HEADER") {
    const field = textOf(tokens.next(), "header name").toLowerCase();
    return headerTest(field, tokens.text());
  }
  if (name !== "BODY" && name !== "TEXT") return undefined;
  const wanted = tokens.text();
  return ({ mail }) => {
    const where = name === "BODY" ? parseMime(mail.raw).body : mail.raw;
    return where.toString("utf8").toLowerCase().includes(wanted);
  };
}

function headerTest(field: string, wanted: string): Test {
  return ({ mail }) => {
    const value = headerValue(headerOf(mail), field);
    return value !== undefined && decodeWords(value).toLowerCase().includes(wanted);
  };
}

function dateKey(name: string, tokens: Criteria): Test | undefined {
  const match = /^(SENT)?(BEFORE|ON|SINCE)$/.exec(name);
  if (!match) return undefined;
  const day = tokens.day();
  const dayOf = (mail: StoredMail): number => {
    const time = match[1] ? Date.parse(headerValue(headerOf(mail), "date") ?? "") : mail.receivedAt.getTime();
    return Math.floor(time / DAY_MS) * DAY_MS;
  };
  if (match[2] === "BEFORE") return ({ mail }) => dayOf(mail) < day;
  return match[2] === "ON" ? ({ mail }) => dayOf(mail) === day : ({ mail }) => dayOf(mail) >= day;
}

function otherKey(name: string, tokens: Criteria, selected: Selected): Test {
  switch (name) {
    case "ALL":
    case "OLD":
      return () => true;
    // No mail is \Recent here: RFC 9051 dropped the flag.
    case "NEW":
    case "RECENT":
      return () => false;
    case "LARGER":
      return larger(tokens.number());
    case "SMALLER":
      return smaller(tokens.number());
    case "NOT": {
      const inner = key(tokens, selected);
      return (candidate) => !inner(candidate);
    }
    case "OR": {
      const [one, other] = [key(tokens, selected), key(tokens, selected)];
      return (candidate) => one(candidate) || other(candidate);
    }
    case "UID":
      return numbers(textOf(tokens.next(), "UIDs"), selected, true);
    default:
      if (!/^[\d*]/.test(name)) throw new SyntaxProblem(`${name.slice(0, 40)} is not a search key`);
      return numbers(name, selected, false);
  }
}

function numbers(set: string, selected: Selected, byUid: boolean): Test {
  const ranges = selected.ranges(set, byUid);
  return ({ mail, sequence }) => isIn(ranges, byUid ? mail.uid : sequence);
}

function larger(bytes: number): Test {
  return ({ mail }) => mail.raw.length > bytes;
}

function smaller(bytes: number): Test {
  return ({ mail }) => mail.raw.length < bytes;
}

function headerOf(mail: StoredMail): Buffer {
  const end = mail.raw.indexOf("\r\n\r\n");
  return end < 0 ? mail.raw : mail.raw.subarray(0, end + 4);
}
