import { describe, expect, it } from "vitest";
import { runDemo } from "../../src/testing/demo.ts";
import { startDemo } from "./running-demo.ts";

describe("the demo", () => {
  it("shows a mail and the bot's answer to it as a person sees them, and with once it ends there", async () => {
    const written: string[] = [];
    await runDemo({ once: true, signal: new AbortController().signal, write: (text) => written.push(text) });
    const [, question = "", answer = ""] = written;
    expect(question).toMatch(
      /^┌── Ann writes a mail\n│ From: {4}Ann Lee <ann@example.org>\n│ To: {6}bot@example.com\n│ Subject: Hello bot\n│ Date: /,
    );
    expect(answer).toMatch(
      /^┌── The bot answers after \d+ ms\n│ From: {4}Echo Bot <bot@example.com>\n│ To: {6}.*ann@example.org.*\n│ Subject: Re: Hello bot\n/,
    );
    expect(answer).toContain("Hello Ann Lee, this is what you wrote:");
    expect(answer).toContain("can you hear me? Then please say so.");
    expect(written).toHaveLength(3);
  });

  it("answers within a second or two", async () => {
    const startedAt = performance.now();
    await runDemo({ once: true, signal: new AbortController().signal, write: () => {} });
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it("serves its page until it is stopped, and nothing after that", async () => {
    const demo = await startDemo();
    expect((await fetch(demo.url)).status).toBe(200);
    await demo.stop();
    await expect(fetch(demo.url)).rejects.toThrow("fetch failed");
  });

  it("ends quietly when it is stopped before the answer is there", async () => {
    const written: string[] = [];
    await runDemo({ signal: AbortSignal.abort(), write: (text) => written.push(text) });
    expect(written.join("\n")).not.toContain("The bot answers");
  });
});
