export interface LogicalLine {
  /** How often it was quoted. */
  readonly quote: number;
  readonly text: string;
}

/** RFC 3676 section 4, word for word, without DelSp: what a mail program that knows `format=flowed` shows. */
export function unflow(wire: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let open: { quote: number; text: string } | undefined;
  for (const line of wire.replace(/\r?\n$/, "").split(/\r?\n/)) {
    const quote = /^>*/.exec(line)?.[0].length ?? 0;
    const content = line.slice(quote).replace(/^ /, "");
    const isSignature = content === "-- ";
    const isFlowed = content.endsWith(" ") && !isSignature;
    // A change of depth ends a paragraph, whatever its last line says (section 4.5).
    if (open && (open.quote !== quote || isSignature)) {
      lines.push(open);
      open = undefined;
    }
    open = { quote, text: (open?.text ?? "") + content };
    if (isFlowed) continue;
    lines.push(open);
    open = undefined;
  }
  return open ? [...lines, open] : lines;
}
