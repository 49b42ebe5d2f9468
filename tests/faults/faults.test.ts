import { describe, expect, it } from "vitest";
import { dovecotAvailable, sharedDovecots } from "../servers/shared.ts";
import { badLines, imapCuts, smtpCuts, smtpFinalRefusals, smtpRefusals } from "./faults.ts";
import { type Fault, type Outcome, survives } from "./survives.ts";

/** `MAILPORT_FAULTS=300 npx vitest run tests/faults` for the whole sweep. */
const CUTS = Number(process.env["MAILPORT_FAULTS"] ?? 40);
const AT_ONCE = 4;
/** Silence is noticed in 800 ms here, twice; all else is back-off of at most 100 ms. */
const RECOVERED_WITHIN_MS = 10_000;

describe.skipIf(!dovecotAvailable)("four mails get one answer each, whatever happens on the way", () => {
  it("from cut to cut over the whole of a session", { timeout: 1_200_000 }, async () => {
    const { plain: dovecot } = sharedDovecots();
    const clean = await survives({ name: "no fault" }, dovecot);
    expect(clean.complaints).toEqual([]);
    const faults = [
      ...imapCuts(clean, Math.ceil(CUTS * 0.6)),
      ...smtpCuts(clean, Math.floor(CUTS * 0.4)),
      ...smtpRefusals(),
      ...smtpFinalRefusals(),
      ...badLines(),
    ];
    const outcomes = await all(faults, async (fault) => await survives(fault, dovecot));
    expect(outcomes.flatMap(({ complaints }) => complaints)).toEqual([]);
    const slowest = Math.max(...outcomes.map(({ ms }) => ms));
    console.log(`${faults.length} faults, the slowest recovery ${Math.round(slowest)} ms`);
    expect(slowest).toBeLessThan(RECOVERED_WITHIN_MS);
  });
});

async function all(faults: readonly Fault[], work: (fault: Fault) => Promise<Outcome>): Promise<Outcome[]> {
  const left = [...faults];
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (let fault = left.shift(); fault; fault = left.shift()) outcomes.push(await work(fault));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcomes;
}
