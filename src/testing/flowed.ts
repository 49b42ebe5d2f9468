/** The text of a `format=flowed` part as a mail program shows it (RFC 3676 section 4), one line per paragraph. */
export function unflowed(text: string): string {
  const lines: { quote: number; text: string }[] = [];
  let isOpen = false;
  for (const line of text.split("\n")) {
    const quote = /^>*/.exec(line)?.[0].length ?? 0;
    const content = line.slice(quote).replace(/^ /, "");
    const last = lines.at(-1);
    if (isOpen && last?.quote === quote && content !== "-- ") last.text += content;
    else lines.push({ quote, text: content });
    isOpen = content.endsWith(" ") && content !== "-- ";
  }
  return lines
    .map(({ quote, text: shown }) => (quote === 0 ? shown : `${">".repeat(quote)} ${shown}`.trimEnd()))
    .join("\n");
}
