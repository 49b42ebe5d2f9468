import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf } from "../../src/domain/address.ts";
import { AllowList } from "../../src/policy/allow-list.ts";
import { decide } from "../../src/policy/decide.ts";
import { HOSTILE, LEGITIMATE } from "./from-headers.ts";

const options = {
  allowList: new AllowList(["admin@legit.com"], []),
  ownAddresses: ["bot@bot.test"],
  automaticMail: "ignore",
} as const;
const verdict = (header: string) => {
  const decision = decide(Buffer.from(`${header}\r\nTo: bot@bot.test\r\nSubject: x\r\n\r\n`), options);
  return decision.verdict === "accept" ? decision.address : decision.reason;
};

describe("who wrote this, by the bytes of From", () => {
  it.each(Object.entries(HOSTILE))("refuses %s", (_, header) => {
    expect(verdict(header)).not.toContain("@");
  });

  it.each(LEGITIMATE)("accepts %j", (header) => {
    expect(verdict(header)).toBe("admin@legit.com");
  });

  it("takes no byte more for the same address, wherever it stands, but white space inside of the brackets", () => {
    const address = "admin@legit.com";
    const accepted: string[] = [];
    for (let at = 0; at <= address.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const written = Buffer.from(
          `From: <${address.slice(0, at)}${String.fromCharCode(byte)}${address.slice(at)}>`,
          "latin1",
        );
        const mail = Buffer.concat([written, Buffer.from("\r\nTo: bot@bot.test\r\n\r\n")]);
        if (decide(mail, options).verdict === "accept") accepted.push(written.toString("latin1"));
      }
    }
    expect(accepted).toEqual([
      "From: <\tadmin@legit.com>",
      "From: < admin@legit.com>",
      "From: <admin@legit.com\t>",
      "From: <admin@legit.com >",
    ]);
  });

  it.each([
    ["behind 5,000 other fields", `X: y\r\n`.repeat(5_000)],
    ["behind 256 kB", `X: ${"y".repeat(300_000)}\r\n`],
  ])("a second From that nobody has looked at lets nobody in: %s", (_, between) => {
    expect(verdict(`From: <admin@legit.com>\r\n${between}From: <first@attack.com>`)).toBe("header-malformed");
  });

  it("a9_leading_space: also when the server's own header stands above it, but not what a signature lists", () => {
    const above = "Received: from a by b with LMTP; Fri, 20 Nov 2026 10:00:00 +0000\r\n";
    expect(verdict(`${above} From: <first@attack.com>\r\nFrom: <admin@legit.com>`)).toBe("header-malformed");
    const signature = "DKIM-Signature: v=1; d=legit.com; h=To:\r\n\tFrom:Subject; i=@legit.com; b=AAAA\r\n";
    expect(verdict(`${above}${signature}From: admin@legit.com`)).toBe("admin@legit.com");
  });

  it("reads a hostile display name in linear time", () => {
    const startedAt = performance.now();
    expect(verdict(`From: ${"a ".repeat(900)}!@`)).toBe("from-invalid");
    expect(verdict(`From: ${'"'.repeat(1900)}`)).toBe("from-invalid");
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});

describe("whoever is let in", () => {
  const open = { ...options, allowList: new AllowList([], []) };

  it.each([`${"a".repeat(65)}@example.org`, `ann@${"b".repeat(64)}.org`, "a\u0085b@example.org"])(
    "can be answered: %j cannot, and is refused",
    (address) => expect(decide(Buffer.from(`From: ${address}\r\n\r\n`), open).verdict).toBe("refuse"),
  );

  it("can be answered, whatever the address", () => {
    const local = fc.string({
      unit: fc.constantFrom("a", "b", ".", "+", "-", "_", "é", "\u0080", "\u00ad", "'"),
      minLength: 1,
      maxLength: 70,
    });
    const domain = fc.string({ unit: fc.constantFrom("a", "b", ".", "-", "é"), minLength: 1, maxLength: 70 });
    fc.assert(
      fc.property(local, domain, (name, host) => {
        const decision = decide(Buffer.from(`From: ${name}@${host}.org\r\n\r\n`), open);
        if (decision.verdict === "accept") expect(addressOf(decision.address)).toBe(decision.address);
      }),
    );
  });
});
