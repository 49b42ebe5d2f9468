import { describe, expect, it } from "vitest";
import { readHeaderFields } from "../../src/policy/header-fields.ts";
import { readTrustedResults, trustIn } from "../../src/policy/trusted-results.ts";

const trusted = (ids: readonly string[], ...lines: readonly string[]) =>
  readTrustedResults(
    readHeaderFields(Buffer.from(`${lines.join("\r\n")}\r\nFrom: admin@legit.com\r\n\r\n`)),
    "legit.com",
    trustIn(ids),
  ).verdict;
const verdict = (...lines: readonly string[]) => trusted(["mx.bot.test"], ...lines);

const PASS = "dmarc=pass header.from=legit.com";
const AR = "Authentication-Results:";
const BORDER =
  "Received: from out.evil.example (evil [203.0.113.9]) by mx.bot.test with ESMTPS id 1; Fri, 20 Nov 2026 10:00:00 +0000";
const FOREIGN = "Received: from a.example by relay.attack.com with ESMTP id 2; Fri, 20 Nov 2026 09:00:00 +0000";
const LMTP =
  "Received: from mx.bot.test by store7 (Dovecot) with LMTP id 3 for <bot@bot.test>; Fri, 20 Nov 2026 10:00:01 +0000";

describe("results of trusted servers, by the test strings of security.md 2.8", () => {
  it.each([
    ["P", [`${AR} mx.bot.test; ${PASS}`], "pass"],
    ["N1", [], "none"],
    ["N2", [`${AR} mx.bot.test; dmarc=pass header.from=evil.test`], "fail"],
    ["N3", [`${AR} mx.bot.test; dkim=fail (dmarc=pass) header.d=x; dmarc=fail reason="; ${PASS}"`], "fail"],
    ["N4", [`${AR} evil.test; ${PASS}`], "none"],
    ["N5", [`${AR} mx.bot.test.; ${PASS}`], "forged"],
    ["N6", [`${AR} mx.bot.test; dmarc=none header.from=legit.com`, `${AR} mx.bot.test; ${PASS}`], "none"],
    ["N7", [`${AR} mx.bot.test; spf=pass smtp.mailfrom=any@legit.com(a.attack.com`], "none"],
    ["N8", [`${AR} mx.bot.test; dkim=pass header.d=legit.com'a.attack.com`], "none"],
    ["N10", [`${AR} MX.BOT.TEST 1 ; dmarc=Pass (p=none)\r\n header.from=LEGIT.COM`], "pass"],
    ["N11", [`${AR} mx.bot.test; none`], "none"],
  ] as const)("%s", (_, lines, expected) => {
    expect(verdict(...lines)).toBe(expected);
  });

  it("S-A1: believes nobody who is not configured", () => {
    expect(trusted([], `${AR} mx.bot.test; ${PASS}`)).toBe("none");
  });

  it("S-A2: passes over methods and properties that it does not know", () => {
    expect(verdict(`${AR} mx.bot.test; x-new=maybe foo.bar=1; ${PASS} policy.x=y`)).toBe("pass");
  });

  it.each(["ARC-Authentication-Results: i=1;", "X-Original-Authentication-Results:", "X-Authentication-Results:"])(
    "S-A3: reads no %s",
    (name) => expect(verdict(`${name} mx.bot.test; ${PASS}`)).toBe("none"),
  );

  it.each([
    ["above the border's Received", [`${AR} mx.bot.test; ${PASS}`, BORDER, FOREIGN], "pass"],
    ["directly below the border's Received", [BORDER, `${AR} mx.bot.test; ${PASS}`, FOREIGN], "pass"],
    ["behind a delivery by LMTP", [LMTP, `${AR} mx.bot.test; ${PASS}`, BORDER], "pass"],
    ["behind a delivery by LMTP and the border", [LMTP, BORDER, `${AR} mx.bot.test; ${PASS}`], "pass"],
    ["by a host of the trusted domain", [BORDER.replace("by mx.", "by in3.mx."), `${AR} mx.bot.test; ${PASS}`], "pass"],
  ] as const)("S-A4: believes results %s", (_, lines, expected) => {
    expect(verdict(...lines)).toBe(expected);
  });

  it.each([
    ["below a Received of somebody else", [FOREIGN, `${AR} mx.bot.test; ${PASS}`]],
    [
      "the same, with the border's own results above",
      [`${AR} mx.bot.test; ${PASS}`, BORDER, FOREIGN, `${AR} mx.bot.test; ${PASS}`],
    ],
    ["below a Received that only says it is ours", [BORDER, BORDER, `${AR} mx.bot.test; ${PASS}`]],
    [
      "the same, from who calls himself ours",
      [BORDER.replace("out.evil.example", "mx.bot.test"), BORDER, `${AR} mx.bot.test; ${PASS}`],
    ],
    ["below a delivery by LMTP that came from outside", [BORDER, LMTP, `${AR} mx.bot.test; ${PASS}`]],
    ["below a Received that cannot be read", ["Received: (", `${AR} mx.bot.test; ${PASS}`]],
    ["a host that only ends like ours", [BORDER.replace("by mx.", "by evilmx."), `${AR} mx.bot.test; ${PASS}`]],
  ] as const)("S-A4: a copy is a forgery: %s", (_, lines) => {
    expect(verdict(...lines)).toBe("forged");
  });

  it("S-A4: the worst of several wins, and only the topmost block can let anybody in", () => {
    expect(verdict(`${AR} mx.bot.test; ${PASS}`, `${AR} mx.bot.test; dmarc=fail header.from=legit.com`)).toBe("fail");
    expect(verdict(`${AR} mx.bot.test; spf=pass`, `${AR} mx.bot.test; dkim=none`, `${AR} mx.bot.test; ${PASS}`)).toBe(
      "pass",
    );
    const inner = BORDER.replace(/from .*? by/, "from localhost (localhost [127.0.0.1]) by");
    expect(verdict(`${AR} mx.bot.test; spf=fail`, inner, `${AR} mx.bot.test; ${PASS}`)).toBe("none");
  });

  it.each([
    "mx.bot.test.",
    "mx.bot.test..",
    '"mx.bot.test"',
    "mx.bot.test (x)",
    "(x) mx.bot.test",
    "mx.bot.test 2",
    "mx\u200b.bot.test",
    "ｍx.bot.test",
    "mx。bot。test",
  ])("S-A5: %s is a forgery", (id) => {
    expect(verdict(`${AR} ${id}; ${PASS}`)).toBe("forged");
  });

  it("S-A6: results that cannot be read to their end let nobody in, whatever stands before that", () => {
    expect(verdict(`${AR} mx.bot.test; ${PASS}; spf=pass (x`)).toBe("none");
    expect(verdict(`${AR} mx.bot.test; ${PASS}`, `${AR} mx.bot.test; spf="`)).toBe("none");
  });

  it("S-A5: the A-label and the U-label are one name, of which one is written", () => {
    expect(trusted(["mx.xn--bcher-kva.test"], `${AR} mx.bücher.test; ${PASS}`)).toBe("forged");
    expect(trusted(["mx.xn--bcher-kva.test"], `${AR} mx.xn--bcher-kva.test; ${PASS}`)).toBe("pass");
  });

  it.each([
    "dkim=pass header.d=legit.com",
    "spf=pass smtp.mailfrom=admin@legit.com",
    "dmarc=temperror header.from=legit.com",
    "dmarc=permerror",
    "dmarc=bestguesspass header.from=legit.com",
    "dmarc=pass",
    "dmarc=pass header.from=legit.com header.from=legit.com; dmarc=none",
  ])("S-A6, S-A7: %s lets nobody in", (result) =>
    expect(["none", "fail"]).toContain(verdict(`${AR} mx.bot.test; ${result}`)),
  );
});

