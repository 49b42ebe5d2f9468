import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Defects } from "../../src/parse/defects.ts";
import { htmlText } from "../../src/parse/html-text.ts";
import { Removed } from "../../src/parse/removed.ts";
import { type Browser, findChromium, startChromium } from "../testing/browser.ts";
import { CONTROLS, INPUTS, MORE_INPUTS } from "./hidden-inputs.ts";
import { Random } from "../fuzz/random.ts";
import { randomHtml } from "./random-html.ts";
import { missing, seenInChromium, VISIBLE_MAILS, visibleMails, words } from "./seen.ts";

/** Hidden for the bot, and yet shown by Chromium, or by what asks it here. */
const SHOWN_ALL_THE_SAME: readonly string[] = [
  // Clips nothing without a position; nobody writes it for another end.
  '<p style="clip:rect(0,0,0,0)">INJ</p>',
  // Hidden from Outlook, and from those who listen.
  '<span style="mso-hide:all">INJ</span>',
  '<p aria-hidden="true">INJ</p>',
  // White on white, which the comparison of computed styles does not see through.
  '<p style="color:oklch(1 0 0)">INJ</p>',
  '<p style="background:linear-gradient(#fff,#fff);color:#fff">INJ</p>',
];

/** Each is drawn on three screens. */
const RANDOM_MAILS = 150;

const executable = findChromium();
if (executable === undefined) {
  console.warn("SKIPPED: there is no Chromium here to compare with what a person sees (CHROMIUM_PATH names one)");
}

describe.skipIf(executable === undefined)("the words that are read are those that Chromium shows", () => {
  let browser: Browser;
  const text = (html: string): string => htmlText(html, new Defects(), new Removed());

  beforeAll(async () => {
    browser = await startChromium(executable ?? "");
    await browser.context.route("**", async (route) => await route.abort());
  }, 60_000);
  afterAll(async () => await browser?.[Symbol.asyncDispose]());

  it.each(visibleMails())("$name", async ({ name, html, words: told }) => {
    const page = await browser.context.newPage();
    const seen = words(await seenInChromium(page, html));
    await page.close();
    if (process.env["UPDATE_WORDS"] === "1")
      writeFileSync(join(VISIBLE_MAILS, `${name}.words`), `${[...new Set(seen)].join(" ")}\n`);
    else expect(missing(told, seen).concat(missing(seen, told))).toEqual([]);
    const read = words(text(html));
    expect({ lost: missing(read, seen), leaked: missing(seen, read) }).toEqual({ lost: [], leaked: [] });
  });

  it("in mails with random styles, but for one in five hundred; and few that it shows are lost", async () => {
    const page = await browser.context.newPage();
    const find = (html: string): Set<string> => new Set(html.match(/W\d+x\d+/g));
    const [all, leaked, lost]: string[][] = [[], [], []];
    for (let seed = 1; seed <= RANDOM_MAILS; seed++) {
      const html = randomHtml(seed, new Random(seed));
      const [seen, read] = [find(await seenInChromium(page, html)), find(text(html))];
      all?.push(...find(html));
      leaked?.push(...[...read].filter((word) => !seen.has(word)));
      lost?.push(...[...seen].filter((word) => !read.has(word)));
    }
    await page.close();
    const share = (some: readonly string[] = []): number => some.length / (all?.length ?? 0);
    expect(all?.length).toBeGreaterThan(10 * RANDOM_MAILS);
    expect(
      [share(leaked) < 1 / 500, share(lost) < 1 / 25],
      `leaked ${leaked?.join(" ")}, lost ${lost?.join(" ")}`,
    ).toEqual([true, true]);
  }, 120_000);

  it("of what is hidden in the tests it shows nothing, and all of what is not", async () => {
    const page = await browser.context.newPage();
    const shows = async (html: string): Promise<boolean> =>
      /INJ|SEEN/.test(await seenInChromium(page, `<html><body><p>visible</p>${html}</body></html>`));
    const shown: string[] = [];
    for (const html of [...INPUTS.map(([, input]) => input), ...MORE_INPUTS]) if (await shows(html)) shown.push(html);
    expect(shown).toEqual(SHOWN_ALL_THE_SAME);
    for (const [what, html] of CONTROLS) expect([what, await shows(html)]).toEqual([what, true]);
    await page.close();
  }, 120_000);
});
