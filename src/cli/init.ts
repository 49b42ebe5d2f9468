import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { GatewayConfigInput } from "../config/gateway-schema.ts";
import { errorText } from "../domain/errors.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit-code.ts";

export const initCommand: Command = {
  summary: "write a configuration file to start from",
  usage: "[--config FILE]   (config.json when left out; never overwrites)",
  async run(args, { out, err }) {
    const { values } = parseArgs({ args: [...args], options: { config: { type: "string", default: "config.json" } } });
    const path = values.config;
    try {
      // The file is where a password may be put, so nobody else may read it.
      await writeFile(path, `${JSON.stringify(STARTER, undefined, 2)}\n`, { mode: 0o600, flag: "wx" });
    } catch (error) {
      const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
      err(exists ? `${path} is there already and stays as it is` : `${path} cannot be written (${errorText(error)})`);
      return EXIT.cannotCreate;
    }
    out(
      `${path} is written. Next: put in your servers and address, set MAILPORT_PASSWORD, then run\n  mailport check --config ${path}`,
    );
    return EXIT.ok;
  },
};

const STARTER: GatewayConfigInput = {
  $schema: "./node_modules/mailport/config.schema.json",
  accounts: [
    {
      id: "support",
      enabled: true,
      imapHost: "imap.example.org",
      smtpHost: "smtp.example.org",
      username: "bot@example.org",
      password: { env: "MAILPORT_PASSWORD" },
      fromAddress: "bot@example.org",
      fromName: "Bot",
      allowFrom: ["you@example.org"],
    },
  ],
  bot: { kind: "echo" },
};
