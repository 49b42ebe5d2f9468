import type { BotPort } from "../domain/bot.ts";

/** RFC 3834 section 2 asks answers not to carry large quotes. */
const MAX_QUOTED_CHARS = 10_000;

/** Answers with what was written. For a first try, and to see that everything is connected. */
export function createEchoBot(): BotPort {
  return {
    async answer({ text, sender, attachments }) {
      // Where a file lies on our disk is nothing for whoever sent it.
      const shown = attachments.reduce((rest, { path }) => (path ? rest.replaceAll(path, "") : rest), text);
      return {
        text: `Hello${sender.name ? ` ${plain(sender.name)}` : ""}, this is what you wrote:\n\n${quote(shown.replace(/ → $/gm, ""))}`,
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}

function quote(text: string): string {
  const shown = text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text.trimEnd();
  // Two spaces keep the line breaks of plain text, which Markdown would join.
  return shown
    .split(/\r?\n/)
    .map((line) => `> ${line.trimEnd()}`.trimEnd().concat(line.trim() === "" ? "" : "  "))
    .join("\n")
    .trimEnd();
}

/** A display name is the sender's to choose, and no Markdown of ours. */
function plain(name: string): string {
  return name
    .replace(/[\\`*_{}[\]()<>#+!|~]/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 60);
}
