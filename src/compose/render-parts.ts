import { InvalidMessageError } from "../domain/errors.ts";
import { flowedText, type PlainLine, SIGNATURE_MARK } from "./flowed.ts";
import { htmlPage } from "./html-page.ts";
import { joinedLines, type Look } from "./look.ts";
import { renderMarkdown, shownContentIds } from "./markdown.ts";
import { plainLines } from "./plain.ts";
import { type OriginalMail, type QuotedMail, quoteOriginal } from "./quote-original.ts";
import { writingOf } from "./writing.ts";

export interface BodyRequest {
  readonly markdown: string;
  readonly title: string;
  /** Content-IDs of attached images. */
  readonly ids: ReadonlySet<string>;
  readonly look: Look;
  readonly original: OriginalMail | undefined;
  readonly maxMarkdownBytes: number;
}

export interface MailBody {
  readonly text: string;
  /** `flowed`: RFC 3676. */
  readonly textFormat: "flowed" | "fixed";
  readonly html: string;
  /** Content-IDs of the images that the HTML shows. */
  readonly shown: ReadonlySet<string>;
}

/** Markup can make twenty times its own size of HTML (a table of empty cells); this much no mail program opens. */
const MAX_PART_CHARS = 4 * 1024 * 1024;

/** Both parts of a mail: header, answer, signature, footer, and the question. @throws InvalidMessageError when it is too long. */
export function renderParts({ markdown, title, ids, look, original, maxMarkdownBytes }: BodyRequest): MailBody {
  const bytes = Buffer.byteLength(markdown);
  if (bytes > maxMarkdownBytes) {
    throw new InvalidMessageError(
      `The text has ${bytes} bytes, ${maxMarkdownBytes} are allowed. Shorten it, or send it as an attachment.`,
    );
  }
  const { html: answer, tokens } = renderMarkdown(markdown, ids);
  const quote = original && quoteOriginal(original, look.locale);
  const html = [look.header?.html, answer, look.signature?.html, look.footer?.html, quote?.html].join("");
  const text =
    look.textPart === "markdown" ? sourceText(markdown, look, quote) : readableText(plainLines(tokens), look, quote);
  const longest = Math.max(html.length, text.length);
  if (longest > MAX_PART_CHARS) {
    throw new InvalidMessageError(
      `The text has so much markup that its ${bytes} bytes become ${longest}. Send it as an attachment.`,
    );
  }
  return {
    text,
    textFormat: look.textPart === "markdown" ? "fixed" : "flowed",
    html: htmlPage({ ...writingOf(markdown, look.locale), title, body: html }),
    shown: shownContentIds(tokens),
  };
}

function readableText(
  answer: readonly PlainLine[],
  { header, signature, footer }: Look,
  quote: QuotedMail | undefined,
): string {
  const closing = joinedLines([signature?.lines ?? [], footer?.lines ?? []]);
  const body = flowedText(joinedLines([header?.lines ?? [], answer])).trimEnd();
  return joinedText(body, flowedText(closing), quote);
}

function sourceText(markdown: string, { header, signature, footer }: Look, quote: QuotedMail | undefined): string {
  const joined = (...parts: (string | undefined)[]) => parts.filter((part) => part !== undefined).join("\n\n");
  const source = markdown.replace(/\r\n?/g, "\n").trimEnd();
  return joinedText(joined(header?.source, source), joined(signature?.source, footer?.source), quote);
}

/** What every mail says is marked as a signature, so that mail programs leave it out of their quotes. */
function joinedText(body: string, closing: string, quote: QuotedMail | undefined): string {
  const parts = [body, closing === "" ? "" : `${SIGNATURE_MARK}\n${closing.trimEnd()}`];
  if (quote) parts.push(flowedText(quote.lines).trimEnd());
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
