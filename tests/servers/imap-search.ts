import { type Token, asList, asText, inSet } from "./imap-tokens.ts";
import { headerOf, outline } from "./mime-outline.ts";
import type { ScriptedMail, ScriptedMailbox } from "./scripted-mailbox.ts";

const FLAG_KEYS: Readonly<Record<string, string>> = {
  SEEN: "\\Seen",
  ANSWERED: "\\Answered",
  FLAGGED: "\\Flagged",
  DELETED: "\\Deleted",
  DRAFT: "\\Draft",
};

type Test = (mail: ScriptedMail, sequence: number) => boolean;

/** The mails that match all keys, with their sequence numbers. */
export function searchMails(
  mailbox: ScriptedMailbox,
  keys: readonly Token[],
): { mail: ScriptedMail; sequence: number }[] {
  const queue = [...keys];
  const tests: Test[] = [];
  while (queue.length > 0) tests.push(nextTest(mailbox, queue));
  return mailbox.mails
    .map((mail, index) => ({ mail, sequence: index + 1 }))
    .filter(({ mail, sequence }) => tests.every((test) => test(mail, sequence)));
}

/** Takes one key and its arguments from the queue. A key it does not know is an error: a test must not pass by luck. */
function nextTest(mailbox: ScriptedMailbox, queue: Token[]): Test {
  const token = queue.shift();
  if (typeof token === "object") {
    const inner = [...token];
    const tests: Test[] = [];
    while (inner.length > 0) tests.push(nextTest(mailbox, inner));
    return (mail, sequence) => tests.every((test) => test(mail, sequence));
  }
  const key = asText(token).toUpperCase();
  const text = () => asText(asList(queue.shift())[0]);
  const lastUid = mailbox.mails.at(-1)?.uid ?? 0;
  const flag = FLAG_KEYS[key.replace(/^UN/, "")];
  if (flag !== undefined) return ({ flags }) => flags.has(flag) !== key.startsWith("UN");
  if (/^[\d*][\d:,*]*$/.test(key)) return (_mail, sequence) => inSet(key, sequence, mailbox.mails.length);
  switch (key) {
    case "ALL":
    case "NEW":
    case "RECENT":
      return () => true;
    case "UID": {
      const set = text();
      return ({ uid }) => inSet(set, uid, lastUid);
    }
    case "KEYWORD":
    case "UNKEYWORD": {
      const name = text();
      return ({ flags }) => flags.has(name) === (key === "KEYWORD");
    }
    case "FROM":
    case "TO":
    case "CC":
    case "SUBJECT":
      return headerHolds(key, text());
    case "HEADER":
      return headerHolds(text(), text());
    case "LARGER":
    case "SMALLER": {
      const size = Number(text());
      return ({ raw }) => (key === "LARGER" ? raw.length > size : raw.length < size);
    }
    case "SINCE":
    case "BEFORE": {
      const day = Date.parse(`${text()} UTC`);
      return ({ internalDate }) => internalDate.getTime() >= day === (key === "SINCE");
    }
    case "NOT": {
      const test = nextTest(mailbox, queue);
      return (mail, sequence) => !test(mail, sequence);
    }
    case "OR": {
      const [left, right] = [nextTest(mailbox, queue), nextTest(mailbox, queue)];
      return (mail, sequence) => left(mail, sequence) || right(mail, sequence);
    }
    default:
      throw new Error(`the scripted server does not know the search key ${key}`);
  }
}

function headerHolds(name: string, part: string): Test {
  return ({ raw }) => headerOf(outline(raw).head, name)?.toLowerCase().includes(part.toLowerCase()) ?? false;
}
