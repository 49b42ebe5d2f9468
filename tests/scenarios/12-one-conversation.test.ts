import { simpleParser } from "mailparser";
import { describe, expect, it } from "vitest";
import type { InboundMessage } from "../../src/index.ts";
import { connectRawImap } from "../servers/raw-imap.ts";
import { dovecotAvailable, freshUser, sharedDovecots } from "../servers/shared.ts";
import { house } from "./house.ts";

const BY_THREAD = { sessionBy: "thread" } as const;

interface Written {
  readonly id: string;
  readonly subject: string;
  readonly fields?: readonly string[];
  readonly from?: string;
}

function mail({ id, subject, fields = [], from = "Ann <ann@people.test>" }: Written): string {
  const header = [`From: ${from}`, "To: bot@example.test", `Subject: ${subject}`, `Message-ID: ${id}`, ...fields];
  return [...header, "Date: Thu, 26 Nov 2026 10:00:00 +0000", "", `About ${id.slice(1, 3)}.`, ""].join("\r\n");
}

describe.skipIf(!dovecotAvailable)("one conversation", () => {
  it("of six mails from two programs, with a restart in it, is one session and one thread", async () => {
    const home = await house(BY_THREAD);
    const sent: string[] = [];
    const got: InboundMessage[] = [];
    const ask = async (written: Written) => {
      sent.push(mail(written));
      await home.deliver(mail(written));
    };
    const answer = async (message: InboundMessage) => {
      got.push(message);
      const { messageId } = await message.reply("An answer.");
      await message.ack();
      sent.push((await home.sink.waitForMails(got.length)).at(-1)?.raw.toString("latin1") ?? "");
      return messageId;
    };
    let answered = "";
    await home.life(async (next) => {
      await ask({ id: "<q1@thunderbird.test>", subject: "Printer on floor 3" });
      answered = await answer(await next());
    });
    await home.life(async (next) => {
      // A phone that names only the mail it answers, and says so in German.
      const phone = { id: "<q2@phone.test>", subject: "AW: Printer on floor 3", fields: [`In-Reply-To: ${answered}`] };
      await ask(phone);
      answered = await answer(await next());
      const fields = [`References: <q1@thunderbird.test> ${answered}`, `In-Reply-To: ${answered}`];
      await ask({ id: "<q3@thunderbird.test>", subject: "Re: Printer on floor 4, too", fields });
      await answer(await next());
    });

    expect(new Set(got.map(({ session }) => session.id))).toEqual(
      new Set(["email:ann@people.test:<q1@thunderbird.test>"]),
    );
    expect(got.map(({ metadata }) => metadata.email_subject)).toEqual([
      "Printer on floor 3", "Printer on floor 3", "Printer on floor 4, too",
    ]); // prettier-ignore
    const answers = await Promise.all([1, 3, 5].map(async (at) => await simpleParser(sent[at] ?? "")));
    expect(answers.map(({ subject }) => subject)).toEqual([
      "Re: Printer on floor 3", "Re: Printer on floor 3", "Re: Printer on floor 4, too",
    ]); // prettier-ignore
    // RFC 5322 section 3.6.4: the parent's References, or else its In-Reply-To, and the parent.
    const [first = "", second = ""] = answers.map(({ messageId }) => messageId);
    expect(answers.map(({ inReplyTo, references }) => [inReplyTo, [references].flat()])).toEqual([
      ["<q1@thunderbird.test>", ["<q1@thunderbird.test>"]],
      ["<q2@phone.test>", [first, "<q2@phone.test>"]],
      ["<q3@thunderbird.test>", ["<q1@thunderbird.test>", second, "<q3@thunderbird.test>"]],
    ]);
    expect(await threads(sent)).toEqual(["* THREAD (1 2 3 4 5 6)"]);
    // Without the answers there is nothing that holds it together.
    expect(await threads(sent.filter((_, index) => index % 2 === 0))).not.toEqual(["* THREAD (1 2 3)"]);
  });

  it("is found by the mail that began it, which nobody had asked for", async () => {
    const home = await house(BY_THREAD);
    let [opened, follow] = ["", ""];
    await home.life(async (_, channel) => {
      const session = { channel: "email", senderId: "ben@people.test" } as const;
      opened = (await channel.send({ session, subject: "Your invoice", text: "It is due." })).messageId;
      // In the same conversation, though it answers nothing.
      const more = { session: { ...session, threadId: opened }, subject: "Your invoice, again", text: "Still due." };
      follow = (await channel.send(more)).messageId;
    });
    await home.life(async (next) => {
      const from = "Ben <ben@people.test>";
      await home.deliver(mail({ id: "<a1@x.test>", from, subject: "Re: x", fields: [`In-Reply-To: ${opened}`] }));
      const first = await next();
      await first.ack();
      await home.deliver(mail({ id: "<a2@x.test>", from, subject: "Re: y", fields: [`In-Reply-To: ${follow}`] }));
      const second = await next();
      expect([first.session.threadId, second.session.threadId]).toEqual([opened, opened]);
      expect(second.session.id).toBe(`email:ben@people.test:${opened}`);
    });
  });

  it("is found by Outlook's Thread-Index, by its sender alone", async () => {
    const home = await house(BY_THREAD);
    const conversation = Buffer.from([1, ...Array.from({ length: 21 }, (_, index) => 200 - index)]);
    const index = (more: number[]) => `Thread-Index: ${Buffer.from([...conversation, ...more]).toString("base64")}`;
    await home.life(async (next) => {
      await home.deliver(mail({ id: "<o1@x.test>", subject: "Lunch", fields: [index([])] }));
      const first = await next();
      await first.ack();
      await home.deliver(mail({ id: "<o2@x.test>", subject: "RE: Lunch", fields: [index([1, 2, 3, 4, 5])] }));
      const second = await next();
      await second.ack();
      await home.deliver(
        mail({ id: "<o3@x.test>", from: "eve@people.test", subject: "RE: Lunch", fields: [index([6, 7, 8, 9, 0])] }),
      );
      const stranger = await next();
      expect([first, second, stranger].map(({ session }) => session.threadId)).toEqual([
        "<o1@x.test>",
        "<o1@x.test>",
        "<o3@x.test>",
      ]);
    });
  });
});

/** As a mail server sees the mails, in their order (RFC 5256). */
async function threads(mails: readonly string[]): Promise<string[]> {
  const { plain: dovecot } = sharedDovecots();
  const user = freshUser();
  await dovecot.seed(mails, { user });
  await using imap = await connectRawImap({ host: dovecot.host, port: dovecot.ports.imap });
  await imap.login(user, dovecot.password);
  await imap.must("EXAMINE INBOX");
  const { untagged } = await imap.must("UID THREAD REFERENCES UTF-8 ALL");
  return untagged.map(({ text }) => text.trim()).filter((text) => text.startsWith("* THREAD"));
}
