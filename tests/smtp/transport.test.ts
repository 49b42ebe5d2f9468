import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/runtime/logger.ts";
import { createSmtpTransport } from "../../src/smtp/smtp-transport.ts";
import { certificates } from "../servers/certificates.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { mail, settings, transportTo } from "./fixtures.ts";

describe("a password", () => {
  it.each(["none", "tls"] as const)(
    "is never sent in the clear where STARTTLS is required and the server says %s",
    async (security) => {
      await using sink = await startSmtpSink({ security });
      await using transport = transportTo(sink);
      const outcome = await transport.submit(mail());
      expect(outcome.kind).toBe("retry");
      expect(
        sink.connections.flatMap(({ commands }) => commands).filter((line) => !/^(?:EHLO|STARTTLS)/.test(line)),
      ).toEqual([]);
    },
  );

  it("is held back when the server does not offer STARTTLS, with the account on hold", async () => {
    await using sink = await startSmtpSink({ security: "none" });
    await using transport = transportTo(sink);
    expect(await transport.submit(mail())).toMatchObject({
      code: "INSECURE_CONNECTION",
      scope: "account",
      hold: true,
      retryAfterMs: 900_000,
    });
  });

  it.each(["expired", "wrongHost"] as const)("does not go to a server whose certificate is %s", async (name) => {
    const certificate = (await certificates())[name];
    for (const security of ["starttls", "tls"] as const) {
      await using sink = await startSmtpSink({ certificate, security });
      await using transport = transportTo(sink, { security });
      expect(await transport.submit(mail())).toMatchObject({ code: "INSECURE_CONNECTION", hold: true });
      expect(JSON.stringify(sink.connections)).not.toContain("AUTH");
    }
  });

  it("goes to an unknown authority only when told to", async () => {
    await using sink = await startSmtpSink();
    await using strict = transportTo(sink, { ca: undefined });
    expect(await strict.submit(mail())).toMatchObject({ code: "INSECURE_CONNECTION" });
    await using lax = transportTo(sink, { ca: undefined, tlsVerify: false });
    expect(await lax.submit(mail())).toMatchObject({ kind: "sent" });
  });

  it("is asked for at every connection, so that a new one is picked up", async () => {
    await using sink = await startSmtpSink();
    let password = "old";
    await using transport = transportTo(sink, { password: () => Promise.resolve(password) });
    expect(await transport.submit(mail())).toMatchObject({ code: "LOGIN_REFUSED" });
    password = sink.password;
    expect(await transport.submit(mail())).toMatchObject({ kind: "sent" });
  });

  it("that cannot be had holds the account", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink, {
      password: () => Promise.reject(new Error("password: the variable MAIL is not set")),
    });
    expect(await transport.submit(mail())).toMatchObject({
      code: "PASSWORD",
      hold: true,
      message: "password: the variable MAIL is not set",
    });
  });

  it("is in no outcome and no error, even when the server repeats it", async () => {
    const password = "hunter2 secret/ü";
    const echoed = [
      password,
      Buffer.from(`\0bot@example.test\0${password}`).toString("base64"),
      encodeURIComponent(password),
    ];
    await using sink = await startSmtpSink({ auth: { user: "bot@example.test", password } });
    await using transport = transportTo(sink);
    sink.fail("auth", { reply: `535 5.7.8 no: ${echoed.join(" ")}` });
    const said =
      JSON.stringify(await transport.submit(mail())) +
      String(await transport.verify().catch((error: unknown) => error));
    for (const secret of echoed) expect(said).not.toContain(secret);
  });
});

