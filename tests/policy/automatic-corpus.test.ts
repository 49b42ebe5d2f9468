import { describe, expect, it } from "vitest";
import { mailsOf, verdictOn } from "./corpus.ts";

const automatic = mailsOf("automatic");
const ordinary = mailsOf("ordinary");

describe("the corpus of automatic mail (S-AR-1 to S-AR-7, L3, L4, L6, L9, L10)", () => {
  it.each(automatic)("%s is not answered", async (_, mail) => {
    expect(await verdictOn(mail)).toMatch(/^(?:automatic|header-malformed|from-)/);
  });

  it.each(ordinary)("%s is a person's, and passes", async (_, mail) => {
    expect(await verdictOn(mail)).toBe("accept");
  });

  it("is large enough to mean something, and is told apart without a mistake", async () => {
    const caught = await count(automatic, (verdict) => verdict !== "accept");
    const wrong = await count(ordinary, (verdict) => verdict !== "accept");
    console.info(
      `robots: ${caught} of ${automatic.length} automatic mails refused, ${wrong} of ${ordinary.length} ordinary ones`,
    );
    expect(automatic.length).toBeGreaterThanOrEqual(80);
    expect(ordinary.length).toBeGreaterThanOrEqual(40);
    expect([caught, wrong]).toEqual([automatic.length, 0]);
  });
});

async function count(mails: typeof automatic, is: (verdict: string) => boolean): Promise<number> {
  const verdicts = await Promise.all(mails.map(async ([, mail]) => await verdictOn(mail)));
  return verdicts.filter(is).length;
}
