import { mkdir, readFile } from "node:fs/promises";
import type { ConsoleMessage, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Browser, findChromium, startChromium } from "./browser.ts";
import { type RunningDemo, startDemo } from "./running-demo.ts";

const ARTIFACTS = "tests/artifacts";

const chromium = findChromium();
if (!chromium) {
  const message = "no Chromium on this machine (set CHROMIUM_PATH)";
  if (process.env["CI"]) throw new Error(`the demo's page must be tested: ${message}`);
  console.warn(`SKIPPED: the demo's page was not tested in a browser: ${message}`);
}

describe.skipIf(!chromium)("the demo's page in Chromium", () => {
  let demo: RunningDemo;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    demo = await startDemo();
    browser = await startChromium(chromium ?? "");
    await mkdir(ARTIFACTS, { recursive: true });
    page = await browser.context.newPage();
    page.on("console", (message: ConsoleMessage) => message.type() !== "log" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    page.setDefaultTimeout(5_000);
    await page.goto(demo.url);
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await demo.stop();
  });

  beforeEach(async () => await page.setViewportSize({ width: 1200, height: 1400 }));

  const thread = (subject: string) =>
    page.getByRole("article").filter({ has: page.getByRole("heading", { name: subject, exact: true }) });
  const picture = async (name: string) => {
    // A frame of its own process paints a little later than the page.
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${ARTIFACTS}/demo-${name}.png` });
  };

  it("shows the first mail with the bot's answer under it", async () => {
    const mails = thread("Hello bot").locator(".mail");
    await mails.nth(1).waitFor();
    expect(await mails.count()).toBe(2);
    expect(await mails.nth(0).innerText()).toMatch(/Ann Lee.*ann@example\.org[^]*can you hear me/);
    expect(await mails.nth(1).innerText()).toContain("Echo Bot");
  });

  it("sends a mail with an attachment, and shows the answer under it", async () => {
    await page.getByLabel("Subject").fill("The quarterly report");
    await page.getByLabel("Message").fill("Dear bot,\n\nhere is the **report**. What do you think of it?\n\nAnn");
    await page
      .locator("form")
      .getByLabel("Attachments", { exact: true })
      .setInputFiles([
        {
          name: "report 2026, final version with a rather long name.pdf",
          mimeType: "application/pdf",
          buffer: Buffer.alloc(230_000, "%PDF"),
        },
        { name: "ümlaut.txt", mimeType: "text/plain", buffer: Buffer.from("Grüße") },
        { name: "by mistake.txt", mimeType: "text/plain", buffer: Buffer.from("x") },
      ]);
    await page.getByRole("button", { name: "Remove by mistake.txt" }).click();
    await picture("compose");
    await page.getByRole("button", { name: "Send" }).click();
    const mails = thread("The quarterly report").locator(".mail");
    await mails.nth(1).waitFor();
    expect(await mails.nth(0).getByRole("list", { name: "Attachments" }).innerText()).toMatch(
      /report 2026[^]*225 kB[^]*ümlaut\.txt[^]*6 B|7 B/,
    );
    expect(await mails.nth(1).innerText()).toContain("to ");
    expect(await page.getByLabel("Message").inputValue()).toBe("");
    await picture("answered");
  });

  it("hands an attachment back byte for byte", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "ümlaut.txt" }).first().click(),
    ]);
    expect(download.suggestedFilename()).toBe("ümlaut.txt");
    expect(await readFile(await download.path(), "utf8")).toBe("Grüße");
  });

  it("shows the answer's HTML in a frame that may do nothing", async () => {
    const answer = thread("The quarterly report").locator(".mail").nth(1);
    const frame = answer.locator("iframe");
    expect(await frame.getAttribute("sandbox")).toBe("");
    expect(await frame.getAttribute("srcdoc")).toContain(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    );
    const body = frame.contentFrame().locator("body");
    expect(await body.innerText()).toMatch(/Hello Ann Lee[^]*here is the report/);
    expect(await body.locator("blockquote").count()).toBe(1);
  });

  it("shows plain text and headers beside it, by mouse and by keyboard", async () => {
    const answer = thread("The quarterly report").locator(".mail").nth(1);
    await answer.getByRole("tab", { name: "Plain text" }).click();
    expect(await answer.getByRole("tabpanel").innerText()).toContain("> here is the");
    await page.keyboard.press("ArrowRight");
    const headers = await answer.getByRole("tabpanel").innerText();
    expect(headers).toMatch(/^Subject: Re: The quarterly report$/m);
    expect(headers).toMatch(/^In-Reply-To: <[^>]+@example\.org>$/m);
    expect(headers).toMatch(/^Auto-Submitted: auto-replied$/m);
    expect(await answer.getByRole("tab", { name: "Headers" }).getAttribute("aria-selected")).toBe("true");
    await picture("headers");
    await page.keyboard.press("ArrowRight");
    expect(await answer.locator("iframe").isVisible()).toBe(true);
  });

  it("goes on with a conversation, without a mouse", async () => {
    await page.getByRole("button", { name: "Reply to The quarterly report" }).press("Enter");
    expect(await page.getByLabel("Subject").inputValue()).toBe("Re: The quarterly report");
    expect(await page.getByLabel("Message").evaluate((field) => field === document.activeElement)).toBe(true);
    await page.keyboard.type("And now?");
    await page.keyboard.press("Control+Enter");
    const mails = thread("The quarterly report").locator(".mail");
    await mails.nth(3).waitFor();
    expect(await mails.nth(3).locator("iframe").contentFrame().locator("body").innerText()).toContain("And now?");
    expect(await page.getByRole("article").count()).toBe(2);
    const answered = /^Message-ID: (<\S+>)$/im.exec(await headersOf(mails.nth(1)))?.[1];
    expect(await headersOf(mails.nth(2))).toContain(`In-Reply-To: ${answered}\n`);
  });

  it("says what is wrong with a mail that cannot be sent, and keeps it", async () => {
    await page.getByLabel("From").fill("Ann");
    await page.getByLabel("Subject").fill("Kept");
    await page.getByLabel("Message").fill("Kept too");
    const before = complaints.length;
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("alert").filter({ hasText: "From needs an address" }).waitFor();
    // Chromium itself reports the 400.
    complaints.splice(before);
    expect(await page.getByLabel("Message").inputValue()).toBe("Kept too");
    await page.getByLabel("From").fill("Ann Lee <ann@example.org>");
  });

  it("runs nothing and fetches nothing that a mail brings along", async () => {
    const evil = "<img src=x onerror=alert(1)><script>alert(2)</script><b>bold";
    await page.getByLabel("Subject").fill(evil);
    await page.getByLabel("Message").fill(evil);
    await page.getByLabel("From").fill("Eve <eve@example.org>");
    await page.getByRole("button", { name: "Send" }).click();
    await thread(evil).locator(".mail").nth(1).waitFor();
    expect(await page.locator("main img, main script, main b").count()).toBe(0);
    expect(new Set(asked)).toEqual(new Set([new URL(demo.url).origin]));
  });

  it("catches up after it was reloaded", async () => {
    await page.reload();
    await thread("The quarterly report").locator(".mail").nth(3).waitFor();
    expect(await page.getByRole("article").count()).toBe(3);
  });

  it.each([320, 375, 768, 1200])("needs no sideways scrolling at %i pixels", async (width) => {
    await page.setViewportSize({ width, height: 2_400 });
    await page.getByRole("tab", { name: "Headers" }).first().click();
    const sizes = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: window.innerWidth,
    }));
    expect(sizes.content).toBe(sizes.window);
    await picture(`${width}`);
  });

  it("is as readable in the dark", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    const [background, ink] = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return [style.backgroundColor, style.color];
    });
    expect([background, ink]).toEqual(["rgb(18, 21, 27)", "rgb(231, 234, 240)"]);
    await picture("dark");
    await page.emulateMedia({ colorScheme: "light" });
  });

  it("has a label for every control", async () => {
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll("input, textarea, button, a, iframe")]
        .filter((control) => {
          const labels =
            control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement ? control.labels?.length : 0;
          return (
            !labels &&
            !control.getAttribute("aria-label") &&
            !control.getAttribute("title") &&
            !control.textContent?.trim()
          );
        })
        .map((control) => control.outerHTML.slice(0, 80)),
    );
    expect(unnamed).toEqual([]);
  });

  it("has complained about nothing in the console", () => {
    expect(complaints).toEqual([]);
  });

  it("says that the demo has ended, when it has", async () => {
    await demo.stop();
    await page.getByText("The demo has ended, or cannot be reached.").waitFor();
  });
});

async function headersOf(mail: Locator): Promise<string> {
  await mail.getByRole("tab", { name: "Headers" }).click();
  return await mail.getByRole("tabpanel").innerText();
}
