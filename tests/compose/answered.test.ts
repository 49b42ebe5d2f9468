import { describe, expect, it } from "vitest";
import { answeredBy, ownAddressNamed } from "../../src/compose/answered.ts";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { context, message, metadata, reply } from "./context.ts";

const OWN = ["bot@bot.example", "help@bot.example", "Sales@desk.example"] as const;

describe("the address that an answer is from", () => {
  it.each<[string, string[], string[], string]>([
    ["the one in To", ["help@bot.example"], [], "help@bot.example"],
    [
      "as it stands in the configuration, however it was written",
      ["The Desk <sales+x@DESK.example>"],
      [],
      "Sales@desk.example",
    ],
    ["the first of several", ["ann@x.example", "help@bot.example", "bot@bot.example"], [], "help@bot.example"],
    ["To before Cc", ["bot@bot.example"], ["help@bot.example"], "bot@bot.example"],
    ["the one in Cc when To names none", ["ann@x.example"], ["help@bot.example"], "help@bot.example"],
    ["fromAddress for a blind copy", ["staff@x.example"], [], "bot@bot.example"],
    [
      "never one that is not ours",
      ["help@bot.example.evil.test", "x <help@bot.example> <e@evil.test>"],
      [],
      "bot@bot.example",
    ],
  ])("is %s", (_, to, cc, expected) => expect(ownAddressNamed({ email_to: to, email_cc: cc }, OWN)).toBe(expected));

  it("is fromAddress for a mail that answers nothing", () => expect(ownAddressNamed(undefined, OWN)).toBe(OWN[0]));

  it("is in the header; in the envelope is fromAddress, so that what comes back comes home", () => {
    const { envelope, headers } = composeMail(
      reply({ metadata: metadata({ email_to: ["help@bot.example"] }) }),
      context({ ownAddresses: [...OWN] }),
    );
    expect([envelope.from, headers.from.address]).toEqual(["bot@bot.example", "help@bot.example"]);
  });
});

describe("what an answer answers", () => {
  const here = { email_account: "work", email_folder: "INBOX", email_uid_validity: "7", email_uid: 3 };

  it("is a mail of this account, where the metadata says so in full", () => {
    expect(answeredBy(message({ metadata: metadata(here) }), "<t@x>", "work")).toEqual({
      sender: "ann@ann.example",
      thread: "<t@x>",
      place: { folder: "INBOX", uidValidity: "7", uid: 3 },
    });
  });

  it.each([
    ["of another account", { ...here, email_account: "other" }],
    ["that a bot kept only the Message-ID of", {}],
  ])("is no mail that could be marked: one %s", (_, changes) =>
    expect(answeredBy(message({ metadata: metadata(changes) }), "<t@x>", "work").place).toBeUndefined(),
  );
});
