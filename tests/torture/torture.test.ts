import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dovecotAvailable, freshUser, sharedDovecots } from "../servers/shared.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { torture } from "./torture.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The same moments in every run of the tests; `npm run torture` takes others each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe.skipIf(!dovecotAvailable)("kill -9 at random moments", () => {
  it("20 times: every mail is answered, and never in two ways", { timeout: 180_000 }, async () => {
    const { plain: dovecot } = sharedDovecots();
    const report = await torture({
      dovecot,
      user: freshUser(),
      kills: 20,
      dist: join(ROOT, "dist"),
      random: seeded(20_261_124),
    });
    expect(report.complaints).toEqual([]);
    expect(report).toMatchObject({ kills: 20, mails: 60, answered: 60 });
  });

  it("is noticed when the order is wrong: an ack before the answer is stored", { timeout: 180_000 }, async () => {
    const { plain: dovecot } = sharedDovecots();
    await using copy = await tempFolder("broken");
    const dist = join(copy.path, "dist");
    await cp(join(ROOT, "dist"), dist, { recursive: true });
    await cp(join(ROOT, "package.json"), join(copy.path, "package.json"));
    await symlink(join(ROOT, "node_modules"), join(copy.path, "node_modules"));
    const file = join(dist, "gateway/answer-mail.js");
    const whole = await readFile(file, "utf8");
    const broken = whole.replace("const answer = await", "await message.ack();\n        const answer = await");
    expect(broken).not.toBe(whole);
    await writeFile(file, broken);
    const complaints: string[] = [];
    // Chance decides, and how busy the machine is, whether one of a dozen kills comes between the ack and the answer.
    for (let round = 1; round <= 8 && complaints.length === 0; round++) {
      const setting = { dovecot, user: freshUser(), dist, restMs: 5_000 };
      complaints.push(...(await torture({ ...setting, kills: 12, random: seeded(7 * round) })).complaints);
    }
    expect(complaints.join("\n")).toContain("was never answered");
  });
});
