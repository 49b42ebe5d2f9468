import type { Defects } from "./defects.ts";
import { markedHtmlText, plainWithMarks } from "./html-text.ts";
import { leaves, type TreePart } from "./mime-tree.ts";
import { withoutMarks } from "./reply/marks.ts";

/** What a bot can be asked to read; the same as the longest HTML. */
const MAX_TEXT_CHARS = 1_000_000;

/** All that the mail says, without its attachments; empty when it says nothing. What is HTML has `reply/marks.ts` in it. */
export function mailText(root: TreePart | undefined, defects: Defects): string {
  const text = root ? cleanText(textOf(root, defects)) : "";
  if (text.length <= MAX_TEXT_CHARS) return text;
  const bare = withoutMarks(text);
  if (bare.length <= MAX_TEXT_CHARS) return text;
  defects.add("text-too-long");
  return bare.slice(0, MAX_TEXT_CHARS).replace(/[\ud800-\udbff]$/, "");
}

function textOf(part: TreePart, defects: Defects): string {
  if (part.role === "text")
    return part.type === "text/html" ? markedHtmlText(part.text ?? "", defects) : withoutMarks(part.text ?? "");
  if (part.type === "multipart/alternative") return bestAlternative(part, defects);
  return part.children
    .map((child) => trimBlankLines(textOf(child, defects)))
    .filter((text) => text !== "")
    .join("\n\n");
}

/** RFC 2046 section 5.1.4 puts the richest last; a bot is best served by the plainest that says anything. */
function bestAlternative({ children }: TreePart, defects: Defects): string {
  const plainFirst = [
    ...children.filter(hasPlainText),
    ...children.filter((child) => !hasPlainText(child)).toReversed(),
  ];
  for (const child of plainFirst) {
    const text = textOf(child, defects);
    if (text.trim() === "") continue;
    const html = child.type === "text/plain" ? htmlBeside(child, children) : undefined;
    return html === undefined ? text : plainWithMarks(text.replace(/\r\n?/g, "\n"), html);
  }
  return "";
}

/** The same words as HTML, alone or with its pictures. */
function htmlBeside(plain: TreePart, children: readonly TreePart[]): string | undefined {
  const others = children.filter((child) => child !== plain).flatMap((child) => [...leaves(child)]);
  return others.find(({ type, role, text }) => type === "text/html" && role === "text" && text !== undefined)?.text;
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
