import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { AccountConfigInput, InboundMessage } from "../../src/index.ts";
import { type Zone, KEYS, dnsFailure, signed, zone } from "../policy/signed-mail.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { type Letter, type Room, letter, room } from "./room.ts";

const BANK: Zone = { "_dmarc.bank.com": "v=DMARC1; p=none", "rsa._domainkey.bank.com": KEYS.rsa };
const fromBank = (more: Letter = {}) => letter({ from: "Ann <ann@bank.com>", ...more });
const atBank = { domain: "bank.com" };

/** A channel whose bot answers everything, with this DNS. */
async function bank(records: Zone, config: Partial<AccountConfigInput> = {}, echoes = true) {
  const dns = zone(records);
  const one = await room({ config, deps: { dns: dns.resolve } });
  const messages: InboundMessage[] = [];
  void (async () => {
    for await (const message of one.channel.receive()) {
      messages.push(message);
      if (echoes) await message.reply(`You wrote: ${message.text.slice(0, 100)}`);
    }
  })();
  return {
    ...one,
    messages,
    asked: dns.asked,
    deliver: async (mail: string | Buffer) => await one.write(mail.toString("latin1")),
  };
}

async function until(condition: () => boolean, withinMs = 15_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error("it did not come to that");
    await sleep(20);
  }
}

const refused = ({ channel }: Pick<Room, "channel">) => channel.status().counts.refused;

