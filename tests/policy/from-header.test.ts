import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressOf } from "../../src/domain/address.ts";
import { AllowList } from "../../src/policy/allow-list.ts";
import { decide } from "../../src/policy/decide.ts";

const options = {
  allowList: new AllowList(["admin@legit.com"], []),
  ownAddresses: ["bot@bot.test"],
  automaticMail: "ignore",
} as const;
const verdict = (header: string) => {
  const decision = decide(Buffer.from(`${header}\r\nTo: bot@bot.test\r\nSubject: x\r\n\r\n`), options);
  return decision.verdict === "accept" ? decision.address : decision.reason;
};

/** security.md 3.1: each of these must be refused, whatever a library makes of it. */
const HOSTILE: Record<string, string> = {
  a8_two_from: "From: <first@attack.com>\r\nFrom: <admin@legit.com>",
  a9_leading_space: " From: <first@attack.com>\r\nFrom: <admin@legit.com>",
  a10_trailing_space: "From: <first@attack.com>\r\nFrom : <admin@legit.com>",
  a11_fold_name: "From\r\n : <first@attack.com>\r\nFrom: <admin@legit.com>",
  a12_sender: "From\r\n : <first@attack.com>\r\nSender: <admin@legit.com>",
  a14_multi: "From: <first@attack.com>, <admin@legit.com>",
  a15_b64: "From: =?utf-8?B?PGFkbWluQGxlZ2l0LmNvbT4=?=,<second@attack.com>",
  a15b_b64_only: "From: =?utf-8?B?YWRtaW5AbGVnaXQuY29t?=",
  a15c_b64_comma: "From: =?utf-8?B?YWRtaW5AbGVnaXQuY29tLA==?= <second@attack.com>",
  a15d_b64_angle_nul: "From: =?utf-8?B?PGFkbWluQGxlZ2l0LmNvbT4A?= <second@attack.com>",
  a16_route: "From: <@attack.com,@any.com:admin@legit.com>",
  a17_qpair: "From: <admin@legit.com>\\,<second@attack.com>",
  a18_bare_first: "From: admin@legit.com,<second@attack.com>",
  a19_tail: "From: <any@attack.com>admin@legit.com",
  dn_addr: 'From: "admin@legit.com" <any@attack.com>',
  dn_angle: 'From: "Admin <admin@legit.com>" <any@attack.com>',
  quoted_local: 'From: "admin@legit.com x"@attack.com',
  quoted_local2: 'From: "admin@legit.com"@attack.com',
  comment: "From: admin@legit.com (x) <any@attack.com>",
  comment2: "From: any@attack.com (admin@legit.com)",
  comment_in: "From: <admin(comment)@legit.com>",
  group: "From: admins:admin@legit.com;",
  group2: 'From: "admin@legit.com": any@attack.com;',
  empty_group: "From: undisclosed:;",
  nul: "From: admin@legit.com\u0000@attack.com",
  nul2: "From: <admin@legit.com\u0000.attack.com>",
  crlf_ew: "From: =?utf-8?Q?admin=40legit.com=0D=0ABcc=3A_x=40attack.com?= <any@attack.com>",
  bare_lf: "From: any@attack.com\nFrom: admin@legit.com",
  bare_cr: "From: any@attack.com\rFrom: admin@legit.com",
  idn_homograph: "From: admin@l\u0435git.com",
  idn_puny: "From: admin@xn--lgit-i4d.com",
  fullwidth: "From: admin@legit\uff0ecom",
  zwsp: "From: adm\u200bin@legit.com",
  dotless: "From: adm\u0131n@legit.com",
  trailing_dot: "From: admin@legit.com.",
  semicolon: "From: <any@attack.com>; <admin@legit.com>",
  nested_angle: "From: <<admin@legit.com>@attack.com>",
  two_angle: "From: x <any@attack.com> <admin@legit.com>",
  missing: "X: y",
};

const LEGITIMATE = [
  "From: admin@legit.com",
  "From: Admin <admin@legit.com>",
  "from:admin@legit.com",
  'From: "Min, Ad" <admin@legit.com>',
  'From: "admin@legit.com" <admin@legit.com>',
  "From: =?utf-8?Q?Adm=C3=AFn?= <admin@legit.com>",
  "From: Admin\r\n\t<admin@legit.com>",
  "From: admin@legit.com (Admin)",
  "From: ADMIN@LEGIT.COM",
];

describe("who wrote this, by the bytes of From", () => {
  it.each(Object.entries(HOSTILE))("refuses %s", (_, header) => {
    expect(verdict(header)).not.toContain("@");
  });

  it.each(LEGITIMATE)("accepts %j", (header) => {
    expect(verdict(header)).toBe("admin@legit.com");
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
