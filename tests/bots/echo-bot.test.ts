import { describe, expect, it } from "vitest";
import { createEchoBot } from "../../src/bots/echo-bot.ts";
import { aMessage } from "./a-message.ts";

const answerTo = async (wanted: Parameters<typeof aMessage>[0]) =>
  (await createEchoBot().answer(aMessage(wanted), AbortSignal.timeout(1_000)))?.text;

describe("the echo bot", () => {
  it("quotes what was written, line by line", async () => {
    expect(await answerTo({ text: "one\ntwo\n\nthree\n" })).toBe(
      "Hello, this is what you wrote:\n\n> one  \n> two  \n>\n> three",
    );
  });

  it("greets by name, without Markdown of the sender's", async () => {
    expect(await answerTo({ name: "Ann [x](http://evil.example)" })).toMatch(/^Hello Ann xhttp:\/\/evil.example, this/);
  });

  it("does not send back a whole book", async () => {
    expect((await answerTo({ text: "x".repeat(1_000_000) }))?.length).toBeLessThan(10_100);
  });
});
