import { baseSubject } from "../domain/subject.ts";
import { cleanText } from "./address.ts";

/** Longer ones are cut by every mail program's list, and fold into dozens of encoded words. */
const MAX_SUBJECT_CHARS = 500;

/** A mail without any subject is taken for spam and cannot be found again. */
const NO_SUBJECT = "(no subject)";

/** `Re:` once, however often and in whatever language the thread has been answered (RFC 5322 section 3.6.5). */
export function replySubject(parentSubject: string): string {
  return cleanText(`Re: ${baseSubject(cleanText(parentSubject, MAX_SUBJECT_CHARS))}`, MAX_SUBJECT_CHARS);
}

/** What the caller wrote, on one line. */
export function givenSubject(subject: string): string {
  return cleanText(subject, MAX_SUBJECT_CHARS) || NO_SUBJECT;
}
