import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readDeliveryReport, readPlainReport } from "../../src/parse/delivery-report.ts";
import { outlineOf } from "../../src/parse/outline.ts";

const FOLDER = resolve(import.meta.dirname, "../mail/automatic");
const OURS = "<6e1f4c1e-8d51-4a53-9d0e-3a1f8ad2c0aa@example.test>";
const read = (name: string) => readFileSync(join(FOLDER, `${name}.eml`));

describe("a delivery report (RFC 3464)", () => {
  it.each([
    "postfix-bounce",
    "postfix-headers-only",
    "exchange-ndr",
    "gmail-dsn",
    "sendmail-bounce",
    "m365-ndr-german",
  ])("%s: which mail, who, and why", (name) => {
    const report = readDeliveryReport(read(name));
    expect(report?.messageIds).toContain(OURS);
    expect(report?.recipients).toMatchObject([{ action: "failed", addresses: [expect.stringMatching(/^ann@/)] }]);
    expect(report?.recipients[0]?.status).toMatch(/^5\.1\.1/);
    expect(report?.recipients[0]?.diagnostic).toMatch(/^550/);
  });

  it.each([
    ["postfix-delayed", "delayed"],
    ["postfix-success", "delivered"],
  ])("%s is no failure", (name, action) => expect(readDeliveryReport(read(name))?.recipients[0]?.action).toBe(action));

  it.each(["mdn-outlook", "abuse-feedback-report", "qmail-bounce", "outlook-oof-modern", "calendar-reply"])("%s is none", (name) =>
    expect(readDeliveryReport(read(name))).toBeUndefined()); // prettier-ignore

  it("finds the mail by the envelope's name when nothing of it came back, and tells recipients apart", () => {
    const report = readDeliveryReport(
      mail(
        "Reporting-MTA: dns; mx\nOriginal-Envelope-Id: abc@bot.test\n\nFinal-Recipient: rfc822; a@x.test\nAction: failed (gone)\nStatus: 5.0.0 (x)\n\n" +
          "Original-Recipient: rfc822;b@y.test\nFinal-Recipient: rfc822; b2@z.test\nAction: FAILED\nStatus: 4.4.7\n\nFinal-Recipient: rfc822; c@x.test\nAction: relayed",
      ),
    );
    expect(report?.messageIds).toEqual(["<abc@bot.test>"]);
    expect(report?.recipients.map(({ addresses, action, status }) => [action, status, ...addresses])).toEqual([
      ["failed", "5.0.0", "a@x.test"],
      ["failed", "4.4.7", "b@y.test", "b2@z.test"],
      ["relayed", "", "c@x.test"],
    ]);
  });

  it("does not take what the returned mail says for the report's own words", () => {
    const report = readDeliveryReport(
      mail(
        "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@x.test\nAction: failed",
        "Message-ID: <own@x>\n\nMessage-ID: <quoted@x>",
      ),
    );
    expect(report?.messageIds).toEqual(["<own@x>"]);
  });
});

describe("a report in plain words", () => {
  it.each(["qmail-bounce", "exim-bounce"])("%s: which mail, who, and why", (name) => {
    const report = readPlainReport(read(name));
    expect(report.messageIds).toEqual([OURS]);
    expect(report.recipients[0]?.addresses).toContain("ann@example.org");
    expect(report.recipients[0]?.diagnostic).toMatch(/5\.1\.1/);
  });
});

describe("the outline of a mail", () => {
  it.each([
    ["never ends", `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\n".repeat(30_000)}`],
    ["nests", Array.from({ length: 3_000 }, (_, depth) => `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n`).join("")],
    ["has no header", "\r\n\r\nx"],
    ["is empty", ""],
    ["is all dashes", `Content-Type: multipart/mixed; boundary=-\n\n${"-".repeat(250_000)}`],
  ])("of one that %s is small and soon there", (_, text) => {
    const startedAt = performance.now();
    expect(outlineOf(Buffer.from(text)).length).toBeLessThanOrEqual(41);
    expect(performance.now() - startedAt).toBeLessThan(300);
  });
}); // prettier-ignore

function mail(status: string, returned = "Subject: x"): Buffer {
  return Buffer.from(
    `From: MAILER-DAEMON@mx\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n${status}\n--b\nContent-Type: message/rfc822\n\n${returned}\n--b--\n`,
  );
}
