import { describe, expect, it } from "vitest";
import { checkShape } from "../../src/compose/shape.ts";
import { InvalidMessageError } from "../../src/domain/errors.ts";
import type { OutboundMessage } from "../../src/domain/message.ts";

const session = { channel: "email", senderId: "ann@example.org" };

describe("a message from plain JavaScript", () => {
  it.each([
    [undefined, "the message must be an object, not undefined."],
    [{ text: "hi" }, "session must be the session of a received message, or { channel, senderId }, not undefined."],
    [{ text: "hi", session: { channel: "email" } }, "session.senderId must be an e-mail address, not undefined."],
    [{ session, text: 7 }, "text must be Markdown, a string, not number."],
    [{ session, text: "hi", to: "a@b.org" }, "to must be a list of strings, not string."],
    [{ session, text: "hi", cc: ["a@b.org", null] }, "cc must be a list of strings, not a list."],
    [{ session, text: "hi", subject: 5 }, "subject must be a string, not number."],
    [{ session, text: "hi", attachments: [null] }, "attachments must be a list of objects, not a list."],
    [
      { session, text: "hi", metadata: { email_references: ["<a@b>"] } },
      "metadata.email_references must be a string, not a list.",
    ],
  ])("%j is refused with what would be right", (message, sentence) => {
    const check = () => checkShape(message as unknown as OutboundMessage);
    expect(check).toThrow(InvalidMessageError);
    expect(check).toThrow(sentence);
  });

  it("may have null for what is absent, as after JSON", () => {
    const message = {
      session,
      text: "hi",
      subject: null,
      metadata: { email_message_id: "<a@b>", email_references: null },
    };
    expect(checkShape(message as unknown as OutboundMessage)).toEqual({
      session,
      text: "hi",
      subject: undefined,
      metadata: { email_message_id: "<a@b>", email_references: undefined },
    });
  });
});
