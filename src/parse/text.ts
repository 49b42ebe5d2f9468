import type { Defects } from "./defects.ts";
import { htmlWords, markedHtmlText, plainWithMarks } from "./html-text.ts";
import { innocentText } from "./innocent-html.ts";
import { leaves, type TreePart } from "./mime-tree.ts";
import { isPlainOf, isStub, plainDiffersFromHtml } from "./plain-differs.ts";
import { withoutMarks } from "./reply/marks.ts";
import { Removed } from "./removed.ts";
import { visibleCharacters } from "./visible-characters.ts";

/** What a bot can be asked to read; the same as the longest HTML. */
const MAX_TEXT_CHARS = 1_000_000;

export interface TextFindings {
  readonly defects: Defects;
  readonly removed: Removed;
}

/** All that the mail says to a person, without its attachments; empty when it says nothing. */
export function mailText(root: TreePart | undefined, { defects, removed }: TextFindings): string {
  const text = root ? cleanText(visibleCharacters(textOf(root, { defects, removed }), removed)) : "";
  if (text.length <= MAX_TEXT_CHARS) return text;
  const bare = withoutMarks(text);
  if (bare.length <= MAX_TEXT_CHARS) return text;
  defects.add("text-too-long");
  return bare.slice(0, MAX_TEXT_CHARS).replace(/[\ud800-\udbff]$/, "");
}

function textOf(part: TreePart, findings: TextFindings): string {
  if (part.role === "text") {
    const text = part.text ?? "";
    return part.type === "text/html" ? markedHtmlText(text, findings.defects, findings.removed) : withoutMarks(text);
  }
  if (part.type === "multipart/alternative") return bestAlternative(part, findings);
  if (part.type === "multipart/related") return rootText(part, findings);
  return part.children
    .map((child) => trimBlankLines(textOf(child, findings)))
    .filter((text) => text !== "")
    .join("\n\n");
}

/** RFC 2387 section 3: one part is shown, and the others only where it asks for them, as no text ever does. */
function rootText({ children, parameters }: TreePart, findings: TextFindings): string {
  const start = bareId(parameters["start"]);
  const texts = children.filter((child) => [...leaves(child)].some(({ role }) => role === "text"));
  const root = texts.find(({ contentId }) => start !== "" && bareId(contentId) === start) ?? texts[0];
  for (const child of texts) {
    if (child !== root) for (const { text = "" } of leaves(child)) findings.removed.addText("not-rendered", text);
  }
  return root ? textOf(root, findings) : "";
}

function bareId(id = ""): string {
  return id.trim().replace(/^<|>$/g, "");
}

/**
 * RFC 2046 section 5.1.4 puts the richest last; a bot is best served by the plainest that says anything, and more than
 * that there is another one.
 */
function bestAlternative({ children }: TreePart, findings: TextFindings): string {
  const plain = children.filter(hasPlainText);
  const rich = children.filter((child) => !hasPlainText(child)).toReversed();
  const stubs: string[] = [];
  for (const child of plain) {
    const text = textOf(child, findings);
    if (text.trim() === "") continue;
    if (rich.length > 0 && isStub(text)) stubs.push(text);
    else {
      noteDifference(text, rich, findings);
      const [html] = rich.flatMap((part) => [...leaves(part)]).flatMap(htmlOf);
      return html === undefined || child.role !== "text" ? text : plainWithMarks(text.replace(/\r\n?/g, "\n"), html);
    }
  }
  for (const child of rich) {
    const text = textOf(child, findings);
    if (text.trim() !== "") return text;
  }
  return stubs[0] ?? "";
}

function noteDifference(text: string, rich: readonly TreePart[], { defects }: TextFindings): void {
  const sources = rich.flatMap((child) => [...leaves(child)]).flatMap(htmlOf);
  if (sources.every((source) => saysTheSame(text, innocentText(source)))) return;
  const pages = sources.map(htmlWords);
  if (pages.length === 0) return;
  const html = { text: pages.map((page) => page.text).join(" "), alts: pages.flatMap((page) => page.alts) };
  if (plainDiffersFromHtml(visibleCharacters(text, new Removed()), html)) defects.add("plain-differs-from-html");
}

/** Told the short way, for most mail that people write. */
function saysTheSame(plain: string, html: string | undefined): boolean {
  if (html === undefined) return false;
  return isPlainOf(plain, html) || !plainDiffersFromHtml(plain, { text: html, alts: [] });
}

function htmlOf(part: TreePart): string[] {
  return part.role === "text" && part.type === "text/html" && part.text !== undefined ? [part.text] : [];
}

function hasPlainText(part: TreePart): boolean {
  if (part.role === "text") return part.type === "text/plain" && (part.text ?? "").trim() !== "";
  return part.children.some(hasPlainText);
}

function cleanText(text: string): string {
  const clean = text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
  return trimBlankLines(clean);
}

/** Blank lines around it and white space at its end; the indentation of the first line is the writer's. */
function trimBlankLines(text: string): string {
  const first = text.search(/\S/);
  return first < 0 ? "" : text.slice(text.lastIndexOf("\n", first) + 1).trimEnd();
}
