// The process that is killed: `mailport run` as it is, but for the pauses after a failure. Arguments: dist folder, config.
import { pathToFileURL } from "node:url";

const [dist, config] = process.argv.slice(2);
const from = async (file) => await import(pathToFileURL(`${dist}/${file}`).href);
const { serve } = await from("cli/run.js");
const { loadConfig } = await from("config/load.js");
const surroundings = {
  out: () => {},
  err: (line) => void process.stderr.write(`${line}\n`),
  env: process.env,
  errIsTerminal: false,
};
const timing = { watch: { backoff: { baseMs: 50, capMs: 500 } } };
process.exitCode = await serve(await loadConfig(config), surroundings, {
  timing,
  outbox: { retry: { baseMs: 50, capMs: 500 }, unknownRetryMs: 300 },
});
