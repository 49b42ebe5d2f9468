import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cyrus, findCyrus, startCyrus } from "./cyrus.ts";
import { connectRawImap } from "./raw-imap.ts";
import { freshUser } from "./shared.ts";

const mail = (id: string) => `From: Ann <ann@example.test>\r\nMessage-ID: <${id}@t>\r\n\r\nhello\r\n`;
const program = await findCyrus();

if (!program.available) console.error(`SKIPPED: real Cyrus tests (tests/servers/cyrus.test.ts): ${program.reason}`);

describe.runIf(program.available)("a real Cyrus", () => {
  let cyrus: Cyrus;

  beforeAll(async () => {
    cyrus = await startCyrus();
  });

  afterAll(() => cyrus.stop());

  it("delivers, flags and expunges, in a box of any user", async () => {
    const user = freshUser();
    await cyrus.seed([mail("a"), mail("b")], { user });
    await cyrus.deliver(mail("c"), { user });
    await cyrus.addFlags(2, ["\\Seen", "$Bot"], { user });
    await cyrus.expunge(1, { user });
    expect(await cyrus.mails({ user })).toEqual([
      { uid: 2, flags: ["\\Seen", "$Bot"], messageId: "<b@t>" },
      { uid: 3, flags: [], messageId: "<c@t>" },
    ]);
  });

  it("takes a mail for a user who never logged in", async () => {
    const user = freshUser();
    await cyrus.deliver(mail("first"), { user });
    expect(await cyrus.mails({ user })).toHaveLength(1);
  });

  it("refuses a wrong password", async () => {
    await using imap = await connectRawImap({ host: cyrus.host, port: cyrus.ports.imap });
    expect((await imap.command("LOGIN someone wrong")).status).toBe("NO");
  });

  it("pushes to an idling imapflow, over TLS", async () => {
    const user = freshUser();
    const { host, ports, ca, password: pass } = cyrus;
    const client = new ImapFlow({
      host,
      port: ports.imaps,
      secure: true,
      tls: { ca },
      auth: { user, pass },
      logger: false,
      disableAutoIdle: true,
    });
    await client.connect();
    await client.mailboxOpen("INBOX");
    const arrival = new Promise((resolve) => client.once("exists", resolve));
    const idling = client.idle();
    await cyrus.deliver(mail("pushed"), { user });
    expect(await arrival).toMatchObject({ count: 1 });
    await client.logout();
    await idling;
  });
});
