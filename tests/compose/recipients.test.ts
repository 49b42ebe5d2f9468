import { describe, expect, it } from "vitest";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { InvalidMessageError } from "../../src/domain/errors.ts";
import { context, message, metadata, reply } from "./context.ts";

const addresses = (list: readonly { address: string }[]) => list.map(({ address }) => address);

describe("who gets a reply", () => {
  it("is the person of the session and nobody that the mail's headers name", () => {
    const mail = composeMail(
      reply({
        metadata: metadata({
          email_reply_to: ["leak@evil.example"],
          email_to: ["bot@bot.example"],
          email_cc: ["all@ann.example"],
        }),
      }),
      context(),
    );
    expect(mail.envelope).toEqual({ from: "bot@bot.example", to: ["ann@ann.example"] });
    expect(addresses(mail.headers.to)).toEqual(["ann@ann.example"]);
    expect(mail.headers.cc).toEqual([]);
  });

  it("is everybody addressed, less ourselves and whom policy refuses, with replyAll", () => {
    const mail = composeMail(
      reply({
        replyAll: true,
        metadata: metadata({
          email_to: ["Bot <BOT+x@bot.example>", "ben@ann.example"],
          email_cc: ["cy@ann.example", "out@evil.example", "not an address"],
        }),
      }),
      context({ mayReceive: (address) => !address.endsWith("@evil.example") }),
    );
    expect(addresses(mail.headers.to)).toEqual(["ann@ann.example", "ben@ann.example"]);
    expect(addresses(mail.headers.cc)).toEqual(["cy@ann.example"]);
  });
});

describe("further recipients", () => {
  it("are added, each once, Bcc to the envelope only", () => {
    const mail = composeMail(
      message({
        to: ["ben@x.example", "ANN@ann.example"],
        cc: ["cy@x.example"],
        bcc: ["boss@x.example", "Cy@x.example"],
      }),
      context(),
    );
    expect(mail.envelope.to).toEqual(["ann@ann.example", "ben@x.example", "cy@x.example", "boss@x.example"]);
    expect(addresses(mail.headers.to)).toEqual(["ann@ann.example", "ben@x.example"]);
    expect(JSON.stringify(mail.headers)).not.toContain("boss@");
  });

  it.each([
    "a@b.example\r\nRCPT TO:<evil@x.example>",
    "a@b.example, evil@x.example",
    "Ann <ann@b.example>",
    "group: evil@x.example;",
    "a@b.example\0",
    "a@b@c.example",
    "a b@c.example",
    '"a b"@c.example',
    "@c.example",
    "a@",
    "a@exa。mple.org",
    "a@b.example\u200b",
    "",
  ])("are refused with a clear sentence unless they are one address: %j", (address) => {
    expect(() => composeMail(message({ cc: [address] }), context())).toThrow(InvalidMessageError);
    expect(() => composeMail(message({ cc: [address] }), context())).toThrow(
      /^cc\[0\]: .* is not one e-mail address\. Give a bare address such as "ann@example\.org", one per entry\.$/,
    );
  });

  it("may have a domain outside of ASCII, which goes out as A-labels", () => {
    expect(composeMail(message({ to: ["jo@bücher.example"] }), context()).envelope.to).toContain(
      "jo@xn--bcher-kva.example",
    );
  });

  it("are a hundred at most", () => {
    const many = Array.from({ length: 100 }, (_, index) => `u${index}@x.example`);
    expect(() => composeMail(message({ bcc: many }), context())).toThrow("at most 100 recipients, this one has 101");
  });
});
