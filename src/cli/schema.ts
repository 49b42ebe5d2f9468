import { parseArgs } from "node:util";
import { gatewayJsonSchema } from "../config/gateway-schema.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit-code.ts";

export const schemaCommand: Command = {
  summary: "print the JSON Schema of the configuration file",
  usage: "",
  async run(args, { out }) {
    parseArgs({ args: [...args], options: { json: { type: "boolean" } } });
    out(JSON.stringify(gatewayJsonSchema(), undefined, 2));
    return EXIT.ok;
  },
};
