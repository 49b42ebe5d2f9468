import type { DemoMail } from "./backend.ts";

/** Enough for a glance; the page shows all of it. */
const MAX_LINES = 24;
const MAX_LINE_CHARS = 100;

/** A mail in a terminal, as a mail client shows it. */
export function printedMail(title: string, { mail }: DemoMail): string {
  const files = mail.attachments.map(({ filename }) => filename).join(", ");
  const fields: [string, string][] = [
    ["From", mail.from],
    ["To", mail.to],
    ["Subject", mail.subject],
    ["Date", mail.date?.toUTCString() ?? ""],
    ...(files ? ([["Files", files]] satisfies [string, string][]) : []),
  ];
  const body = mail.text.trim().split("\n");
  const shown = body.length > MAX_LINES ? [...body.slice(0, MAX_LINES), "…"] : body;
  const lines = [...fields.map(([name, value]) => `${`${name}:`.padEnd(9)}${value}`), "", ...shown];
  return [`┌── ${title}`, ...lines.map((line) => `│ ${clean(line)}`.trimEnd()), "└──", ""].join("\n");
}

/** A mail may hold anything; a terminal is not to obey it. */
function clean(line: string): string {
  // oxlint-disable-next-line no-control-regex -- keeping control characters out is what this is for
  const safe = line.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
  return safe.length > MAX_LINE_CHARS ? `${safe.slice(0, MAX_LINE_CHARS)}…` : safe;
}
