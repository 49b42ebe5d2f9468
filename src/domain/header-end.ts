/** Where the header block ends: behind the line break of its last line; all of it when there is no empty line. */
export function headerEnd(mail: Buffer): number {
  const crlf = mail.indexOf("\r\n\r\n");
  const lf = mail.indexOf("\n\n");
  const end = crlf < 0 ? lf : lf < 0 ? crlf + 1 : Math.min(crlf + 1, lf);
  return end < 0 ? mail.length : end + 1;
}

/** Where the body begins: behind the empty line that `headerEnd` stands before. */
export function bodyStart(mail: Buffer, end: number): number {
  return Math.min(mail.length, end + (mail[end] === 0x0d ? 2 : 1));
}
