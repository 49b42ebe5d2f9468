import { describe, expect, it } from "vitest";
import { BotError, readAnswer } from "../../src/bots/answer.ts";

describe("what a bot gives as its answer", () => {
  it.each([undefined, null, "", "  \n", { text: "" }, { text: " ", attachments: [] }])("%j is no answer", (given) => {
    expect(readAnswer(given, "/bot")).toBeUndefined();
  });

  it("is Markdown, or an object with text, subject and attachments", () => {
    expect(readAnswer("**Hi**\n", "/bot")).toEqual({ text: "**Hi**" });
    expect(readAnswer({ text: "Hi", subject: "New" }, "/bot")).toEqual({ text: "Hi", subject: "New" });
  });

  it("may name files, relative ones counting from the bot's folder", () => {
    const attachments = [
      "report.pdf",
      "/tmp/a.txt",
      { path: "x/b.png", contentId: "logo", contentType: "image/png", filename: "logo.png" },
    ];
    expect(readAnswer({ text: "Hi", attachments }, "/bot")?.attachments).toEqual([
      { path: "/bot/report.pdf" },
      { path: "/tmp/a.txt" },
      { path: "/bot/x/b.png", contentId: "logo", contentType: "image/png", filename: "logo.png" },
    ]);
  });

  it("may carry content, and may be attachments alone", () => {
    expect(readAnswer({ attachments: [{ content: "a,b", filename: "t.csv" }] }, "/bot")).toEqual({
      text: "",
      attachments: [{ content: "a,b", filename: "t.csv" }],
    });
  });

  it.each([
    [42, "neither text nor an object"],
    [["Hi"], "neither text nor an object"],
    [{ text: 42 }, '"text" of the bot\'s answer is not text'],
    [{ text: "Hi", subject: {} }, '"subject" of the bot\'s answer is not text'],
    [{ text: "Hi", attachments: "a.txt" }, '"attachments" in the bot\'s answer is not a list'],
    [{ text: "Hi", attachments: [42] }, "attachments[0] in the bot's answer is neither a path nor an object"],
    [
      { text: "Hi", attachments: [""] },
      'attachments[0] in the bot\'s answer needs either "path", or "content" and "filename"',
    ],
    [{ text: "Hi", attachments: [{ content: "x" }] }, 'needs either "path"'],
    [{ text: "Hi", attachments: [{ path: "a", content: "x", filename: "a" }] }, 'needs either "path"'],
    ["x".repeat(1024 * 1024 + 1), "more than 1048576 bytes"],
  ])("cannot be %j", (given, why) => {
    expect(() => readAnswer(given, "/bot")).toThrow(BotError);
    expect(() => readAnswer(given, "/bot")).toThrow(why);
  });
});
