import { parseArgs } from "node:util";
import { type Admission, admission } from "../channel/admission.ts";
import { chosenAccount } from "./chosen-account.ts";
import { type Command, needConfig, UsageError } from "./command.ts";
import { shown } from "./desk-command.ts";
import { EXIT } from "./exit-code.ts";

export const allowCommand: Command = {
  summary: "say whether an address may talk to the bot, and which rule decides",
  usage: "test ADDRESS … --config FILE [--account ID] [--json]",
  async run(args, { out }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        account: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const [action, ...addresses] = positionals;
    if (action !== "test") throw new UsageError(`say what to do: test${action ? `, not "${action}"` : ""}`);
    if (addresses.length === 0) throw new UsageError("which address? Name one or more");
    const account = await chosenAccount({ ...values, config: needConfig(values.config) });
    for (const address of addresses) {
      const result = admission(address, account);
      out(values.json ? JSON.stringify({ address, ...result }) : text(address, result));
    }
    return EXIT.ok;
  },
};

const MAX_SHOWN_CHARS = 400;

function text(address: string, result: Admission): string {
  const { allowed, canonical, readable } = result;
  const forms = [
    ...(canonical === null || canonical === address ? [] : [`compared as ${canonical}`]),
    ...(readable === null || readable === canonical ? [] : [`read as ${readable}`]),
  ];
  const first = `${allowed ? "✓" : "✗"} ${shown(address, MAX_SHOWN_CHARS)}: ${allowed ? "may" : "may not"} talk to the bot: ${why(result)}`;
  return [first, ...forms.map((form) => `    ${shown(form, MAX_SHOWN_CHARS)}`)].join("\n");
}

function why({ reason, detail, rule }: Admission): string {
  if (reason === "everyone") return "allowFrom is empty, so everybody may [everyone]";
  if (rule !== null && (reason === "allowed" || reason === "denied"))
    return `the entry "${rule.entry}" of ${rule.list} names it [${reason}]`;
  const never = reason.startsWith("from-") || reason === "header-malformed";
  return `${never ? "no rule can let it in: " : ""}${shown(detail, MAX_SHOWN_CHARS)} [${reason}]`;
}
