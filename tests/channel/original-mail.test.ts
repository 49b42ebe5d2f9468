import { describe, expect, it } from "vitest";
import { originalMail } from "../../src/channel/original-mail.ts";
import type { InboundAttachment, InboundMessage } from "../../src/domain/message.ts";

const TEXTS = { noText: "[No text content]", attachment: "[Attachment: {filename}] → {path}" };
const file = (filename: string, path?: string) =>
  ({ filename, contentType: "text/csv", size: 4, ...(path === undefined ? {} : { path }) }) as InboundAttachment;

function message(text: string, attachments: InboundAttachment[] = [], email_date = "2026-01-05T08:12:00.000Z") {
  return {
    text,
    attachments,
    sender: { address: "ann@example.org", name: "Ann", verification: "unverified" },
    receivedAt: new Date("2026-01-06T00:00:00Z"),
    metadata: { email_date },
  } as unknown as InboundMessage;
}

describe("what is quoted of a mail", () => {
  it("is what the person wrote, when they wrote it", () => {
    expect(originalMail(message("Hello\n\nAnn"), TEXTS)).toEqual({
      text: "Hello\n\nAnn",
      date: new Date("2026-01-05T08:12:00Z"),
      from: { address: "ann@example.org", name: "Ann" },
    });
    expect(originalMail(message("Hello", [], ""), TEXTS)?.date).toEqual(new Date("2026-01-06T00:00:00Z"));
  });

  it("is without the lines for the attachments", () => {
    const text = "Hello\n\n[Attachment: a.csv] → /srv/files/a.csv\n[Attachment: b.csv] → left on the server";
    expect(originalMail(message(text, [file("a.csv", "/srv/files/a.csv"), file("b.csv")]), TEXTS)?.text).toBe("Hello");
  });

  it("names no path of this machine, also when the texts have changed since the mail came", () => {
    const text = "Hello\n[Image: /srv/files/i.png] there\n\n[Datei a.csv]: /srv/files/a.csv";
    const files = [file("i.png", "/srv/files/i.png"), file("a.csv", "/srv/files/a.csv")];
    expect(originalMail(message(text, files), TEXTS)?.text).toBe("Hello");
  });

  it("is nothing where nothing was written", () => {
    const text = "[No text content]\n\n[Attachment: a.csv] → /srv/a.csv";
    expect(originalMail(message(text, [file("a.csv", "/srv/a.csv")]), TEXTS)).toBeUndefined();
    expect(originalMail(message("[No text content]"), TEXTS)).toBeUndefined();
  });
});
