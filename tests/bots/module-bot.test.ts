import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModuleBot } from "../../src/bots/module-bot.ts";
import { ConfigError } from "../../src/domain/errors.ts";
import { temporaryFolder } from "../config/temporary-folder.ts";
import { aMessage } from "./a-message.ts";

const signal = new AbortController().signal;

describe("a bot in a module", () => {
  it("is a function that gets the message and a signal", async () => {
    expect(
      await answerOf("export default async (message, { signal }) => `${message.text} ${signal.aborted}`;"),
    ).toEqual({ text: "Hello false" });
  });

  it("may give an object, or nothing", async () => {
    expect(await answerOf('export default () => ({ text: "Hi", subject: "S" });')).toEqual({
      text: "Hi",
      subject: "S",
    });
    expect(await answerOf("export default () => {};")).toBeUndefined();
  });

  it("may be an object with answer(), which keeps its this and is disposed of", async () => {
    await using folder = await temporaryFolder();
    const source =
      "export default { n: 0, answer(message) { return `${++this.n}`; }, async [Symbol.asyncDispose]() { globalThis.disposed = this.n; } };";
    const bot = await loadModuleBot(await folder.write("bot.mjs", source));
    await bot.answer(aMessage(), signal);
    expect(await bot.answer(aMessage(), signal)).toEqual({ text: "2" });
    await bot[Symbol.asyncDispose]();
    expect(Reflect.get(globalThis, "disposed")).toBe(2);
  });

  it("attaches files from its own folder", async () => {
    await using folder = await temporaryFolder();
    const bot = await loadModuleBot(
      await folder.write("bot.mjs", 'export default () => ({ text: "Hi", attachments: ["a.txt"] });'),
    );
    expect((await bot.answer(aMessage(), signal))?.attachments).toEqual([{ path: join(folder.path, "a.txt") }]);
  });

  it("fails as its function fails", async () => {
    await expect(answerOf('export default () => { throw new Error("no idea"); };')).rejects.toThrow("no idea");
  });

  it.each([
    ["export default 42;", /the default export of .*bot\.mjs is neither a function nor an object with answer\(\)/],
    ["export const answer = () => 1;", /neither a function nor/],
    ["export default {", /bot.path: cannot load/],
    ['throw new Error("at load");', /cannot load .*bot\.mjs \(at load\)/],
  ])("is a mistake in the configuration: %s", async (source, message) => {
    const attempt = answerOf(source);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toBeInstanceOf(ConfigError);
  });

  it("that is not there is one too", async () => {
    await expect(loadModuleBot("/no/such/bot.js")).rejects.toThrow(ConfigError);
  });
});

async function answerOf(source: string): Promise<unknown> {
  await using folder = await temporaryFolder();
  const bot = await loadModuleBot(await folder.write("bot.mjs", source));
  return await bot.answer(aMessage(), signal);
}
