import type { MailFile } from "../read-mail.ts";
import type { DemoMail } from "./backend.ts";

/** A mail as the page gets it, in JSON. */
export interface PageMail {
  readonly number: number;
  readonly author: DemoMail["author"];
  readonly thread: string;
  readonly messageId: string;
  readonly references: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** ISO 8601. */
  readonly date: string;
  readonly text: string;
  /** Null when the mail has no HTML. */
  readonly html: string | null;
  readonly headers: string;
  readonly files: readonly {
    readonly name: string;
    readonly type: string;
    readonly bytes: number;
    readonly url: string;
  }[];
}

/** An inline image larger than this is shown as an attachment only: it would go into the page as text. */
const MAX_INLINE_IMAGE_BYTES = 1024 * 1024;

export function pageMail({ number, author, thread, receivedAt, mail }: DemoMail): PageMail {
  return {
    number,
    author,
    thread,
    messageId: mail.messageId,
    references: mail.references,
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    date: (mail.date ?? receivedAt).toISOString(),
    text: mail.text,
    html: mail.html === undefined ? null : framed(withInlineImages(mail.html, mail.attachments)),
    headers: mail.headerText,
    files: mail.attachments.map(({ filename, contentType, content }, index) => ({
      name: filename,
      type: contentType,
      bytes: content.length,
      url: `/mails/${number}/files/${index + 1}`,
    })),
  };
}

/** A document for a sandboxed frame: no script, nothing from the network (a remote image tells that a mail was read). */
function framed(html: string): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  const style =
    "body{margin:14px 16px;font:15px/1.5 system-ui,sans-serif;color:#1c2330;background:#fff;overflow-wrap:anywhere}img{max-width:100%}";
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><style>${style}</style>${html}`;
}

/** `cid:` addresses name a part of the same mail (RFC 2392). */
function withInlineImages(html: string, files: readonly MailFile[]): string {
  return html.replace(/\bcid:([^"'\s>)]+)/gi, (address, id: string) => {
    const file = files.find(({ contentId }) => contentId === decodeURIComponent(id));
    if (!file?.contentType.startsWith("image/") || file.content.length > MAX_INLINE_IMAGE_BYTES) return address;
    return `data:${file.contentType};base64,${file.content.toString("base64")}`;
  });
}