describe("connections", () => {
  it("carry one mail after the other", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    for (let index = 0; index < 5; index++) await transport.submit(mail());
    expect(sink.connections).toHaveLength(1);
    expect(sink.mails).toHaveLength(5);
  });

  it("are never more than allowed, however many mails come at once", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink, { limits: { maxConnections: 2 } });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => transport.submit(mail())));
    expect(outcomes.every(({ kind }) => kind === "sent")).toBe(true);
    expect(sink.connections).toHaveLength(2);
  });

  it("say goodbye when idle", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink, { limits: { idleMs: 50 } });
    await transport.submit(mail());
    await sleep(200);
    expect(sink.connections[0]).toMatchObject({ open: false });
    expect(sink.connections[0]?.commands.at(-1)).toBe("QUIT");
    expect(await transport.submit(mail())).toMatchObject({ kind: "sent" });
  });

  it("that the server has ended meanwhile are replaced without anybody noticing", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink, { limits: { maxConnections: 3 } });
    await Promise.all([1, 2, 3].map(() => transport.submit(mail())));
    // Each is cut at the very moment it is used again.
    sink.rule("mail", { fault: ({ messages }) => (messages > 0 ? { drop: "rst" } : undefined) });
    expect(await transport.submit(mail())).toMatchObject({ kind: "sent" });
    expect(sink.mails).toHaveLength(4);
  });

  it("are used again after a refused mail, and not after a lost one", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    sink.fail("rcpt", { reply: "550 5.1.1 no" }, { times: 1 });
    await transport.submit(mail());
    await sleep(20);
    await transport.submit(mail());
    expect(sink.connections).toHaveLength(1);
    sink.fail("dot", { drop: "rst" }, { times: 1 });
    await transport.submit(mail());
    await transport.submit(mail());
    expect(sink.connections).toHaveLength(2);
  });

  it("are all closed in the end, the process with them", async () => {
    await using sink = await startSmtpSink();
    const transport = transportTo(sink, { timeouts: { silenceMs: 60_000 } });
    sink.fail("dot", { hang: true }, { skip: 1 });
    await transport.submit(mail());
    const hanging = [transport.submit(mail()), transport.submit(mail())];
    await sleep(100);
    await transport[Symbol.asyncDispose]();
    expect((await Promise.all(hanging)).map(({ kind }) => kind)).toEqual(["unknown", "unknown"]);
    await sleep(50);
    expect(sink.connections.filter(({ open }) => open)).toEqual([]);
    expect(process.getActiveResourcesInfo().filter((name) => name === "TLSSocketWrap" || name === "TLSWrap")).toEqual(
      [],
    );
    expect(await transport.submit(mail())).toMatchObject({ kind: "retry", code: "CLOSED" });
  });
});

const toJö = () => mail({ to: ["jö@ann.example"] });

describe("an address outside of ASCII", () => {
  it("is sent where the server can", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    expect(await transport.submit(toJö())).toMatchObject({
      kind: "sent",
      accepted: ["ann@ann.example", "jö@ann.example"],
    });
    expect(sink.connections[0]?.commands.find((line) => line.startsWith("MAIL"))).toContain("SMTPUTF8");
  });

  it("is refused for good where the server cannot", async () => {
    await using sink = await startSmtpSink({ server: { hideSMTPUTF8: true } });
    await using transport = transportTo(sink);
    expect(await transport.submit(toJö())).toMatchObject({
      kind: "failed",
      code: "MAIL_REFUSED",
      message: expect.stringContaining("SMTPUTF8"),
    });
    expect(sink.mails).toHaveLength(0);
  });
});

describe("a check of the account", () => {
  it.each(["starttls", "tls", "none"] as const)("tells what there is with security %s", async (security) => {
    await using sink = await startSmtpSink({ security, server: { size: 1_000_000 } });
    await using transport = transportTo(sink, { security });
    expect(await transport.verify()).toEqual({
      greeting: expect.stringMatching(/^220 sink\.example\.test/),
      capabilities: expect.arrayContaining(["PIPELINING", "SIZE 1000000"]),
      sizeLimitBytes: 1_000_000,
      startTls: security === "starttls",
      auth: ["PLAIN", "LOGIN"],
      tlsProtocol: security === "none" ? undefined : "TLSv1.3",
      login: "accepted",
    });
    await sleep(50);
    expect(sink.connections.filter(({ open }) => open)).toEqual([]);
  });

  it("says when the server wants no login", async () => {
    await using sink = await startSmtpSink({ auth: false });
    await using transport = transportTo(sink);
    expect(await transport.verify()).toMatchObject({ login: "not-offered", auth: [] });
  });

  it("names what is wrong and what to do", async () => {
    await using sink = await startSmtpSink();
    const failing = (changes: object) => createSmtpTransport(settings(sink, changes), silentLogger).verify();
    await expect(failing({ password: "wrong" })).rejects.toMatchObject({
      code: "LOGIN_REFUSED",
      message: expect.stringContaining("app password"),
    });
    await expect(failing({ ca: undefined })).rejects.toMatchObject({
      code: "INSECURE_CONNECTION",
      message: expect.stringContaining("No password has been sent"),
    });
    await expect(failing({ port: 1 })).rejects.toMatchObject({
      code: "CONNECTION",
      message: expect.stringContaining("SMTP server 127.0.0.1:1"),
    });
    sink.fail("connect", { reply: "421 4.3.2 too many" });
    await expect(failing({})).rejects.toMatchObject({ code: "SERVER_BUSY" });
  });
});
