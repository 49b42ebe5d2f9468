import { readFile } from "node:fs/promises";
import { connect as connectTls } from "node:tls";
import { ImapFlow } from "imapflow";
import { describe, expect, it } from "vitest";
import { startDovecot } from "./dovecot.ts";
import { connectRawImap } from "./raw-imap.ts";
import { dovecotAvailable, freshUser, sharedDovecots } from "./shared.ts";

const mail = (id: string, body = "hello") => `From: Ann <ann@example.test>\r\nMessage-ID: <${id}@t>\r\n\r\n${body}\r\n`;

const lot = (from: number) => Array.from({ length: 600 }, (_, index) => mail(`n${from + index}`));

describe.skipIf(!dovecotAvailable)("a real Dovecot", () => {
  const { plain, withoutIdle } = sharedDovecots();

  it("has a mail in the box once it is delivered, dots and all", async () => {
    const user = freshUser();
    await plain.deliver(mail("one", ".dot\r\n..two"), { user });
    expect(await plain.mails({ user })).toEqual([{ uid: 1, flags: [], messageId: "<one@t>" }]);
    await using imap = await plain.connect(user);
    await imap.must("SELECT INBOX");
    const { untagged } = await imap.must("UID FETCH 1 (BODY.PEEK[])");
    expect(untagged[0]?.literals[0]?.toString()).toMatch(
      /^Return-Path: <ann@example.test>[^]*\r\n\r\n\.dot\r\n\.\.two\r\n$/,
    );
  });

  it("numbers seeded mails in their order, also a second lot", async () => {
    const user = freshUser();
    await plain.seed(lot(0), { user });
    expect((await plain.mails({ user })).length).toBe(600);
    await plain.seed(lot(600), { user });
    const found = await plain.mails({ user });
    expect(found.map(({ uid, messageId }) => `${uid} ${messageId ?? ""}`)).toEqual(
      Array.from({ length: 1200 }, (_, index) => `${index + 1} <n${index}@t>`),
    );
  });

  it("seeds other folders", async () => {
    const user = freshUser();
    await plain.seed([mail("a")], { user, folder: "Work/Bot" });
    expect(await plain.mails({ user, folder: "Work.Bot" })).toHaveLength(1);
  });

  it("keeps flags, expunges, and changes its UIDVALIDITY", async () => {
    const user = freshUser();
    await plain.seed([mail("a"), mail("b")], { user });
    await plain.addFlags(2, ["\\Seen", "$Bot"], { user });
    await plain.expunge(1, { user });
    expect(await plain.mails({ user })).toEqual([{ uid: 2, flags: ["\\Seen", "$Bot"], messageId: "<b@t>" }]);
    await plain.setUidValidity(777, { user });
    await using imap = await plain.connect(user);
    const { untagged } = await imap.must("SELECT INBOX");
    expect(untagged.map(({ text }) => text).join("\n")).toContain("[UIDVALIDITY 777]");
  });

  it("pushes new mail while idling", async () => {
    const user = freshUser();
    await using imap = await plain.connect(user);
    await imap.must("SELECT INBOX");
    const done = await imap.idle();
    await plain.deliver(mail("pushed"), { user });
    expect((await imap.waitFor(/EXISTS$/)).text).toBe("* 1 EXISTS");
    expect((await done()).status).toBe("OK");
  });

  it("does not offer IDLE where it was taken away", async () => {
    await using imap = await withoutIdle.connect(freshUser());
    const { untagged } = await imap.must("CAPABILITY");
    expect(untagged[0]?.text).not.toContain("IDLE");
    expect(untagged[0]?.text).toContain("CONDSTORE");
  });

  it("refuses a wrong password quickly, however often", async () => {
    const { host, ports } = plain;
    await using imap = await connectRawImap({ host, port: ports.imap });
    const startedAt = performance.now();
    for (let attempt = 0; attempt < 2; attempt++) {
      expect((await imap.command("LOGIN someone wrong")).text).toContain("[AUTHENTICATIONFAILED]");
    }
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it("speaks TLS from the start and by STARTTLS, with a certificate that fits", async () => {
    const { host, ports, ca, password } = plain;
    await using imaps = await connectRawImap({ host, port: ports.imaps, tls: { ca } });
    await imaps.login(freshUser(), password);
    await using upgraded = await connectRawImap({ host, port: ports.imap });
    await upgraded.startTls(ca);
    await upgraded.login(freshUser(), password);
    const authorized = await new Promise<boolean>((resolve, reject) => {
      const socket = connectTls({ host, port: ports.imaps, ca }, () => {
        resolve(socket.authorized);
        socket.destroy();
      });
      socket.once("error", reject);
    });
    expect(authorized).toBe(true);
  });

  it("tells which process serves a user, so that it can be killed", async () => {
    const user = freshUser();
    await using imap = await plain.connect(user);
    await imap.must("SELECT INBOX");
    const pids = await plain.imapPids(user);
    expect(pids).toHaveLength(1);
    const ended = expect(imap.waitFor(/never/)).rejects.toThrow("ended");
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await ended;
    expect(await plain.imapPids(user)).toEqual([]);
  });

  it("works with imapflow, over TLS", async () => {
    const user = freshUser();
    await plain.deliver(mail("flow"), { user });
    const { host, ports, ca, password: pass } = plain;
    const client = new ImapFlow({
      host,
      port: ports.imaps,
      secure: true,
      tls: { ca },
      auth: { user, pass },
      logger: false,
    });
    await client.connect();
    const box = await client.mailboxOpen("INBOX");
    expect(box.exists).toBe(1);
    await client.logout();
  });
});

describe.skipIf(!dovecotAvailable)("starting a Dovecot", () => {
  it("is quick, and leaves nothing behind, not even a stopped process", async () => {
    const startedAt = performance.now();
    const dovecot = await startDovecot({ password: "other", config: ["mail_max_userip_connections = 2"] });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    const imap = await dovecot.connect("stuck");
    const [pid = 0] = await dovecot.imapPids("stuck");
    process.kill(pid, "SIGSTOP");
    await dovecot.stop();
    await imap.close();
    // Gone, or dead and not yet collected.
    expect(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z")).toMatch(/\) [ZX]/);
    await expect(connectRawImap({ host: dovecot.host, port: dovecot.ports.imap })).rejects.toThrow();
  });

  it("says what is wrong with its configuration", async () => {
    await expect(startDovecot({ config: ["no_such_setting = 1"] })).rejects.toThrow("no_such_setting");
  });
});
