import { readFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { createEmailChannel } from "../../src/index.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { letter, room } from "./room.ts";

/** The nine cases of the original design, on a real IMAP and a real SMTP server. */
describe.skipIf(!dovecotAvailable)("the nine cases", () => {
  it("1. receive() yields unseen mail", async () => {
    const { channel, write } = await room();
    await write(letter({ subject: "Re: AW: lunch", text: "At noon?" }));
    const { value: message } = await channel.receive().next();
    expect(message).toMatchObject({
      text: "At noon?",
      deliveries: 1,
      sender: { address: "ann@example.org", name: "Ann", verification: "unverified" },
      session: { channel: "email", senderId: "ann@example.org", id: "email:ann@example.org" },
      metadata: {
        email_subject: "lunch",
        email_to: ["bot@example.test"],
        email_date: "2026-11-20T10:00:00.000Z",
        email_folder: "INBOX",
      },
    });
  });

  it("2. the allow-list drops strangers and marks them \\Seen", async () => {
    const { channel, write, flags, logged } = await room({ config: { allowFrom: ["@example.org"] } });
    await write(letter({ from: "Mallory <mallory@evil.test>", subject: "secret words" }));
    await write(letter({ subject: "from a friend" }));
    const { value: message } = await channel.receive().next();
    expect(message?.metadata.email_subject).toBe("from a friend");
    await vi.waitFor(async () => expect(await flags()).toEqual([["\\Seen"], []]));
    expect(JSON.stringify(logged)).not.toMatch(/secret words|Mallory/);
  });

  it("3. an attachment is saved and its path appended", async () => {
    const { channel, write, dir } = await room();
    await write(withAttachment());
    const { value: message } = await channel.receive().next();
    const path = message?.attachments[0]?.path ?? "";
    expect(path.startsWith(`${dir}/mailport-`)).toBe(true);
    expect(await readFile(path, "utf8")).toBe("a,b\n1,2\n");
    expect(message?.text).toBe(`the numbers\n\n[Attachment: numbers.csv (text/csv, 8 B)] → ${path}`);
  });

  it("4. reply headers: In-Reply-To, References, Re: once", async () => {
    const { channel, write, answer, sink } = await room();
    await write(
      letter({
        subject: "AW: Re: lunch",
        id: "<3@example.org>",
        headers: ["References: <1@example.org> <2@example.org>", "In-Reply-To: <2@example.org>"],
      }),
    );
    const { value: message } = await channel.receive().next();
    const receipt = await message?.reply("Gladly.");
    const mail = await answer();
    expect(mail).toMatchObject({
      inReplyTo: "<3@example.org>",
      references: ["<1@example.org>", "<2@example.org>", "<3@example.org>"],
      subject: "Re: lunch",
    });
    expect(mail.from?.text).toBe('"The Bot" <bot@example.test>');
    expect(mail.messageId).toBe(receipt?.messageId);
    expect(mail.raw).toMatch(/^Auto-Submitted: auto-replied\r$/m);
    expect(sink.mails[0]?.envelope).toMatchObject({ from: "bot@example.test", to: ["ann@example.org"] });
    expect(receipt).toMatchObject({ status: "sent", accepted: ["ann@example.org"], rejected: [] });
  });

  it("5. multipart/alternative: the Markdown as text and as HTML", async () => {
    const { channel, write, answer } = await room();
    await write(letter());
    const { value: message } = await channel.receive().next();
    await message?.reply("# Yes\n\nSee **this** and [that](https://example.org/).");
    const { raw, text, html } = await answer();
    expect(raw).toMatch(/^Content-Type: multipart\/alternative;/m);
    expect(raw).not.toMatch(/multipart\/mixed/);
    expect(text).toMatch(/See this and that <https:\/\/example\.org\/>/);
    expect(html).toMatch(/<strong[^>]*>this<\/strong>/);
  });

  it("6. multipart/mixed only with an attachment", async () => {
    const { channel, write, answer } = await room();
    await write(letter());
    const { value: message } = await channel.receive().next();
    await message?.reply("here it is", { attachments: [{ content: "a,b\n", filename: "tö.csv" }] });
    const { raw, attachments } = await answer();
    expect(raw).toMatch(/^Content-Type: multipart\/mixed;/m);
    expect(raw).toMatch(/^Content-Type: multipart\/alternative;/m);
    expect(attachments.map(({ filename, content }) => [filename, content.toString()])).toEqual([["tö.csv", "a,b\n"]]);
  });

  it("7. no IDLE: polling", async () => {
    const { channel, write } = await room({ idle: false });
    const message = channel.receive().next();
    await vi.waitFor(() => expect(channel.status().folders[0]).toMatchObject({ mode: "poll", state: "polling" }));
    await write(letter({ subject: "polled" }));
    expect((await message).value?.metadata.email_subject).toBe("polled");
  });

  it("8. delays of 1 s, 2 s, 4 s … capped at 60 s", async () => {
    const clock = new ManualClock({ auto: true });
    const { channel } = await room({ config: { imapPort: 9 }, deps: { clock, random: () => 1 } });
    void channel.receive().next();
    await vi.waitFor(() => expect(clock.slept.length).toBeGreaterThanOrEqual(9));
    expect(clock.slept.slice(0, 9)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    await channel.close();
  });

  it("9. TLS warnings, and the one about an open door, each once and word for word", () => {
    const warnings: string[] = [];
    const account = {
      imapHost: "127.0.0.1",
      smtpHost: "127.0.0.1",
      username: "bot",
      password: "secret",
      fromAddress: "bot@example.test",
    };
    createEmailChannel(
      { ...account, tls: false, tlsVerify: false },
      { logger: { log: (level, message) => void (level === "warn" && warnings.push(message)) } },
    );
    expect(warnings).toEqual([
      "email: TLS disabled — connections are unencrypted (insecure)",
      "email: TLS certificate verification disabled — insecure",
      "email: allowFrom is empty — anyone can talk to this bot",
    ]);
  });
});

function withAttachment(): string {
  return letter({
    headers: ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"],
    text: [
      "--b",
      "",
      "the numbers",
      "--b",
      "Content-Type: text/csv",
      "Content-Disposition: attachment; filename=numbers.csv",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from("a,b\n1,2\n").toString("base64"),
      "--b--",
    ].join("\r\n"),
  });
}