describe.skipIf(!dovecotAvailable)("who wrote this", () => {
  it.each([[], ["@bank.com"]])(
    "a forged mail of a domain with DMARC is refused and never answered, allowFrom %j",
    async (...allowFrom) => {
      const one = await bank(BANK, { allowFrom });
      await one.deliver(fromBank({ text: "Transfer everything." }));
      await one.deliver(await signed(fromBank({ text: "A copy." }), { domain: "attack.com" }));
      const changed = (await signed(fromBank({ text: "Good morning." }), atBank))
        .toString("latin1")
        .replace("Good", "Bad");
      await one.deliver(changed);
      await until(() => refused(one)["dmarc-failed"] === 3);
      await one.deliver(await signed(fromBank({ text: "It is me." }), atBank));
      expect((await one.answer()).text).toContain("It is me.");
      expect(one.messages.map(({ text }) => text)).toEqual(["It is me."]);
      expect(one.messages[0]?.sender).toEqual({
        address: "ann@bank.com",
        name: "Ann",
        verification: "verified",
        reason: "dkim",
      });
      expect(one.sink.mails).toHaveLength(1);
      expect(one.channel.status().counts).toMatchObject({
        accepted: { dkim: 1 },
        refused: { "dmarc-failed": 3 },
        deferred: {},
      });
      const lines = one.logged.filter(({ message }) => message.startsWith("mail refused"));
      expect(lines.map(({ level, reason, detail }) => [level, reason, detail])).toEqual([
        ["info", "dmarc-failed", "no DKIM signature of the From domain"],
        ["info", "dmarc-failed", "no DKIM signature of the From domain"],
        ["info", "dmarc-failed", "the body is not the one that was signed"],
      ]);
      expect(JSON.stringify(one.logged)).not.toMatch(/Transfer everything|Good morning/);
    },
  );

  it("a mail waits unread while the DNS does not answer, and comes when it does", async () => {
    const records: Record<string, string | Error> = {
      "_dmarc.bank.com": dnsFailure(),
      "rsa._domainkey.bank.com": dnsFailure(),
    };
    const one = await bank(records);
    await one.deliver(await signed(fromBank({ text: "Later." }), atBank));
    await one.deliver(letter({ text: "Meanwhile." }));
    await until(() => one.channel.status().counts.deferred["dns-failure"] === 1 && one.messages.length === 1);
    expect((await one.flags())[0]).not.toContain("\\Seen");
    expect(one.logged).toContainEqual(
      expect.objectContaining({ level: "warn", code: "DNS", tries: 1, delayMs: 5_000 }),
    );
    Object.assign(records, BANK);
    await until(() => one.messages.length === 2);
    expect(one.messages.map(({ text, sender }) => [text, sender.reason])).toEqual([
      ["Meanwhile.", "reserved-domain"],
      ["Later.", "dkim"],
    ]);
    await one.sink.waitForMails(2);
  });

  it("require: only who is verified; the others cost no question", async () => {
    const one = await bank(BANK, { senderVerification: "require" });
    await one.deliver(letter({ from: "ann@example.org" }));
    await one.deliver(letter({ from: "ann@small.org" }));
    await until(() => refused(one)["not-verified"] === 2);
    expect(one.asked).toEqual([]);
    await one.deliver(await signed(fromBank({ text: "It is me." }), atBank));
    await one.answer();
    expect(one.messages.map(({ sender }) => sender.verification)).toEqual(["verified"]);
  });

  it("off: everybody is let in, and nothing is asked", async () => {
    const one = await bank(BANK, { senderVerification: "off" });
    await one.deliver(fromBank({ text: "Anybody can say so." }));
    await one.answer();
    expect(one.messages.map(({ sender }) => [sender.verification, sender.reason])).toEqual([
      ["unverified", "not-checked"],
    ]);
    expect(one.asked).toEqual([]);
  });

  it("auto: a domain without DMARC is let in as unverified", async () => {
    const one = await bank({});
    await one.deliver(letter({ from: "ann@small.org" }));
    await one.answer();
    expect(one.messages[0]?.sender).toMatchObject({ verification: "unverified", reason: "no-dmarc" });
  });

  it("S-A4: a trusted server's word opens the door, and whoever forges it is refused with a warning", async () => {
    const one = await bank(BANK, { trustedAuthservIds: ["mx.bot.test"], allowFrom: ["ann@bank.com"] });
    const results = "Authentication-Results: mx.bot.test; dmarc=pass header.from=bank.com";
    const hop =
      "Received: from a.example ([203.0.113.9]) by relay.attack.com with ESMTP id 2; Fri, 20 Nov 2026 09:00:00 +0000";
    await one.deliver(`${hop}\r\n${results}\r\n${fromBank()}`);
    await until(() => refused(one)["results-forged"] === 1);
    expect(one.logged).toContainEqual(expect.objectContaining({ level: "warn", reason: "results-forged" }));
    await one.deliver(`${results}\r\n${hop}\r\n${fromBank({ text: "It is me." })}`);
    await one.answer();
    expect(one.messages.map(({ text, sender }) => [text, sender.reason])).toEqual([
      ["It is me.", "authentication-results"],
    ]);
    expect(one.asked).toEqual([]);
  });

  it("a mail that streams is read twice, and only its true copy comes in", async () => {
    const one = await bank(BANK, { allowFrom: ["@bank.com"] });
    const mail = await signed(fromBank({ text: "word ".repeat(15).concat("\r\n").repeat(40_000) }), atBank);
    expect(mail.length).toBeGreaterThan(2 << 20);
    await one.deliver(mail.toString("latin1").replace(/word(?= \r\n\r\n$|[^w]*$)/, "WORD"));
    await until(() => refused(one)["dmarc-failed"] === 1);
    await one.deliver(mail);
    await until(() => one.messages.length === 1);
    expect(one.messages[0]?.sender.reason).toBe("dkim");
  });

  it("a mail over maxMessageBytes is never downloaded, so no signature proves it", async () => {
    const one = await bank(BANK, { maxMessageBytes: 50_000 });
    await one.deliver(await signed(fromBank({ text: "word ".repeat(20_000).replace(/(.{70})/g, "$1\r\n") }), atBank));
    await until(() => refused(one)["dmarc-failed"] === 1);
    expect(one.logged).toContainEqual(
      expect.objectContaining({ detail: "the mail is too large for its DKIM signature to be checked" }),
    );
  });

  it("many mails of slow domains hold up the others no longer than one of them, and the order stays", async () => {
    const records = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`rsa._domainkey.d${n}.com`, KEYS.rsa]));
    const quick = zone(records);
    const one = await room({
      deps: { dns: async (name) => (await sleep(300), await quick.resolve(name)) },
    });
    for (let n = 0; n < 40; n++) await one.write(letter({ from: `ann@d${n}.com`, text: `${n}` }));
    const startedAt = performance.now();
    const texts: string[] = [];
    for await (const { text } of one.channel.receive()) if (texts.push(text) === 40) break;
    expect(texts).toEqual(Array.from({ length: 40 }, (_, n) => `${n}`));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("closes at once while the DNS keeps it waiting", async () => {
    const one = await room({ deps: { dns: async () => await new Promise(() => {}) } });
    await one.write(fromBank());
    void one.channel.receive().next();
    await sleep(500);
    const startedAt = performance.now();
    await one.channel.close();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
