/** An argument of an IMAP command: a word or string, or a parenthesised list. */
export type Token = string | readonly Token[];

/** Splits arguments; a literal stands as `\0n\0`, the n-th of `literals`. */
export function tokens(text: string, literals: readonly Buffer[] = []): Token[] {
  const lists: Token[][] = [[]];
  const put = (token: Token) => lists.at(-1)?.push(token);
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const literal = /^\0(\d+)\0/.exec(rest);
    const quotedString = /^"((?:[^"\\]|\\.)*)"/.exec(rest);
    if (rest[0] === " ") at++;
    else if (rest[0] === "(") {
      lists.push([]);
      at++;
    } else if (rest[0] === ")") {
      const list = lists.length > 1 ? lists.pop() : undefined;
      if (list !== undefined) put(list);
      at++;
    } else if (literal) {
      put(literals[Number(literal[1])]?.toString("latin1") ?? "");
      at += literal[0].length;
    } else if (quotedString) {
      put((quotedString[1] ?? "").replace(/\\(.)/g, "$1"));
      at += quotedString[0].length;
    } else {
      const word = atom(rest);
      put(word);
      at += word.length;
    }
  }
  return lists[0] ?? [];
}

/** A word ends at a space or parenthesis, but not inside the brackets of `BODY[HEADER.FIELDS (TO)]`. */
function atom(text: string): string {
  let depth = 0;
  let end = 0;
  for (; end < text.length; end++) {
    const char = text[end];
    if (char === "[") depth++;
    else if (char === "]") depth--;
    else if (depth <= 0 && (char === " " || char === "(" || char === ")")) break;
  }
  return text.slice(0, Math.max(end, 1));
}

export function asText(token: Token | undefined): string {
  return typeof token === "string" ? token : "";
}

export function asList(token: Token | undefined): readonly Token[] {
  if (token === undefined) return [];
  return typeof token === "string" ? [token] : token;
}

/** Whether a number is in a set such as `1:3,7,9:*`; `max` is what `*` means. */
export function inSet(set: string, value: number, max: number): boolean {
  return set.split(",").some((range) => {
    const [from = 0, to = from] = range.split(":").map((end) => (end === "*" ? max : Number(end)));
    return value >= Math.min(from, to) && value <= Math.max(from, to);
  });
}

export function imapString(text: string | undefined): string {
  if (text === undefined) return "NIL";
  return `"${text.replace(/[\r\n]+/g, " ").replace(/[\\"]/g, "\\$&")}"`;
}
