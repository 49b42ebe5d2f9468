import { EventEmitter, once } from "node:events";
import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { describe, expect, it } from "vitest";
import { StorageError } from "../../src/domain/errors.ts";
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

describe("what must be done before the mail itself is sent", () => {
  const delayed =
    (order: string[], name: string, ms = 20) =>
    async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      order.push(name);
    };

  it.each([
    ["small", whole],
    ["of many pieces", () => coalesced(Readable.from(pieces(), { objectMode: false }))],
  ])(
    "is waited for when the server is ready for it, and holds back every byte of a mail that is %s",
    async (_, render) => {
      await using sink = await startSmtpSink({ security: "none" });
      await using pool = poolTo(sink);
      const order: string[] = [];
      sink.rule("data", { fault: () => (order.push("DATA"), undefined) });
      sink.rule("dot", { fault: () => (order.push("mail"), undefined) });
      const beforeContent = delayed(order, "written down");
      for (let index = 0; index < 3; index++)
        expect(await submitMail({ pool, render, ...limits }, mail(), { beforeContent })).toMatchObject({
          kind: "sent",
        });
      expect(order).toEqual(Array.from({ length: 3 }, () => ["DATA", "written down", "mail"]).flat());
      expect(sink.connections).toHaveLength(1);
    },
  );

  it("is not asked for when no recipient is accepted", async () => {
    await using sink = await startSmtpSink({ security: "none" });
    await using pool = poolTo(sink);
    sink.fail("rcpt", { reply: "550 5.1.1 no" });
    const order: string[] = [];
    const beforeContent = delayed(order, "written down", 0);
    expect(await submitMail({ pool, render: whole, ...limits }, mail(), { beforeContent })).toMatchObject({
      kind: "failed",
    });
    expect(order).toEqual([]);
  });

  it("ends the attempt when it fails, with nothing sent, on a new connection as on a used one", async () => {
    await using sink = await startSmtpSink({ security: "none" });
    await using pool = poolTo(sink);
    const parts = { pool, render: whole, ...limits };
    const failing = () => Promise.reject(new StorageError("the disk is full"));
    for (let index = 0; index < 2; index++) {
      expect(await submitMail(parts, mail(), { beforeContent: failing })).toMatchObject({
        kind: "retry",
        code: "STORAGE",
        scope: "mail",
        message: "the disk is full",
      });
      await submitMail(parts, mail());
    }
    expect(sink.mails).toHaveLength(2);
    expect(sink.mails.map(({ raw }) => raw.toString())).not.toContain("");
  });

  it("that never ends does not outlive a stop, and what comes of it later does no harm", async () => {
    await using sink = await startSmtpSink({ security: "none" });
    await using pool = poolTo(sink);
    for (const end of ["resolve", "reject"] as const) {
      const stop = new AbortController();
      const late = new EventEmitter();
      const beforeContent = async () => {
        setTimeout(() => stop.abort(), 10);
        await once(late, "resolve");
      };
      const outcome = await submitMail({ pool, render: breaking, ...limits }, mail(), {
        signal: stop.signal,
        beforeContent,
      });
      expect(outcome).toMatchObject({ kind: "retry", scope: "mail" });
      late.emit(end === "resolve" ? "resolve" : "error", new Error("late"));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(sink.mails).toEqual([]);
  });
});

function* pieces(): Generator<Buffer> {
  for (let index = 0; index < 40; index++) yield Buffer.from(`X-${index}: ${"x".repeat(9_000)}\r\n`);
  yield Buffer.from("\r\nend\r\n");
}
