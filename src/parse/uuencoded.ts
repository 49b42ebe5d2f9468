/** `begin 644 name`, then a full line of 45 bytes or a short one; a person who writes "begin 644 miles" does not go on so. */
const FIRST_LINES = /^begin [0-7]{3,4} \S[^\n]{0,255}\n(?:M[ -`]{60}|[!-L][ -`]{4,60})\r?$/m;

/**
 * Whether there is a uuencoded file in the text, as mail had before MIME. It stays what it is, text: some readers make a file
 * of it, whose name and type no rule about attachments has seen.
 */
export function hasUuencodedFile(text: string): boolean {
  return text.includes("begin ") && FIRST_LINES.test(text);
}
