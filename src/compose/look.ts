import type { Locale } from "../domain/locale.ts";
import { QUIET_STYLE, SMALL_STYLE } from "./html-style.ts";
import { renderMarkdown } from "./markdown.ts";
import { fixed, type PlainLine } from "./flowed.ts";
import { plainLines } from "./plain.ts";
import { writingOf } from "./writing.ts";

/** What every mail of an account has of its own, in Markdown. */
export interface TemplateText {
  readonly header?: string | undefined;
  readonly signature?: string | undefined;
  readonly footer?: string | undefined;
}

export interface LookSettings {
  readonly locale: Locale;
  readonly template: TemplateText;
  /** `text`: written for reading; `markdown`: the source as it is. */
  readonly textPart: "text" | "markdown";
}

export interface LookPart {
  readonly html: string;
  readonly lines: readonly PlainLine[];
  readonly source: string;
}

/** The settings, with what is the same in every mail made ready. */
export interface Look extends Omit<LookSettings, "template"> {
  readonly header: LookPart | undefined;
  readonly signature: LookPart | undefined;
  readonly footer: LookPart | undefined;
}

export const PLAIN_LOOK: Look = prepareLook({ locale: "en", template: {}, textPart: "text" });

/** Each part is rendered on its own: nothing that an answer leaves open can swallow the footer. */
export function prepareLook({ locale, template, textPart }: LookSettings): Look {
  const part = (source: string | undefined, attributes: string): LookPart | undefined => {
    if (source === undefined || source.trim() === "") return undefined;
    const { html, tokens } = renderMarkdown(source, new Set());
    const { direction } = writingOf(source, locale);
    return {
      html: `<div dir="${direction}"${attributes}>\n${html}</div>\n`,
      lines: plainLines(tokens),
      source: source.trim(),
    };
  };
  return {
    locale,
    textPart,
    header: part(template.header, ""),
    signature: part(template.signature, ` style="margin-top:24px;${SMALL_STYLE.replace("13px", "14px")}"`),
    footer: part(template.footer, ` class="mp-quiet" style="margin-top:20px;${QUIET_STYLE}"`),
  };
}

/** Lines of parts, one below the other. */
export function joinedLines(parts: readonly (readonly PlainLine[])[]): PlainLine[] {
  return parts
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : [fixed(""), ...lines]));
}
