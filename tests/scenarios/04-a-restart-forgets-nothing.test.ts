import { describe, expect, it } from "vitest";
import { openStoreDesk } from "../../src/store/store-desk.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { house } from "./house.ts";

describe.skipIf(!dovecotAvailable)("a restart with a store on disk", () => {
  it("brings again what was in hand, and not what was acked", async () => {
    const home = await house();
    await home.write({ id: "<done@x.org>" });
    await home.write({ id: "<in-hand@x.org>", from: "ben@example.org" });
    await home.life(async (next) => {
      await (await next()).ack();
      await next();
    });
    await home.life(async (next) => {
      const again = await next();
      expect(again).toMatchObject({ deliveries: 2, metadata: { email_message_id: "<in-hand@x.org>" } });
      await again.ack();
      await home.write({ id: "<new@x.org>" });
      expect((await next()).metadata.email_message_id).toBe("<new@x.org>");
    });
  });

  it("sends the same answer once, whatever the bot says the second time", async () => {
    const home = await house();
    await home.write({ id: "<q@x.org>" });
    await home.life(async (next) => void (await (await next()).reply("First words")));
    await home.life(async (next) => {
      expect(await (await next()).reply("Other words")).toMatchObject({ status: "duplicate" });
    });
    expect(home.sink.mails).toHaveLength(1);
    expect((await home.answer()).text).toContain("First words");
  });

  it("sends what could not be sent before, with the Message-ID of then, and a file that is gone by now (P1)", async () => {
    const home = await house();
    const healed = home.sink.fail("mail", { reply: "451 4.3.0 later" });
    await home.write({ id: "<q@x.org>" });
    let promised = "";
    await home.life(async (next) => {
      const message = await next();
      const attachments = [{ content: "the figures", filename: "figures.txt" }];
      const receipt = await message.reply("Here they are", { attachments });
      expect(receipt.status).toBe("queued");
      promised = receipt.messageId;
      await message.ack();
    });
    healed();
    await home.life(async () => void (await home.sink.waitForMails(1, 10_000)));
    const answer = await home.answer();
    expect(answer).toMatchObject({ messageId: promised, inReplyTo: "<q@x.org>" });
    expect(answer.attachments[0]?.content.toString()).toBe("the figures");
  });

  it("answers a mail that a person has opened meanwhile (M5)", async () => {
    const home = await house();
    await home.life(async () => {});
    await home.write({ id: "<opened@x.org>" });
    const [mail] = await home.mails();
    await home.dovecot.addFlags(mail?.uid ?? 0, ["\\Seen"], { user: home.user });
    await home.life(async (next) => {
      expect((await next()).metadata.email_message_id).toBe("<opened@x.org>");
    });
  });

  it("answers nothing twice when the server has numbered its mails anew, and skips nothing (M8)", async () => {
    const home = await house();
    await home.write({ id: "<answered@x.org>" });
    await home.life(async (next) => await (await next()).ack());
    await home.dovecot.setUidValidity(4_711, { user: home.user });
    // As if a person had marked it as unread again.
    const [mail] = await home.mails();
    await home.markUnread(mail?.uid ?? 0);
    await home.write({ id: "<came-meanwhile@x.org>", from: "ben@example.org" });
    await home.life(async (next) => {
      expect((await next()).metadata.email_message_id).toBe("<came-meanwhile@x.org>");
      await expect.poll(async () => (await home.mails())[0]?.flags).toContain("\\Seen");
    });
  });

  it("knows a mail without a Message-ID again in another folder numbering, and two that say the same apart (M4)", async () => {
    const home = await house();
    const nameless = "From: ann@example.org\r\nSubject: Backup done\r\n\r\nAll is well.\r\n";
    await home.dovecot.deliver(nameless, { user: home.user });
    await home.life(async (next) => await (await next()).ack());
    await home.dovecot.setUidValidity(4_713, { user: home.user });
    const [mail] = await home.mails();
    await home.markUnread(mail?.uid ?? 0);
    // The server's dates count whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await home.dovecot.deliver(nameless, { user: home.user });
    await home.life(async (next) => {
      const again = await next();
      expect(again.metadata.email_uid).not.toBe(mail?.uid);
      await again.ack();
      await expect
        .poll(async () => (await home.mails()).map(({ flags }) => flags.includes("\\Seen")))
        .toEqual([true, true]);
    });
  });

  it("does not answer what lay there before the first start, not even when the numbers change", async () => {
    const home = await house({ startFrom: "now" });
    await home.write({ id: "<old@x.org>" });
    await home.life(async () => {});
    await home.dovecot.setUidValidity(4_712, { user: home.user });
    await home.life(async (next) => {
      await home.write({ id: "<new@x.org>" });
      expect((await next()).metadata.email_message_id).toBe("<new@x.org>");
    });
  });

  it("is done with a mail that was answered each time before the process ended", async () => {
    const home = await house({ maxDeliveries: 2 });
    await home.write({ id: "<unlucky@x.org>" });
    for (let life = 1; life <= 2; life++)
      await home.life(async (next) => {
        const message = await next();
        expect(message.deliveries).toBe(life);
        await message.reply("An answer.");
      });
    expect((await home.mails())[0]?.flags).not.toContain("\\Seen");
    await home.life(async (next) => {
      await home.write({ id: "<next@x.org>" });
      expect((await next()).metadata.email_message_id).toBe("<next@x.org>");
      await expect.poll(async () => (await home.mails())[0]?.flags).toContain("\\Seen");
    });
    expect(home.sink.mails).toHaveLength(1);
    using desk = openStoreDesk(home.path);
    expect(desk.inbound({ state: "dead", limit: 10 })).toEqual([]);
  });

  it("shows a mail as dead that the bot failed over too often, and brings it when a person says so", async () => {
    const home = await house({ maxDeliveries: 2 });
    await home.write({ id: "<poison@x.org>" });
    let id = "";
    await home.life(async (next) => {
      const first = await next();
      id = first.id;
      await first.nack({ retryAfterMs: 1 });
      await (await next()).nack({ reason: "the bot chokes on it" });
      await home.write({ id: "<fine@x.org>" });
      expect((await next()).metadata.email_message_id).toBe("<fine@x.org>");
    });
    using desk = openStoreDesk(home.path);
    expect(desk.inbound({ state: "dead", limit: 10 })).toMatchObject([{ id, reason: "the bot chokes on it" }]);
    await home.life(async (next) => {
      await (await next()).ack();
      expect(desk.retryInbound(id)).toBe(true);
      expect(await next()).toMatchObject({ id, deliveries: 1 });
    });
  });
});
