import { createTransport } from "nodemailer";
import { describe, expect, it } from "vitest";
import { certificates } from "./certificates.ts";
import type { SmtpFault, SmtpStep } from "./smtp-faults.ts";
import { type SmtpSink, type SmtpSinkOptions, startSmtpSink } from "./smtp-sink.ts";

interface Sending {
  readonly secure?: boolean;
  readonly requireTLS?: boolean;
  readonly to?: readonly string[];
  readonly password?: string;
  readonly auth?: false;
  readonly waitMs?: number;
}

async function send(
  sink: SmtpSink,
  sending: Sending = {},
): Promise<{ accepted: readonly unknown[]; rejected: readonly unknown[] }> {
  const { secure = false, requireTLS = !secure, to = ["ann@example.test"], waitMs = 2_000 } = sending;
  const auth = { user: sink.user, pass: sending.password ?? sink.password };
  const transport = createTransport({
    host: sink.host,
    port: sink.port,
    secure,
    requireTLS,
    tls: { ca: sink.ca },
    socketTimeout: waitMs,
    greetingTimeout: waitMs,
    ...(sending.auth === false ? {} : { auth }),
  });
  try {
    const raw = "Subject: hi\r\n\r\n.dot\r\n";
    return await transport.sendMail({ envelope: { from: "bot@example.test", to: [...to] }, raw });
  } finally {
    transport.close();
  }
}

describe("the SMTP sink", () => {
  it("keeps what it gets, by STARTTLS, TLS or in clear", async () => {
    const ways: [SmtpSinkOptions, Sending][] = [
      [{ security: "starttls" }, {}],
      [{ security: "tls" }, { secure: true }],
      [{ security: "none" }, { requireTLS: false }],
      [
        { security: "none", auth: false },
        { requireTLS: false, auth: false },
      ],
    ];
    for (const [options, sending] of ways) {
      const sink = await startSmtpSink(options);
      await send(sink, { ...sending, to: ["ann@example.test", "bob@example.test"] });
      const [mail] = await sink.waitForMails(1);
      expect(mail?.envelope).toEqual({ from: "bot@example.test", to: ["ann@example.test", "bob@example.test"] });
      expect(mail?.raw.toString()).toBe("Subject: hi\r\n\r\n.dot\r\n");
      expect(mail?.secure).toBe(options.security !== "none");
      expect(mail?.user).toBe(options.auth === false ? undefined : "bot@example.test");
      expect(sink.connections.map(({ messages }) => messages)).toEqual([1]);
      await sink.stop();
    }
  });

  it("takes no wrong password, and none before TLS", async () => {
    await using sink = await startSmtpSink();
    await expect(send(sink, { password: "wrong" })).rejects.toMatchObject({ responseCode: 535 });
    await using bare = await startSmtpSink({ security: "none" });
    await expect(send(bare)).rejects.toMatchObject({ code: "ETLS" });
    expect(bare.connections[0]?.commands.join("\n")).not.toMatch(/AUTH|MAIL/);
  });

  it("shows an expired certificate, or another's, when given one", async () => {
    const { expired, wrongHost } = await certificates();
    await using old = await startSmtpSink({ certificate: expired, security: "tls" });
    await expect(send(old, { secure: true })).rejects.toThrow("expired");
    await using other = await startSmtpSink({ certificate: wrongHost });
    await expect(send(other)).rejects.toThrow("altnames");
  });

  it("answers as told at every step, then heals", async () => {
    await using sink = await startSmtpSink();
    for (const step of ["connect", "starttls", "auth", "mail", "rcpt", "data", "dot"] satisfies SmtpStep[]) {
      sink.fail(step, { reply: "451 4.3.0 come back later" });
      await expect(send(sink), step).rejects.toThrow(step === "starttls" ? /STARTTLS/ : "4.3.0 come back later");
      expect(sink.mails, step).toEqual([]);
      sink.heal();
    }
    await send(sink);
    expect(sink.mails).toHaveLength(1);
  });

  it("drops the connection at every step, keeping the mail only when told to", async () => {
    await using sink = await startSmtpSink();
    for (const drop of ["fin", "rst"] as const) {
      for (const step of ["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot"] satisfies SmtpStep[]) {
        sink.fail(step, { drop });
        await expect(send(sink), `${drop} ${step}`).rejects.toThrow();
        sink.heal();
      }
    }
    expect(sink.mails).toEqual([]);
    sink.fail("dot", { drop: "rst", keep: true });
    await expect(send(sink)).rejects.toThrow();
    expect(sink.mails).toHaveLength(1);
    expect(sink.connections.at(-1)?.messages).toBe(1);
  });

  it("refuses one recipient of several", async () => {
    await using sink = await startSmtpSink();
    sink.fail("rcpt", { reply: "550 5.1.1 no such user" }, { recipient: "gone@example.test" });
    const { accepted, rejected } = await send(sink, { to: ["ann@example.test", "gone@example.test"] });
    expect([accepted, rejected]).toEqual([["ann@example.test"], ["gone@example.test"]]);
    expect(sink.mails[0]?.envelope.to).toEqual(["ann@example.test"]);
  });

  it("hangs, and delays", async () => {
    await using sink = await startSmtpSink();
    const hang: SmtpFault = { hang: true, keep: true };
    sink.fail("dot", hang, { times: 1 });
    await expect(send(sink, { waitMs: 200 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
    expect(sink.mails).toHaveLength(1);
    sink.fail("mail", { delayMs: 150 });
    const startedAt = performance.now();
    await send(sink);
    expect(performance.now() - startedAt).toBeGreaterThan(140);
  });

  it("fails only the second chance when told so, or as the moment says", async () => {
    await using sink = await startSmtpSink();
    sink.fail("mail", { reply: "421 4.3.2 closing" }, { skip: 1, times: 1 });
    await send(sink);
    await expect(send(sink)).rejects.toMatchObject({ responseCode: 421 });
    await send(sink);
    sink.rule("dot", { fault: ({ connection }) => (connection === 4 ? { reply: "554 spam" } : undefined) });
    await send(sink);
    await expect(send(sink)).rejects.toMatchObject({ responseCode: 554 });
    expect(sink.connections.map(({ messages }) => messages)).toEqual([1, 0, 1, 1, 0]);
  });

  it("says how many mails came when too few did", async () => {
    await using sink = await startSmtpSink();
    await send(sink);
    await expect(sink.waitForMails(2, 50)).rejects.toThrow("1 of 2 mails");
  });
});
