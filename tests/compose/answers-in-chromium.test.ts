import { mkdir } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { prepareLook } from "../../src/compose/look.ts";
import { type Browser, findChromium, startChromium } from "../testing/browser.ts";
import { ANSWERS, CHART } from "./answers.ts";
import { context, reply } from "./context.ts";
import { type Finding, lookAtPage } from "./page-look.ts";

const ARTIFACTS = "tests/artifacts/answers";

const chromium = findChromium();
if (!chromium) {
  const message = "no Chromium on this machine (set CHROMIUM_PATH)";
  if (process.env["CI"]) throw new Error(`answers must be looked at in a browser: ${message}`);
  console.warn(`SKIPPED: no answer was looked at in a browser: ${message}`);
}

const LOOK = prepareLook({
  locale: "en",
  textPart: "text",
  template: {
    header: "**Example Shop** · [Help](https://shop.example/help)",
    signature: "Your order bot\nExample Shop Ltd.",
    footer: "You get this mail because you wrote to orders@shop.example. [Privacy](https://shop.example/privacy)",
  },
});
const ORIGINAL = {
  text: `Hello,\n\nwhere is my order?\n\n> We will send it soon.\n\n    ${"indented ".repeat(12)}\n${"x".repeat(200)}\n\nAnn`,
  date: new Date("2026-01-05T08:12:00Z"),
  from: { address: "ann@ann.example", name: "Ann Lee" },
};

const pages = ANSWERS.map(({ name, message }) => {
  const dressed = name === "everything" || name === "hebrew" ? { look: LOOK, original: ORIGINAL } : {};
  const { html } = composeMail(reply(message), context(dressed));
  return { name, html: html.replaceAll("cid:chart@bot", `data:image/png;base64,${CHART.toString("base64")}`) };
});

/** WCAG 2.1, success criterion 1.4.3. */
const LEAST_CONTRAST = 4.5;

const SCREENS = [320, 800].flatMap((width) => (["light", "dark"] as const).map((scheme) => ({ width, scheme })));

describe.skipIf(!chromium)("an answer in Chromium", () => {
  let browser: Browser;
  let page: Page;
  const asked: string[] = [];

  beforeAll(async () => {
    browser = await startChromium(chromium ?? "");
    await mkdir(ARTIFACTS, { recursive: true });
    page = await browser.context.newPage();
    page.on("request", (request) => asked.push(request.url().slice(0, 100)));
  });
  afterAll(async () => await browser[Symbol.asyncDispose]());

  const show = async (html: string, { width, scheme }: (typeof SCREENS)[number]): Promise<readonly Finding[]> => {
    await page.setViewportSize({ width, height: 400 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.setContent(html);
    return await page.evaluate(lookAtPage, LEAST_CONTRAST);
  };

  describe.each(SCREENS)("at $width pixels, $scheme", (screen) => {
    it.each(pages)("$name: nothing sticks out, and all of it can be read", async ({ name, html }) => {
      expect(await show(html, screen)).toEqual([]);
      await page.screenshot({ path: `${ARTIFACTS}/${name}-${screen.scheme}-${screen.width}.png`, fullPage: true });
    });

    // The looking itself: a page that is wrong in each way is found out.
    it.each([
      ['<p style="color:#999;background:#fff">pale</p>', "contrast"],
      ['<div style="width:900px">wide</div>', "scroll"],
      ['<pre style="background:#ffffff;color:#000000;width:900px">code</pre>', "outside"],
    ])("%s would be noticed", async (bad, what) => {
      expect((await show(bad, screen)).map(({ problem }) => problem)).toContain(what);
    });
  });

  it.each(pages)("$name: where style sheets are dropped, on white and on a program's own black", async ({ html }) => {
    const bare = html.replace(/<style>.*?<\/style>/g, "").replace(/<meta name="[a-z-]*color-scheme[a-z-]*"[^>]*>/g, "");
    expect(await show(bare, { width: 320, scheme: "light" })).toEqual([]);
    const black = bare.replace('<body style="', '<body style="background-color:#1b1b1b;color:#eeeeee;');
    await page.setContent(black);
    // Not as easy to read as it could be, but to be read.
    expect(await page.evaluate(lookAtPage, 3)).toEqual([]);
  });

  it("asks nobody for anything", () => {
    expect(asked.filter((url) => !url.startsWith("data:"))).toEqual([]);
  });

  it("is dark on a dark screen", async () => {
    const everything = pages.find(({ name }) => name === "everything");
    const canvas = async (scheme: "light" | "dark") => {
      await show(everything?.html ?? "", { width: 320, scheme });
      return await page.evaluate(() => getComputedStyle(document.querySelector(".mp-code")!).backgroundColor);
    };
    expect(await canvas("light")).toBe("rgb(243, 245, 247)");
    expect(await canvas("dark")).toBe("rgb(43, 49, 56)");
  });
});
