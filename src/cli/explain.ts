import { parseArgs } from "node:util";
import { type Explanation, MailExplainer } from "../channel/explain-mail.ts";
import type { AccountConfig } from "../config/schema.ts";
import { parseAccount } from "../config/schema.ts";
import { errorText } from "../domain/errors.ts";
import { systemClock } from "../runtime/clock.ts";
import { inOrder } from "../runtime/in-order.ts";
import { chosenAccount } from "./chosen-account.ts";
import { type Command, UsageError } from "./command.ts";
import { shown } from "./desk-command.ts";
import { EXIT } from "./exit-code.ts";
import { mailFiles, readMailFile, STDIN } from "./mail-files.ts";

/** While one mail is judged, the next ones are read from the disk. */
const AT_ONCE = 4;

export const explainCommand: Command = {
  summary: "say what would become of mails in files, and why; asks no server",
  usage: [
    "FILE.eml|FOLDER|- … [--config FILE] [--account ID] [--allow ADDRESS-OR-DOMAIN …] [--dns] [--json]",
    "",
    "A folder stands for all *.eml in it and below, - for standard input. Without --config everybody may talk to the bot, or",
    "those whom --allow names. DKIM keys and DMARC policies are asked for with --dns only; without it, a sender whom only they",
    "could prove is unverified (not-checked). --json gives one object a line; a file that cannot be read has an error in its",
    "line, and the command ends with 66.",
  ].join("\n"),
  async run(args, { out }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        account: { type: "string" },
        allow: { type: "string", multiple: true, default: [] },
        dns: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    if (positionals.length === 0) throw new UsageError("which mails? Name files, folders, or - for standard input");
    if (positionals.indexOf(STDIN) !== positionals.lastIndexOf(STDIN))
      throw new UsageError("- can be named once: standard input has one mail");
    const account = await chosenAccount(values);
    await using explainer = new MailExplainer(withAllowed(account, values.allow), {
      clock: systemClock,
      dns: values.dns ? "system" : "nobody",
    });
    let unreadable = 0;
    let number = 0;
    const work = async (file: string) => await explained(explainer, file, ++number);
    for await (const line of inOrder(mailFiles(positionals), AT_ONCE, work)) {
      if ("error" in line) unreadable++;
      out(values.json ? JSON.stringify(line) : lineText(line));
    }
    return unreadable === 0 ? EXIT.ok : EXIT.noInput;
  },
};

type Line = { readonly file: string } & (Explanation | { readonly error: string });

async function explained(explainer: MailExplainer, file: string, number: number): Promise<Line> {
  try {
    const { content, writtenAt } = await readMailFile(file);
    return { file, ...(await explainer.explain({ content, receivedAt: writtenAt, number })) };
  } catch (error) {
    return { file, error: `cannot be read (${errorText(error)})` };
  }
}

function withAllowed(account: AccountConfig, allow: readonly string[]): AccountConfig {
  return allow.length === 0 ? account : parseAccount({ ...account, allowFrom: [...account.allowFrom, ...allow] });
}

const MAX_SHOWN_CHARS = 100;

function lineText(line: Line): string {
  const file = shown(line.file, 4 * MAX_SHOWN_CHARS);
  if ("error" in line) return `error       ${file}  ${line.error}`;
  const { decision, reason, detail, sender, subject } = line;
  const who = `${sender.address ?? "nobody"} (${sender.verification})`;
  const why = decision === "accept" ? shown(subject, MAX_SHOWN_CHARS) : `${reason}${detail ? `: ${detail}` : ""}`;
  return `${decision.padEnd(10)}  ${file}  ${shown(`${who}  ${why}`, 4 * MAX_SHOWN_CHARS)}`;
}
