import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMailServer } from "../../src/testing/testing.ts";
import { type Consumer, nodeBinary, startConsumer } from "./consumer.ts";

const TSC = resolve(import.meta.dirname, "../../node_modules/.bin/tsc");

const FIVE_LINES = `
import { createEmailChannel } from "mailport";
const channel = createEmailChannel(JSON.parse(process.argv[2] ?? "{}"));
for await (const message of channel.receive()) {
  const { status } = await message.reply(\`You wrote: \${message.text}\`);
  console.log(status, process.versions.node);
  await message.ack();
  break;
}
await channel.close();
`;

const STRICT_CONSUMER = `
import { createEmailChannel, ConfigError, type ChannelPort, type InboundMessage, type SendReceipt } from "mailport";
import { startMailServer } from "mailport/testing";
const channel: ChannelPort = createEmailChannel({
  imapHost: "a", smtpHost: "b", username: "c", password: { env: "D" }, fromAddress: "e@f.org", allowFrom: ["@f.org"],
});
export async function answer(message: InboundMessage): Promise<SendReceipt> {
  const { email_subject, email_references } = message.metadata;
  return await message.reply(email_subject + email_references, { attachments: [{ path: "x" }, { content: "a", filename: "b" }] });
}
for await (const message of channel.receive({ signal: AbortSignal.timeout(1) })) await answer(message);
export const problems = (error: unknown): readonly string[] => (error instanceof ConfigError ? error.problems : []);
export { startMailServer };
// @ts-expect-error a misspelt key is refused by the compiler too
createEmailChannel({ imapHost: "a", smtpHost: "b", username: "c", password: "d", fromAddress: "e@f.org", alowFrom: [] });
`;

describe("the packed package, installed into an empty project", () => {
  let consumer: Consumer | undefined;

  beforeAll(async () => {
    consumer = await startConsumer();
    await writeFile(join(consumer.dir, "bot.mjs"), FIVE_LINES);
  }, 300_000);
  afterAll(async () => await consumer?.[Symbol.asyncDispose]());

  it.each([20, 22, 24])(
    "answers a mail under Node %i, and the process ends by itself",
    { timeout: 300_000 },
    async (major) => {
      const node = await nodeBinary(major);
      await using server = await startMailServer();
      await server.deliver({ from: "ann@example.org", subject: "Hi", text: "Are you there?" });
      const output = await consumer?.run(node, ["bot.mjs", JSON.stringify(server.config())]);
      expect(output).toMatch(new RegExp(`^sent ${major}\\.`));
      expect(server.sent[0]?.mail.text).toContain("You wrote: Are you there?");
    },
  );

  it("has types that a strict consumer compiles with", async () => {
    await writeFile(join(consumer?.dir ?? "", "consumer.ts"), STRICT_CONSUMER);
    const options = [
      "--noEmit",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--noUncheckedIndexedAccess",
      "--skipLibCheck",
      "false",
    ];
    const target = [
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--lib",
      "es2023,esnext.disposable",
      "--typeRoots",
      resolve(import.meta.dirname, "../../node_modules/@types"),
      "--types",
      "node",
    ];
    await consumer
      ?.run(TSC, [...options, ...target, "consumer.ts"])
      .catch((error: { stdout?: string }) => expect.fail(error.stdout));
  });

  it("has a command line", async () => {
    expect(await consumer?.run("npx", ["mailport", "--version"])).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
