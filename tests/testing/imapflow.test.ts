import { describe, expect, it } from "vitest";
import { startMailServer } from "../../src/testing/testing.ts";
import { imapClient } from "./imap-client.ts";

describe("the embedded mail server and imapflow", () => {
  it("does what a channel does: search, fetch a batch, download a part, flag, idle", async () => {
    await using server = await startMailServer();
    for (let number = 1; number <= 5; number += 1) {
      const content = Buffer.alloc(200_000, number);
      await server.deliver({
        from: "Ann <ann@example.org>",
        subject: `mail ${number}`,
        text: "Hällo",
        attachments: [{ filename: "a.bin", content }],
      });
    }
    const client = imapClient(server);
    await client.connect();
    expect(client.capabilities.has("IDLE")).toBe(true);
    const lock = await client.getMailboxLock("INBOX");
    expect(await client.search({ uid: "3:*" }, { uid: true })).toEqual([3, 4, 5]);
    const batch = await client.fetchAll(
      "1:5",
      { uid: true, flags: true, size: true, bodyStructure: true, envelope: true, headers: ["from"] },
      { uid: true },
    );
    expect(batch.map(({ uid, envelope }) => [uid, envelope?.subject])).toEqual(
      [1, 2, 3, 4, 5].map((uid) => [uid, `mail ${uid}`]),
    );
    expect(batch[0]?.bodyStructure?.childNodes?.map(({ type, part }) => [part, type])).toEqual([
      ["1", "text/plain"],
      ["2", "application/octet-stream"],
    ]);
    const { content } = await client.download("4", "2", { uid: true });
    expect(await bytesOf(content)).toEqual(Buffer.alloc(200_000, 4));
    expect(await bytesOf((await client.download("4", undefined, { uid: true })).content)).toEqual(
      server.mails()[3]?.raw,
    );
    expect(await client.messageFlagsAdd("1:2,4", ["\\Seen"], { uid: true })).toBe(true);
    expect(await client.search({ seen: false }, { uid: true })).toEqual([3, 5]);

    const news = new Promise((resolve) => client.once("exists", resolve));
    const idle = client.idle();
    await server.deliver({ from: "bob@example.org" });
    expect(await news).toMatchObject({ count: 6, prevCount: 5 });
    await client.noop();
    await idle;
    lock.release();
    await client.logout();
  });

  it("appends, copies, moves and expunges", async () => {
    await using server = await startMailServer();
    const client = imapClient(server);
    await client.connect();
    expect(await client.append("Sent", "Subject: kept\r\n\r\nx", ["\\Seen"])).toMatchObject({ uid: 1 });
    expect((await client.list()).find(({ specialUse }) => specialUse === "\\Sent")?.path).toBe("Sent");
    await expect(client.append("Nope", "x")).rejects.toMatchObject({ serverResponseCode: "TRYCREATE" });
    await client.mailboxOpen("Sent");
    expect(await client.messageCopy("1", "INBOX", { uid: true })).toMatchObject({
      destination: "INBOX",
      uidMap: new Map([[1, 1]]),
    });
    expect(await client.messageMove("1", "Trash", { uid: true })).toMatchObject({ uidMap: new Map([[1, 1]]) });
    expect(["INBOX", "Sent", "Trash"].map((folder) => server.mails(folder).length)).toEqual([1, 0, 1]);
    await client.mailboxOpen("Trash");
    expect(await client.messageDelete("1", { uid: true })).toBe(true);
    expect(server.mails("Trash")).toEqual([]);
    await client.mailboxCreate("Archive/2026");
    expect(await client.status("Archive/2026", { messages: true, uidNext: true })).toMatchObject({
      messages: 0,
      uidNext: 1,
    });
    await client.logout();
  });

  it("serves several connections at once", async () => {
    await using server = await startMailServer();
    await server.deliver({ from: "ann@example.org", text: "x" });
    const sizes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const client = imapClient(server);
        await client.connect();
        await client.mailboxOpen("INBOX");
        const mail = await client.fetchOne("1", { size: true }, { uid: true });
        await client.logout();
        return mail && mail.size;
      }),
    );
    expect(new Set(sizes)).toEqual(new Set([server.mails()[0]?.raw.length]));
  });

  it("cuts the line and renumbers the mails when it is told to", async () => {
    await using server = await startMailServer();
    await server.deliver({ from: "ann@example.org" });
    await server.deliver({ from: "bob@example.org" });
    const client = imapClient(server);
    await client.connect();
    const before = (await client.mailboxOpen("INBOX")).uidValidity;
    const closed = new Promise((resolve) => client.once("close", () => resolve(undefined)));
    server.changeUidValidity();
    await closed;
    const again = imapClient(server);
    await again.connect();
    expect((await again.mailboxOpen("INBOX")).uidValidity).not.toBe(before);
    expect(server.mails().map(({ uid }) => uid)).toEqual([1, 2]);
    await again.logout();
  });

  it("is polled where there is no IDLE", async () => {
    await using server = await startMailServer({ idle: false });
    const client = imapClient(server);
    await client.connect();
    await client.mailboxOpen("INBOX");
    expect(client.capabilities.has("IDLE")).toBe(false);
    const news = new Promise((resolve) => client.once("exists", resolve));
    await server.deliver({ from: "ann@example.org" });
    await client.noop();
    expect(await news).toMatchObject({ count: 1 });
    await client.logout();
  });
});

async function bytesOf(stream: AsyncIterable<Buffer> | undefined): Promise<Buffer> {
  if (!stream) throw new Error("there is nothing to download");
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
