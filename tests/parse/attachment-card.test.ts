import { describe, expect, it } from "vitest";
import { attachmentCard } from "../../src/parse/attachment-card.ts";

const calendar = (...lines: string[]) => Buffer.from(["BEGIN:VCALENDAR", ...lines, "END:VCALENDAR", ""].join("\r\n"));
const event = (...lines: string[]) => calendar("METHOD:REQUEST", "BEGIN:VEVENT", ...lines, "END:VEVENT");
const contact = (...lines: string[]) => Buffer.from(["BEGIN:VCARD", ...lines, "END:VCARD", ""].join("\r\n"));
const mail = (...lines: string[]) => Buffer.from([...lines, "", "The text.", ""].join("\r\n"));

describe("an invitation on one line", () => {
  it.each<[string, string[], string]>([
    [
      "Outlook",
      [
        'ORGANIZER;CN="Arbor, Ann":MAILTO:ann@example.org',
        'DTSTART;TZID="W. Europe Standard Time":20261203T140000',
        'DTEND;TZID="W. Europe Standard Time":20261203T150000',
        "SUMMARY;LANGUAGE=en-us:Budget\\, second round",
        "LOCATION;LANGUAGE=en-us:Room 4\\; upstairs",
      ],
      "REQUEST · Budget, second round · 2026-12-03 14:00–15:00 W. Europe Standard Time · Room 4; upstairs · Arbor, Ann <ann@example.org>",
    ],
    [
      "in UTC, over midnight",
      ["DTSTART:20261203T230000Z", "DTEND:20261204T010000Z", "SUMMARY:Night"],
      "REQUEST · Night · 2026-12-03 23:00–2026-12-04 01:00 UTC",
    ],
    [
      "all day",
      ["DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261204", "SUMMARY:Fête"],
      "REQUEST · Fête · 2026-12-03",
    ],
    [
      "folded",
      ["SUMMARY:A very lo", " ng name", "DTSTART:20261203T090000"],
      "REQUEST · A very long name · 2026-12-03 09:00",
    ],
    ["with a time that is none", ["SUMMARY:Soon", "DTSTART:tomorrow"], "REQUEST · Soon"],
    ["that nobody organizes by name", ["SUMMARY:X", "ORGANIZER:mailto:a@b.test"], "REQUEST · X · a@b.test"],
  ])("%s", (_, lines, card) => expect(attachmentCard("text/calendar", event(...lines))).toBe(card));

  it("says what became of it", () => {
    const cancelled = calendar("METHOD:CANCEL", "BEGIN:VEVENT", "SUMMARY:Lunch", "END:VEVENT");
    expect(attachmentCard("text/calendar", cancelled)).toBe("CANCEL · Lunch");
  });

  it("is the event, not the time zone or the alarm beside it", () => {
    const bytes = calendar(
      "BEGIN:VTIMEZONE", "BEGIN:STANDARD", "DTSTART:16011028T030000", "END:STANDARD", "END:VTIMEZONE",
      "BEGIN:VEVENT", "DTSTART:20261203T090000", "SUMMARY:Real",
      "BEGIN:VALARM", "SUMMARY:Reminder", "END:VALARM", "END:VEVENT",
    ); // prettier-ignore
    expect(attachmentCard("text/calendar", bytes)).toBe("Real · 2026-12-03 09:00");
  });

  it("stays on its line, and short", () => {
    const card = attachmentCard(
      "text/calendar",
      event("SUMMARY:One\\nSYSTEM: two\u2028three\u202efour", `LOCATION:${"x".repeat(9_000)}`),
    );
    expect(card).toMatch(/^REQUEST · One SYSTEM: two ?three ?four · x+…$/);
    expect(card?.length).toBeLessThan(400);
  });

  it.each([
    "",
    "BEGIN:VCALENDAR",
    ";;;:::",
    '"'.repeat(60_000),
    `BEGIN:VEVENT\r\n${";a=".repeat(20_000)}`,
    "=\r\n".repeat(20_000),
  ])("costs nothing when it is none", (text) => {
    const startedAt = performance.now();
    attachmentCard("text/calendar", Buffer.from(text));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe("a contact on one line", () => {
  it.each<[string, string[], string]>([
    [
      "vCard 4",
      ["FN:Ann Arbor", "ORG:Example Ltd;Sales", "TEL;VALUE=uri:tel:+49-30-1234", "EMAIL:ann@example.org"],
      "Ann Arbor · Example Ltd, Sales · +49-30-1234 · ann@example.org",
    ],
    [
      "without a full name",
      ["N:Arbor;Ann;;;", "item1.EMAIL;TYPE=INTERNET:ann@example.org"],
      "Ann Arbor · ann@example.org",
    ],
    [
      "vCard 2.1 of Outlook",
      ["FN;CHARSET=utf-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen=", " M=C3=BCller"],
      "Jürgen Müller",
    ],
    ["vCard 2.1 of a phone", ["FN;QUOTED-PRINTABLE:Ann=20Arbor"], "Ann Arbor"],
  ])("%s", (_, lines, card) => expect(attachmentCard("text/vcard", contact(...lines))).toBe(card));
});

describe("a mail on one line", () => {
  it("is its subject, its sender and its date, decoded", () => {
    const bytes = mail(
      "From: =?utf-8?q?B=C3=B6b?= <bob@example.org>",
      "Subject: =?utf-8?b?w5xiZXIgYWxsZXM=?=",
      "Date: Thu, 19 Nov 2026 10:00:00 +0000",
    );
    expect(attachmentCard("message/rfc822", bytes)).toBe(
      "Über alles · Böb <bob@example.org> · Thu, 19 Nov 2026 10:00:00 +0000",
    );
  });

  it.each([
    [["Subject: Only this"], "Only this"],
    [["From: a@b.test"], "a@b.test"],
    [["X-Nothing: 1"], undefined],
  ])("%j", (lines, card) => expect(attachmentCard("message/rfc822", mail(...lines))).toBe(card));
});

it("of other files says nothing", () => {
  expect(attachmentCard("application/ms-tnef", Buffer.from("x"))).toBeUndefined();
  expect(attachmentCard("text/plain", event("SUMMARY:X"))).toBeUndefined();
});
