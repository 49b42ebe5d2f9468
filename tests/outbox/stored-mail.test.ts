import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ComposedMail, composeMail } from "../../src/compose/compose-mail.ts";
import { mailFromStored, storedMail } from "../../src/compose/stored-mail.ts";
import type { OutboundMessage } from "../../src/domain/message.ts";
import type { StoredContent } from "../../src/domain/store.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { createSmtpTransport } from "../../src/smtp/smtp-transport.ts";
import { context, reply } from "../compose/context.ts";

const MAX_BYTES = 1_000_000;
const composed = (changes: Partial<OutboundMessage>) =>
  composeMail(reply({ text: "**Hello**", ...changes }), context());
const throughJson = ({ mail, files }: StoredContent) => ({ mail: JSON.parse(JSON.stringify(mail)), files });
const transport = createSmtpTransport(
  { host: "x", port: 1, security: "none", tlsVerify: true, username: "u", password: "p" },
  silentLogger,
);
const rendered = async (mail: ComposedMail) => (await transport.render(mail)).toString("latin1");

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "mailport-stored-"));
  onTestFinished(async () => await rm(path, { recursive: true }));
  return path;
}

describe("a mail that is kept", () => {
  it("is the same to the byte when it comes back, though its files are gone", async () => {
    const path = join(await folder(), "größe.pdf");
    await writeFile(path, Buffer.alloc(200_000, "abc"));
    const mail = composed({
      text: "![](cid:pic) \ud800 lone",
      attachments: [
        { path },
        { content: Buffer.from([0, 255, 13, 10]), filename: "pic.png", contentId: "pic" },
        { content: "", filename: "empty.txt", contentType: "text/x-strange" },
      ],
    });
    const before = await rendered(mail);
    const stored = throughJson(await storedMail(mail, MAX_BYTES));
    await rm(path);
    expect(await rendered(mailFromStored(stored))).toBe(before);
    expect(mailFromStored(stored).date).toEqual(mail.date);
  });

  it("is the same without any file, and as a mail of its own", async () => {
    for (const mail of [composed({}), composed({ metadata: {}, subject: "New", to: ["ann@ann.example"] })]) {
      const back = mailFromStored(throughJson(await storedMail(mail, MAX_BYTES)));
      expect(await rendered(back)).toBe(await rendered(mail));
      expect(back).toEqual(mail);
    }
  });

  it("is not kept when a file cannot be read", async () => {
    const dir = await folder();
    await expect(storedMail(composed({ attachment: join(dir, "none") }), MAX_BYTES)).rejects.toMatchObject({
      code: "INVALID_MESSAGE",
      message: expect.stringContaining("cannot be read: ENOENT"),
    });
    await expect(storedMail(composed({ attachment: dir }), MAX_BYTES)).rejects.toThrow("is not a file");
  });

  it("is not read into memory when its files have more bytes than allowed", async () => {
    const dir = await folder();
    const attachments = ["a", "b"].map((name) => ({ path: join(dir, name) }));
    for (const { path } of attachments) await writeFile(path, Buffer.alloc(600));
    await expect(storedMail(composed({ attachments }), 1_000)).rejects.toThrow("has 600 bytes, 400 are left");
    expect((await storedMail(composed({ attachments }), 1_200)).files.map(({ length }) => length)).toEqual([600, 600]);
  });
});
