import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzz, readCorpus } from "./fuzz.ts";

const USAGE = "npm run fuzz -- [--minutes 10 | --iterations N] [--seed N] [--from N]";
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    iterations: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    from: { type: "string", default: "0" },
  },
});
const seed = Number(values.seed);
const iterations = values.iterations === undefined ? Infinity : Number(values.iterations);
if (Number.isNaN(seed + iterations + Number(values.minutes) + Number(values.from))) throw new Error(USAGE);

console.log(`seed ${seed}`);
const { findings, ...report } = await fuzz({
  seed,
  corpus: readCorpus(join(import.meta.dirname, "../mail")),
  home: mkdtempSync(join(tmpdir(), "mailport-fuzz-")),
  iterations,
  untilMs: values.iterations === undefined ? Date.now() + Number(values.minutes) * 60_000 : Infinity,
  from: Number(values.from),
});
console.log(JSON.stringify({ ...report, findings: findings.length }, undefined, 2));
const found = join(tmpdir(), `mailport-fuzz-found-${seed}`);
for (const { number, operators, complaint, bytes } of findings.slice(0, 50)) {
  mkdirSync(found, { recursive: true });
  const file = join(found, `${number}.eml`);
  writeFileSync(file, bytes);
  console.log(`${file} (--seed ${seed} --from ${number} --iterations 1; ${operators.join(", ")})\n  ${complaint}`);
}
process.exitCode = findings.length === 0 ? 0 : 1;
