import { describe, expect, it, vi } from "vitest";
import { dovecotAvailable } from "../servers/shared.ts";
import { type Letter, letter, type Room, room } from "./room.ts";

/** security.md 3.2, on real bytes through the real channel: one person is let in, and the answer goes to that person only. */
const OPTIONS = { config: { allowFrom: ["ann@example.org"], aliases: ["helper@example.test"] } };

describe.skipIf(!dovecotAvailable)("where the answer goes", () => {
  it.each<[string, readonly string[]]>([
    ["R1: a Reply-To elsewhere", ["Reply-To: leak@attack.test"]],
    ["R1: a Reply-To that is allowed, too", ["Reply-To: ann@example.org, leak@attack.test"]],
    [
      "R2: a Reply-To of many",
      [`Reply-To: ${Array.from({ length: 500 }, (_, n) => `p${n}@attack.test`).join(",\r\n ")}`],
    ],
    ["R2: a Reply-To that is a group", ["Reply-To: friends: ann@example.org, leak@attack.test;"]],
    [
      "R3: Sender, Resent-From and Return-Path elsewhere",
      ["Sender: leak@attack.test", "Resent-From: leak@attack.test"],
    ],
    ["R4: a Cc to everybody", ["Cc: everyone@example.org, leak@attack.test"]],
    [
      "a Mail-Reply-To, a Mail-Followup-To, an Errors-To",
      ["Mail-Reply-To: leak@attack.test", "Mail-Followup-To: leak@attack.test", "Errors-To: leak@attack.test"],
    ],
  ])("%s: to From and nobody else", async (_, headers) => {
    const { channel, write, sink } = await room(OPTIONS);
    await write(letter({ headers }));
    const { value: message } = await channel.receive().next();
    expect(message?.session.senderId).toBe("ann@example.org");
    expect(await message?.reply("For your eyes only.")).toMatchObject({
      status: "sent",
      accepted: ["ann@example.org"],
    });
    const [mail] = await sink.waitForMails(1);
    expect(mail?.envelope.to).toEqual(["ann@example.org"]);
    expect(mail?.raw.toString()).not.toMatch(/attack\.test|everyone@/);
  });

  it("R1: the bot can see that an answer was wanted elsewhere", async () => {
    const { channel, write } = await room(OPTIONS);
    await write(letter({ headers: ["Reply-To: Leak <leak@attack.test>"] }));
    const { value: message } = await channel.receive().next();
    expect(message?.metadata.email_reply_to).toEqual(["leak@attack.test"]);
  });

  it("R4: replyAll reaches those of To and Cc whom the rules let in, never the others, never ourselves", async () => {
    const { channel, write, sink } = await room({
      config: { allowFrom: ["@example.org"], aliases: ["helper@example.test"] },
    });
    const headers = ["Cc: bob@example.org, leak@attack.test, BOT+x@example.test, helper@example.test"];
    await write(letter({ headers }));
    const { value: message } = await channel.receive().next();
    await message?.reply("To all of you.", { replyAll: true });
    const [mail] = await sink.waitForMails(1);
    expect(mail?.envelope.to).toEqual(["ann@example.org", "bob@example.org"]);
  });

  it("R5: an address with a line break in it is no recipient", async () => {
    const { channel, write, sink } = await room(OPTIONS);
    await write(letter());
    const { value: message } = await channel.receive().next();
    for (const to of ["a@x.test\r\nBcc: evil@x.test", "a@x.test, evil@x.test", "friends: evil@x.test;", "a@x.test\0"]) {
      await expect(message?.reply("x", { to: [to] })).rejects.toMatchObject({ code: "INVALID_MESSAGE" });
      await expect(
        channel.send({ session: { channel: "email", senderId: to }, text: "x", subject: "x" }),
      ).rejects.toMatchObject({ code: "INVALID_MESSAGE" });
    }
    expect(sink.mails).toEqual([]);
  });

  it("R6: the thread of somebody who is let in lets nobody else in", async () => {
    const story = await room(OPTIONS);
    await story.write(letter({ id: "<secret@example.org>" }));
    const messages = story.channel.receive();
    const { value: message } = await messages.next();
    const receipt = await message?.reply("The secret is 42.");
    await story.write(
      letter({
        from: "Mallory <mallory@attack.test>",
        headers: [`In-Reply-To: ${receipt?.messageId}`, `References: <secret@example.org> ${receipt?.messageId}`],
        text: "And what was the secret?\r\n\r\n> The secret is 42.",
      }),
    );
    await refused(story, "not-allowed");
    expect(story.sink.mails).toHaveLength(1);
  });

  it.each<[string, string]>([
    ["R7: our own address", "bot@example.test"],
    ["R7: our own address in another spelling", "The Bot <BOT@Example.Test>"],
    ["R7: an alias", "helper@example.test"],
    ["R8: our own address with a detail", "bot+admin@example.test"],
  ])("%s is refused, though everybody may talk", async (_, from) => {
    const story = await room({ config: { aliases: ["helper@example.test"] } });
    void story.channel.receive().next();
    await story.write(letter({ from }));
    await refused(story, "own-message");
  });

  it.each<[string, Letter, string]>([
    ["R8: with a trailing dot", { from: "bot@EXAMPLE.test." }, "from-invalid"],
    [
      "R3: From is what counts, not Resent-From",
      { from: "eve@attack.test", headers: ["Resent-From: ann@example.org"] },
      "not-allowed",
    ],
    ["R3: nor Sender", { from: "eve@attack.test", headers: ["Sender: ann@example.org"] }, "not-allowed"],
    ["R3: nor Reply-To", { from: "eve@attack.test", headers: ["Reply-To: ann@example.org"] }, "not-allowed"],
  ])("%s: no way in", async (_, mail, reason) => {
    const story = await room(OPTIONS);
    void story.channel.receive().next();
    await story.write(letter(mail));
    await refused(story, reason);
  });
});

async function refused({ channel, sink, logged, flags }: Room, reason: string): Promise<void> {
  const sentBefore = sink.mails.length;
  await vi.waitFor(() => expect(channel.status().counts.refused).toEqual({ [reason]: 1 }), { timeout: 10_000 });
  expect(logged.filter(({ message }) => message.startsWith("mail refused"))).toMatchObject([{ reason }]);
  await vi.waitFor(async () => expect((await flags()).at(-1)).toEqual(["\\Seen"]), { timeout: 5_000 });
  expect(sink.mails).toHaveLength(sentBefore);
}
