import { parseArgs } from "node:util";
import { type Command, UsageError } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { stopOnSignals } from "./stop-signals.ts";

export const demoCommand: Command = {
  summary: "see it work: an embedded mail server, an echo bot and a page to write to it",
  usage: "[--once] [--port N] [--no-open]",
  async run(args, { out }) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean", default: false },
        port: { type: "string" },
        open: { type: "boolean", default: true },
      },
      allowNegative: true,
    });
    // Loaded here, since its mail server needs packages that a gateway does without.
    const { runDemo } = await import("../testing/demo.ts");
    using stop = stopOnSignals();
    await runDemo({
      once: values.once,
      open: values.open,
      signal: stop.signal,
      write: out,
      ...(values.port === undefined ? {} : { port: portOf(values.port) }),
    });
    return EXIT.ok;
  },
};

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError("--port wants a number from 0 to 65535");
  return port;
}