describe("S-A10: Microsoft 365, which writes no id", () => {
  const results = (from: string, dmarc = "pass") =>
    `${AR} spf=pass (sender IP is 203.0.113.5)\r\n smtp.mailfrom=${from}; dkim=pass (signature was verified)\r\n header.d=${from};dmarc=${dmarc} action=none\r\n header.from=${from};compauth=pass reason=100`;
  const inside =
    "Received: from DB8EUR05FT003.eop-eur05.prod.protection.outlook.com (2603:10a6:10:1::5) by AM0PR01MB0001.eurprd01.prod.outlook.com (2603:10a6:208:1::10) with Microsoft SMTP Server (version=TLS1_3) id 15.20.1; Fri, 20 Nov 2026 10:00:00 +0000";
  const border =
    "Received: from mail.legit.com (203.0.113.5) by DB8EUR05FT003.mail.protection.outlook.com (10.1.1.1) with Microsoft SMTP Server id 15.20.1 via Frontend Transport; Fri, 20 Nov 2026 10:00:00 +0000";
  const m365 = (...lines: readonly string[]) => trusted(["microsoft365"], ...lines);

  it("is believed above the first Received that is not Microsoft's", () => {
    expect(m365(inside, results("legit.com"), border, FOREIGN)).toBe("pass");
    expect(m365(inside, results("legit.com", "fail"), border, FOREIGN)).toBe("fail");
    expect(m365(inside, results("evil.test"), border, FOREIGN)).toBe("fail");
  });

  it("is believed nowhere else", () => {
    expect(m365(FOREIGN, results("legit.com"))).toBe("none");
    expect(m365(border.replace("mail.protection.outlook.com", "outlook.com.evil.test"), results("legit.com"))).toBe(
      "none",
    );
    expect(m365(inside, border, FOREIGN, results("legit.com"))).toBe("none");
    expect(verdict(inside, results("legit.com"), border)).toBe("none");
  });

  it("is not spoilt by what the sender's own Microsoft 365 wrote", () => {
    expect(
      m365(
        inside,
        results("legit.com"),
        border.replace("mail.legit.com", "x.outlook.com"),
        results("legit.com", "none"),
      ),
    ).toBe("pass");
  });

  it("does not believe results with somebody's id", () => {
    expect(m365(inside, `${AR} evil.test; ${PASS}`, border)).toBe("none");
  });
});

describe("Google, whose inner hops name no host", () => {
  const inner = "Received: by 2002:a05:7010:a21:b0:3c5:1 with SMTP id y33csp1; Fri, 20 Nov 2026 10:00:00 +0000";
  const border =
    "Received: from mail.legit.com (mail.legit.com. [203.0.113.5]) by mx.google.com with ESMTPS id f1si1; Fri, 20 Nov 2026 10:00:00 +0000";
  const google = (...lines: readonly string[]) => trusted(["mx.google.com"], ...lines);

  it("is believed by the name it writes", () => {
    expect(google(inner, border, `${AR} mx.google.com; ${PASS}`, FOREIGN)).toBe("pass");
    expect(google(inner, border, `${AR} mx.google.com; ${PASS}`, FOREIGN, `${AR} mx.google.com; ${PASS}`)).toBe(
      "forged",
    );
    expect(google(FOREIGN, inner, border, `${AR} mx.google.com; ${PASS}`)).toBe("forged");
  });
});
