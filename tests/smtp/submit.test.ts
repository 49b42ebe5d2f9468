import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { describe, expect, it } from "vitest";
import { coalesced } from "../../src/smtp/coalesce.ts";
import { LibrarySession } from "../../src/smtp/library-session.ts";
import { SessionPool } from "../../src/smtp/session-pool.ts";
import type { SmtpSession } from "../../src/smtp/session.ts";
import { submitMail } from "../../src/smtp/submit.ts";
import { startSmtpSink, type SmtpSink } from "../servers/smtp-sink.ts";
import { mail } from "./fixtures.ts";

function poolTo(sink: SmtpSink): SessionPool<SmtpSession> {
  return new SessionPool<SmtpSession>({
    maxSessions: 1,
    idleMs: 1_000,
    async open() {
      const connection = new SMTPConnection({ host: sink.host, port: sink.port, ignoreTLS: true });
      const session = new LibrarySession(connection, { secrets: [], goodbyeMs: 500 });
      await session.connect();
      await session.login(sink.user, sink.password);
      return session;
    },
  });
}

const whole = () => Readable.from([Buffer.from("Subject: whole\r\n\r\nx\r\n")], { objectMode: false });

async function* half(): AsyncGenerator<Buffer> {
  yield Buffer.from(`Subject: half\r\n\r\n${"x".repeat(200_000)}\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  throw new Error("EIO: i/o error, read");
}

const breaking = () => coalesced(Readable.from(half(), { objectMode: false }));

const limits = { maxMailBytes: 1_000_000, attemptLimitMs: 5_000 };

describe("an attempt", () => {
  it("whose mail cannot be read to its end never leaves half a mail, nor spoils the next", async () => {
    await using sink = await startSmtpSink({ security: "none" });
    await using pool = poolTo(sink);
    expect(await submitMail({ pool, render: breaking, ...limits }, mail())).toMatchObject({
      kind: "retry",
      code: "ATTACHMENT",
      scope: "mail",
      message: expect.stringContaining("EIO"),
    });
    expect(await submitMail({ pool, render: whole, ...limits }, mail())).toMatchObject({ kind: "sent" });
    expect(sink.mails.map(({ raw }) => raw.toString())).toEqual(["Subject: whole\r\n\r\nx\r\n"]);
  });

  it("ends when it takes too long altogether, however busy the server looks", async () => {
    await using sink = await startSmtpSink({ security: "none" });
    await using pool = poolTo(sink);
    sink.fail("rcpt", { hang: true });
    expect(await submitMail({ pool, render: whole, ...limits, attemptLimitMs: 100 }, mail())).toMatchObject({
      kind: "retry",
      code: "CONNECTION",
    });
  });
});
