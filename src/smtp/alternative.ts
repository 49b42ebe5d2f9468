import { Readable } from "node:stream";
import { encodeText } from "./transfer-encoding.ts";

export interface AlternativeParts {
  readonly boundary: string;
  readonly text: string;
  /** `text/plain`, with what else its Content-Type says. */
  readonly textType: string;
  readonly html: string;
}

/**
 * What follows the header of a mail without attachments (RFC 2046 section 5.1.4: the richest last). The MIME library
 * would make it as well, in a dozen streams, at three times the cost of the rest of the mail.
 */
export function alternativeBody({ boundary, text, textType, html }: AlternativeParts): string {
  return `${part(boundary, textType, text)}${part(boundary, "text/html; charset=utf-8", html)}--${boundary}--\r\n`;
}

function part(boundary: string, type: string, text: string): string {
  const { encoding, content } = encodeText(text);
  return `--${boundary}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${content}\r\n`;
}

/** A mail that is there already. Nothing of it is read before somebody asks. */
export function wholeMail(text: string): Readable {
  return new Readable({
    read() {
      this.push(text, "latin1");
      this.push(null);
    },
  });
}
