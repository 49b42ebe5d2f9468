import type { EmailMetadata } from "../domain/message.ts";
import { choose } from "./reply/choose.ts";
import { readMarks, withoutMarks } from "./reply/marks.ts";
import { joined, type MarkedLines } from "./reply/pieces.ts";
import { segments } from "./reply/segments.ts";

/** What the header of a mail says of its text. */
export interface ReplyContext {
  /** Answers another mail, by its header or its subject. Else what looks like history is rather something shown. */
  readonly isReply: boolean;
  /** Passes another mail on, by its subject. */
  readonly isForward: boolean;
  /** Lower-case addresses that it was sent to: a mail of theirs below it is the one that it answers. */
  readonly recipients: readonly string[];
}

const REPLY_SUBJECT =
  /^\s*(?:re|ré|aw|antw|sv|vs|odp|odpoveď|rif|res|ynt|yan|cevap|vá|atb|bls|απ|отв|ответ|відп|השב|רד|رد|回复|回覆|答复|答覆|返信|회신|답장|r)\.?\s{0,3}(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4})?\s{0,3}[:：]/iu;
const FORWARD_SUBJECT =
  /^\s*(?:fwd?|wg|wtr|tr|rv|enc|i|inoltra|vb|vl|vid|vids|doorst|pd|pd\.|przek|fs|továbbítás|tov|ilt|πρθ|edast|пересл|пер|転送|转发|轉寄|轉發|전달|הועבר|إعادة توجيه)\.?\s{0,3}(?:\[\d{1,4}\]|\(\d{1,4}\))?\s{0,3}[:：]/iu;

/** Answers in Finnish, passes on in Danish and Norwegian. */
const EITHER_SUBJECT = /^\s*vs\s{0,3}[:：]/i;

type MailFacts = Pick<EmailMetadata, "email_references" | "email_in_reply_to" | "email_to">;

export function replyContext(
  subject: string,
  { email_references, email_in_reply_to, email_to }: MailFacts,
): ReplyContext {
  const namesAnother = email_references !== "" || email_in_reply_to !== "";
  const answers = REPLY_SUBJECT.test(subject) && (namesAnother || !EITHER_SUBJECT.test(subject));
  const isForward = !answers && (FORWARD_SUBJECT.test(subject) || (EITHER_SUBJECT.test(subject) && !namesAnother));
  return { isReply: answers || namesAnother, isForward, recipients: email_to };
}

/** A signature hides a quotation, which hides a signature; nobody writes more of them. */
const MAX_ROUNDS = 8;

/**
 * What the person newly wrote: without the mail that is answered, the line that says whose it was, and the signature.
 * Answers between quoted lines come with those lines, a mail passed on is kept whole, and whatever is in doubt stays.
 * Never empty unless `text` is. Time grows with the length of the text and with nothing else.
 *
 * `text` may hold the marks of `reply/marks.ts`; what is returned holds none.
 */
export function replyText(text: string, context: ReplyContext): string {
  const all = readMarks(text);
  let current: MarkedLines = all;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const input = { ...current, context };
    const kept = choose(segments(input), input);
    if (kept === undefined) break;
    const next = joined(current, kept);
    if (next.lines.length === 0 || next.lines.length === current.lines.length) break;
    current = next;
  }
  return current === all ? withoutMarks(text) : current.lines.join("\n");
}
