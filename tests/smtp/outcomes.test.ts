import { describe, expect, it } from "vitest";
import type { SmtpFault, SmtpStep } from "../servers/smtp-faults.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { mail, transportTo } from "./fixtures.ts";

/** Security of the answer: what the server did, and what becomes of the mail and of the account. */
const TABLE: [SmtpStep, SmtpFault, { kind: string; code: string; scope: string; hold: boolean }][] = [
  ["connect", { reply: "421 4.7.0 try again later" }, busy()],
  ["connect", { reply: "554 5.7.1 not you" }, busy()],
  ["connect", { drop: "rst" }, lost("account")],
  ["connect", { hang: true }, lost("account")],
  ["ehlo", { drop: "fin" }, lost("account")],
  [
    "starttls",
    { reply: "454 4.7.0 TLS not available" },
    { kind: "retry", code: "INSECURE_CONNECTION", scope: "account", hold: true },
  ],
  ["auth", { reply: "535 5.7.8 bad credentials" }, refusedLogin()],
  ["auth", { reply: "534 5.7.9 application-specific password required" }, refusedLogin()],
  ["auth", { reply: "538 5.7.11 encryption required" }, refusedLogin()],
  ["auth", { reply: "454 4.7.0 temporary authentication failure" }, busy()],
  ["auth", { reply: "432 4.7.12 password transition needed" }, busy()],
  ["auth", { reply: "421 4.3.0 closing" }, busy()],
  ["auth", { drop: "rst" }, lost("account")],
  ["mail", { reply: "550 5.7.30 Basic authentication is not supported for Client Submission" }, refusedLogin()],
  ["mail", { reply: "530 5.7.0 authentication required" }, refusedLogin()],
  ["mail", { reply: "451 4.3.0 later" }, deferred()],
  ["mail", { reply: "452 4.7.28 rate limit exceeded" }, busy()],
  ["mail", { reply: "550 5.1.8 bad sender" }, refused()],
  ["mail", { drop: "rst" }, lost("mail")],
  ["rcpt", { reply: "450 4.2.1 greylisted" }, deferred()],
  ["rcpt", { reply: "421 4.3.2 too many connections" }, busy()],
  ["rcpt", { reply: "550 5.5.0 requested action not taken" }, deferred()],
  ["rcpt", { reply: "550 5.1.1 no such user" }, refused()],
  ["rcpt", { reply: "550 5.4.5 daily quota exceeded" }, busy()],
  ["rcpt", { drop: "fin" }, lost("mail")],
  ["rcpt", { hang: true }, lost("mail")],
  ["data", { reply: "451 4.3.0 later" }, deferred()],
  ["data", { reply: "554 5.7.1 no" }, refused()],
  ["data", { reply: "503 5.5.1 out of step" }, deferred()],
  ["data", { drop: "rst" }, lost("mail")],
  ["dot", { reply: "452 4.3.1 insufficient storage" }, deferred()],
  ["dot", { reply: "421 4.3.2 shutting down" }, busy()],
  ["dot", { reply: "554 5.6.0 spam" }, refused()],
  ["dot", { reply: "552 5.3.4 too big" }, refused()],
  ["dot", { drop: "fin" }, unknown()],
  ["dot", { drop: "rst", keep: true }, unknown()],
  ["dot", { hang: true }, unknown()],
];

function busy() {
  return { kind: "retry", code: "SERVER_BUSY", scope: "account", hold: false };
}
function lost(scope: "mail" | "account") {
  return { kind: "retry", code: "CONNECTION", scope, hold: false };
}
function refusedLogin() {
  return { kind: "retry", code: "LOGIN_REFUSED", scope: "account", hold: true };
}
function deferred() {
  return { kind: "retry", code: "MAIL_DEFERRED", scope: "mail", hold: false };
}
function refused() {
  return { kind: "failed", code: "MAIL_REFUSED", scope: "mail", hold: false };
}
function unknown() {
  return { kind: "unknown", code: "OUTCOME_UNKNOWN", scope: "mail", hold: false };
}

describe("an attempt that goes wrong", () => {
  it.each(TABLE)("at %s with %j", async (step, fault, expected) => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    sink.fail(step, fault);
    expect(await transport.submit(mail())).toMatchObject(expected);
    sink.heal();
    // And the next one is none the worse for it.
    expect(await transport.submit(mail())).toMatchObject({ kind: "sent" });
  });

  it.each(TABLE)(
    "means the same on a connection that has carried mail before: at %s with %j",
    async (step, fault, expected) => {
      if (["connect", "ehlo", "starttls", "auth"].includes(step)) return;
      await using sink = await startSmtpSink();
      await using transport = transportTo(sink);
      await transport.submit(mail());
      sink.fail(step, fault);
      expect(await transport.submit(mail())).toMatchObject(expected);
      expect(sink.mails.length).toBe("keep" in fault ? 2 : 1);
    },
  );

  it("says why, in the server's words, on one line", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    sink.fail("rcpt", { reply: "550 5.1.1 no such user\nreally" });
    expect(await transport.submit(mail())).toMatchObject({
      message: expect.stringMatching(/^550.5\.1\.1 no such user 550 really$/),
      rejected: [{ address: "ann@ann.example", reason: expect.stringContaining("no such user"), permanent: true }],
    });
  });
});

const three = () => mail({ cc: ["gone@x.example", "grey@x.example"] });

describe("several recipients", () => {
  it("are told apart: sent to some, refused and deferred for others", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    sink.fail("rcpt", { reply: "550 5.1.1 unknown" }, { recipient: "gone@x.example" });
    sink.fail("rcpt", { reply: "450 4.2.1 greylisted" }, { recipient: "grey@x.example" });
    expect(await transport.submit(three())).toEqual({
      kind: "sent",
      response: expect.stringMatching(/^250/),
      accepted: ["ann@ann.example"],
      rejected: [
        { address: "gone@x.example", reason: "550 5.1.1 unknown", permanent: true },
        { address: "grey@x.example", reason: "450 4.2.1 greylisted", permanent: false },
      ],
    });
  });

  it("are retried as long as one of them may still be reached", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    sink.fail("rcpt", { reply: "450 4.2.1 greylisted" }, { recipient: "grey@x.example" });
    sink.fail("rcpt", { reply: "550 5.1.1 unknown" });
    const outcome = await transport.submit(three());
    expect(outcome).toMatchObject({ kind: "retry", code: "MAIL_DEFERRED" });
    expect(outcome.rejected.filter(({ permanent }) => !permanent).map(({ address }) => address)).toEqual([
      "grey@x.example",
    ]);
    expect(outcome.rejected).toHaveLength(3);
  });
});
