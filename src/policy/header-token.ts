/** Longer values of these fields have no meaning, and nobody pays for reading them. */
const MAX_CHARS = 2_000;

/**
 * The keyword that a field begins with, in lower case (RFC 3834 section 5.1, RFC 2045 section 5.1): comments, which nest,
 * may stand anywhere, and parameters after a semicolon. Empty when there is none.
 */
export function keywordOf(value: string): string {
  return (
    withoutComments(value)
      .split(";", 1)[0]
      ?.trim()
      .split(/[\s,]/, 1)[0]
      ?.replace(/^"(.*)"$/, "$1")
      .toLowerCase() ?? ""
  );
}

/** A parameter's value, in lower case; undefined when there is none. `name` is in lower case. */
export function parameterOf(value: string, name: string): string | undefined {
  for (const parameter of withoutComments(value).split(";").slice(1)) {
    const at = parameter.indexOf("=");
    if (at < 0 || parameter.slice(0, at).trim().toLowerCase() !== name) continue;
    return parameter
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1")
      .toLowerCase();
  }
  return undefined;
}

/** RFC 5322 section 3.2.2: a comment stands for a blank; a backslash takes the meaning from the character behind it. */
function withoutComments(value: string): string {
  const text = value.slice(0, MAX_CHARS);
  if (!text.includes("(")) return text;
  let depth = 0;
  let quoted = false;
  let kept = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\\" && (depth > 0 || quoted)) {
      if (depth === 0) kept += text.slice(at, at + 2);
      at++;
    } else if (quoted || (character === '"' && depth === 0)) {
      if (character === '"') quoted = !quoted;
      kept += character;
    } else if (character === "(") {
      depth++;
      kept += " ";
    } else if (character === ")" && depth > 0) {
      depth--;
    } else if (depth === 0) {
      kept += character;
    }
  }
  return kept;
}
