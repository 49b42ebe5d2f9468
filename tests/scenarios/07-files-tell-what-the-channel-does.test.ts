import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type Explanation, MailExplainer } from "../../src/channel/explain-mail.ts";
import { parseAccount } from "../../src/config/schema.ts";
import type { InboundMessage } from "../../src/index.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { room } from "./room.ts";

const MAILS = resolve(import.meta.dirname, "../mail");
/** LMTP makes whole line ends of it: the mail that is stored is another one. */
const CHANGED_ON_ITS_WAY = "carriage-returns-doubled.eml";
const names = readdirSync(MAILS).filter((name) => name.endsWith(".eml") && name !== CHANGED_ON_ITS_WAY);

describe.skipIf(!dovecotAvailable)("mailport explain and the channel", () => {
  it("say the same of every mail of the collection", { timeout: 60_000 }, async () => {
    const config = { ack: "manual" as const, allowFrom: ["@example.org"], denyFrom: ["bob@example.org"] };
    const { channel, write, logged, dir } = await room({ config });
    for (const name of names) await write(readFileSync(join(MAILS, name)));
    const explained = await explainAll({ ...CONNECTION, ...config, attachments: { dir } });
    const accepted = explained.filter(({ decision }) => decision === "accept");
    const refused = explained.filter(({ decision }) => decision === "refuse");
    expect(accepted.length + refused.length).toBe(names.length);

    const messages = channel.receive();
    const received: InboundMessage[] = [];
    while (received.length < accepted.length) {
      const { value } = await messages.next();
      received.push(value);
      await value.ack();
    }
    const key = (value: unknown) => JSON.stringify(value);
    expect(received.map(asExplained).map(key).toSorted()).toEqual(accepted.map(asCompared).map(key).toSorted());
    await vi.waitFor(() =>
      expect(
        logged
          .filter(({ message }) => message.startsWith("mail refused"))
          .map(({ reason, detail }) => `${String(reason)} ${String(detail)}`)
          .toSorted(),
      ).toEqual(refused.map(({ reason, detail }) => `${reason} ${detail}`).toSorted()),
    );
  });
});

const CONNECTION = {
  imapHost: "x",
  smtpHost: "x",
  username: "x",
  password: "x",
  fromAddress: "bot@example.test",
};

async function explainAll(config: Parameters<typeof parseAccount>[0]): Promise<Explanation[]> {
  await using explainer = new MailExplainer(parseAccount(config), { clock: systemClock, dns: "nobody" });
  const explained: Explanation[] = [];
  for (const [index, name] of names.entries()) {
    const content = readFileSync(join(MAILS, name));
    explained.push(await explainer.explain({ content, receivedAt: new Date(), number: index + 1 }));
  }
  return explained;
}

/** Message-IDs that were made up are of the place where a mail lies, and differ. */
const madeUp = (text: string) => text.replace(/<mailport\.[0-9a-f]{32}@local\.invalid>/g, "<made up>");

function asCompared({ sender, session, subject, text, fullText, attachments }: Explanation): unknown {
  return [sender, session && { ...session, threadId: madeUp(session.threadId) }, subject, text, fullText, attachments];
}

function asExplained({ sender, session, text, fullText, attachments, metadata }: InboundMessage): unknown {
  const { address, verification } = sender;
  return asCompared({
    sender: { address, verification },
    session,
    subject: metadata.email_subject,
    text,
    fullText,
    attachments: attachments.map((attachment) => ({ ...attachment, open: undefined })),
  } as unknown as Explanation);
}
