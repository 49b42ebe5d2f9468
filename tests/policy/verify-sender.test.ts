import { describe, expect, it } from "vitest";
import { DnsError } from "../../src/domain/errors.ts";
import { bodyStart, headerEnd } from "../../src/domain/header-end.ts";
import { AllowList } from "../../src/policy/allow-list.ts";
import { DnsTexts } from "../../src/policy/dns-texts.ts";
import { judgeMail } from "../../src/policy/judge-mail.ts";
import { type Evidence, SenderVerifier } from "../../src/policy/verify-sender.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { KEYS, type Signer, type Zone, dnsFailure, signed, zone } from "./signed-mail.ts";

const mailOf = (from: string, ...more: readonly string[]) =>
  [
    ...more,
    `From: ${from}`,
    "To: bot@bot.test",
    "Subject: x",
    "Message-ID: <1@x>",
    "Date: Fri, 20 Nov 2026 10:00:00 +0000",
    "",
    "How are you?",
    "",
  ].join("\r\n");

const DMARC = "v=DMARC1; p=reject";
const RECEIVED_AT = new Date("2026-11-20T10:00:00Z");

type Mode = "require" | "auto" | "off";

/** What is said of a mail, and what the DNS was asked for that. */
async function judge(
  mail: string | Buffer,
  mode: Mode,
  records: Zone = {},
  trustedAuthservIds: readonly string[] = [],
) {
  const { resolve, asked } = zone(records);
  const verifier = new SenderVerifier({ mode, trustedAuthservIds, resolve, cancel: () => {}, clock: systemClock });
  const policy = { allowList: new AllowList([], []), ownAddresses: ["bot@bot.test"], automaticMail: "ignore" } as const;
  try {
    const found = await judgeMail(Buffer.from(mail), RECEIVED_AT, { policy, verifier });
    const said = found.verdict === "accept" ? `${found.proof.verification}: ${found.proof.reason}` : found.reason;
    return { said, asked };
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    return { said: "deferred", asked };
  }
}
const said = async (...args: Parameters<typeof judge>) => (await judge(...args)).said;
const signedMail = async (from: string, signer: Signer) => await signed(mailOf(from), signer);

describe("auto: a domain that publishes DMARC must pass it", () => {
  it.each(["v=DMARC1; p=reject", "v=DMARC1; p=none", "v=DMARC1", "v=DMARC1; p=quarantine; pct=0; t=y"])(
    "%s",
    async (record) => {
      const records = { "_dmarc.legit.com": record, "rsa._domainkey.legit.com": KEYS.rsa };
      expect(await said(mailOf("admin@legit.com"), "auto", records)).toBe("dmarc-failed");
      expect(await said(await signedMail("admin@legit.com", {}), "auto", records)).toBe("verified: dkim");
      expect(
        await said(await signedMail("admin@legit.com", { domain: "attack.com" }), "auto", {
          ...records,
          "rsa._domainkey.attack.com": KEYS.rsa,
        }),
      ).toBe("dmarc-failed");
    },
  );

  it("also when the record stands at a domain above", async () => {
    expect(await judge(mailOf("a@x.y.legit.co.uk"), "auto", { "_dmarc.legit.co.uk": DMARC })).toEqual({
      said: "dmarc-failed",
      asked: ["_dmarc.x.y.legit.co.uk", "_dmarc.y.legit.co.uk", "_dmarc.legit.co.uk"],
    });
  });

  it("asks no more than eight times, however many labels a name has (RFC 9989)", async () => {
    const { asked } = await judge(mailOf(`a@${"x.".repeat(60)}legit.com`), "auto");
    expect(asked).toHaveLength(8);
    expect(asked.at(-1)).toBe("_dmarc.legit.com");
  });

  it("lets a domain in as unverified that publishes none", async () => {
    expect(await judge(mailOf("ann@small.org"), "auto")).toEqual({
      said: "unverified: no-dmarc",
      asked: ["_dmarc.small.org"],
    });
    expect(await said(mailOf("ann@small.org"), "auto", { "_dmarc.small.org": "v=spf1 -all" })).toBe(
      "unverified: no-dmarc",
    );
  });

  it("says so when it has signed all the same", async () => {
    const records = { "rsa._domainkey.small.org": KEYS.rsa };
    expect(await said(await signedMail("ann@small.org", { domain: "small.org" }), "auto", records)).toBe(
      "verified: dkim",
    );
    expect(
      await said(await signedMail("ann@small.org", { domain: "small.org" }), "auto", {
        "rsa._domainkey.small.org": KEYS.other,
      }),
    ).toBe("unverified: no-dmarc");
  });

  it.each([
    "a.test", "example", "a.example", "b.invalid", "localhost", "x.localhost", "printer.local", "x.onion", "a.alt", "b.internal",
    "home.arpa", "example.com", "mail.example.net", "example.org",
  ])("asks nothing about %s, which can publish nothing", async (domain) => {
    const mail = await signedMail(`ann@${domain}`, { domain: "a.test" });
    expect(await judge(mail, "auto")).toEqual({ said: "unverified: reserved-domain", asked: [] });
    expect(await judge(mail, "require")).toEqual({ said: "not-verified", asked: [] });
  }); // prettier-ignore

  it("R3: refuses a mail that returns to another domain and is not proved", async () => {
    expect(await said(mailOf("admin@small.org", "Return-Path: <leak@attack.com>"), "auto")).toBe("return-path-foreign");
    expect(await said(mailOf("admin@small.org", "Return-Path: <x@bounce.small.org>"), "auto")).toBe(
      "unverified: no-dmarc",
    );
    const mail = await signedMail("admin@small.org", { domain: "small.org" });
    const forwarded = Buffer.concat([Buffer.from("Return-Path: <x@forwarder.net>\r\n"), mail]);
    expect(await said(forwarded, "auto", { "rsa._domainkey.small.org": KEYS.rsa })).toBe("verified: dkim");
  });

  it("R3: Sender and Resent-From are nobody", async () => {
    const mail = mailOf("admin@legit.com", "Sender: ann@small.org", "Resent-From: ann@small.org");
    expect(await judge(mail, "auto", { "_dmarc.legit.com": DMARC })).toEqual({
      said: "dmarc-failed",
      asked: ["_dmarc.legit.com"],
    });
  });
});

describe("alignment", () => {
  const keys = (domain: string) => ({ [`rsa._domainkey.${domain}`]: KEYS.rsa });

  it.each([
    ["admin@legit.com", "mail.legit.com", "v=DMARC1; p=reject", "verified: dkim"],
    ["admin@legit.com", "mail.legit.com", "v=DMARC1; p=reject; adkim=s", "dmarc-failed"],
    ["admin@legit.com", "legit.com", "v=DMARC1; p=reject; adkim=s", "verified: dkim"],
    ["admin@mail.legit.com", "legit.com", "v=DMARC1; p=reject", "verified: dkim"],
    ["admin@mail.legit.com", "other.legit.com", "v=DMARC1; p=reject", "verified: dkim"],
    ["admin@legit.com", "evil-legit.com", "v=DMARC1; p=reject", "dmarc-failed"],
    ["admin@legit.com", "com", "v=DMARC1; p=reject", "dmarc-failed"],
  ])("%s signed by %s under %s: %s", async (from, domain, record, expected) => {
    const records = { "_dmarc.legit.com": record, ...keys(domain) };
    expect(await said(await signedMail(from, { domain }), "auto", records)).toBe(expected);
  });

  it("S-A9: without a policy, a domain below speaks for none above it", async () => {
    const mail = await signedMail("admin@legit.com", { domain: "evil.legit.com" });
    expect(await said(mail, "require", keys("evil.legit.com"))).toBe("not-verified");
    const parent = await signedMail("admin@mail.legit.com", { domain: "legit.com" });
    expect(await said(parent, "require", keys("legit.com"))).toBe("verified: dkim");
  });

  it.each([
    ["victim.github.io", "evil.github.io"],
    ["victim.co.uk", "evil.co.uk"],
    ["github.io", "evil.github.io"],
  ])("neighbours under a public suffix are strangers: %s and %s", async (victim, evil) => {
    const mail = await signedMail(`admin@${victim}`, { domain: evil });
    expect(await said(mail, "auto", { [`_dmarc.${victim}`]: DMARC, ...keys(evil) })).toBe("dmarc-failed");
  });

  it("a domain with other letters is the same in both forms", async () => {
    const records = { "_dmarc.xn--bcher-kva.com": DMARC, ...keys("xn--bcher-kva.com") };
    for (const from of ["ann@bücher.com", "ann@xn--bcher-kva.com"])
      expect(await said(await signedMail(from, { domain: "xn--bcher-kva.com" }), "auto", records)).toBe(
        "verified: dkim",
      );
  });
});

describe("require: only who is verified", () => {
  it("N1: no evidence, no question", async () => {
    expect(await judge(mailOf("ann@small.org"), "require")).toEqual({ said: "not-verified", asked: [] });
  });

  it("N9: results in an attached mail are nobody's", async () => {
    const attached = `${mailOf("admin@legit.com", "Content-Type: message/rfc822")}\r\nAuthentication-Results: mx.bot.test; dmarc=pass header.from=legit.com\r\n\r\nx`;
    expect(await said(attached, "require", {}, ["mx.bot.test"])).toBe("not-verified");
  });

  it("N12: a header of 10 MB costs less than a second", async () => {
    const startedAt = performance.now();
    const line = `Authentication-Results: mx.bot.test; ${"dkim=pass (x) ".repeat(700_000)}; dmarc=pass header.from=legit.com`;
    expect(await said(mailOf("admin@legit.com", line), "require", {}, ["mx.bot.test"])).not.toContain("verified:");
    expect(
      await said(`${mailOf("admin@legit.com").split("\r\n\r\n")[0]}\r\n${line}\r\n\r\nx`, "require", {}, [
        "mx.bot.test",
      ]),
    ).toBe("header-malformed");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it("P: the word of a trusted server is enough, and asks the DNS nothing", async () => {
    const mail = mailOf("admin@legit.com", "Authentication-Results: mx.bot.test; dmarc=pass header.from=legit.com");
    expect(await judge(mail, "require", {}, ["mx.bot.test"])).toEqual({
      said: "verified: authentication-results",
      asked: [],
    });
    expect(await said(mail, "require")).toBe("not-verified");
    expect(await said(mail.replace("mx.bot.test;", "mx.bot.test.;"), "auto", {}, ["mx.bot.test"])).toBe(
      "results-forged",
    );
    expect(await said(mail.replace("=pass", "=fail"), "auto", {}, ["mx.bot.test"])).toBe("results-failed");
  });

  it("S-A6: spf=pass alone does not suffice, but then DKIM is checked here", async () => {
    const records = { "rsa._domainkey.legit.com": KEYS.rsa };
    const spf = "Authentication-Results: mx.bot.test; spf=pass smtp.mailfrom=legit.com";
    expect(await said(mailOf("admin@legit.com", spf), "require", records, ["mx.bot.test"])).toBe("not-verified");
    const mail = Buffer.concat([Buffer.from(`${spf}\r\n`), await signedMail("admin@legit.com", {})]);
    expect(await said(mail, "require", records, ["mx.bot.test"])).toBe("verified: dkim");
  });
});

describe("off: no check", () => {
  it("asks nothing and believes nothing", async () => {
    const mail = mailOf("admin@legit.com", "Authentication-Results: mx.bot.test; dmarc=fail");
    expect(await judge(mail, "off", {}, ["mx.bot.test"])).toEqual({ said: "unverified: not-checked", asked: [] });
  });
});

describe("a DNS that does not answer", () => {
  it("puts off what it would have decided, and nothing else", async () => {
    const down = { "_dmarc.legit.com": dnsFailure(), "rsa._domainkey.legit.com": KEYS.rsa };
    expect(await said(mailOf("admin@legit.com"), "auto", down)).toBe("deferred");
    expect(await said(mailOf("admin@legit.com"), "require", down)).toBe("not-verified");
    expect(await said(await signedMail("admin@legit.com", {}), "auto", down)).toBe("verified: dkim");
    const noKey = { "_dmarc.legit.com": DMARC, "rsa._domainkey.legit.com": dnsFailure() };
    expect(await said(await signedMail("admin@legit.com", {}), "auto", noKey)).toBe("deferred");
    expect(await said(await signedMail("admin@legit.com", {}), "require", noKey)).toBe("deferred");
    expect(
      await said(await signedMail("ann@small.org", { domain: "small.org" }), "auto", {
        "rsa._domainkey.small.org": dnsFailure(),
      }),
    ).toBe("unverified: no-dmarc");
  });

  it("is given up after its time limit, and asked again soon", async () => {
    const clock = new ManualClock();
    let asked = 0;
    const dns = new DnsTexts(async () => (asked++, await new Promise(() => {})), clock);
    const failure = dns.lookUp("a.org").catch((error: unknown) => error);
    await clock.run(5_000);
    expect(await failure).toBeInstanceOf(DnsError);
    expect(clock.slept).toEqual([5_000]);
    await expect(dns.lookUp("a.org")).rejects.toBeInstanceOf(DnsError);
    expect(asked).toBe(1);
    await clock.run(4_001);
    void dns.lookUp("a.org").catch(() => undefined);
    expect(asked).toBe(2);
  });

  it("is not waited for about a name that nobody can ask for", async () => {
    const badName = async () =>
      await Promise.reject(Object.assign(new Error("queryTxt EBADNAME"), { code: "EBADNAME" }));
    const dns = new DnsTexts(badName, systemClock);
    expect(await dns.lookUp("a..b")).toEqual([]);
    const never = new DnsTexts(async () => await Promise.reject(new Error("asked")), systemClock);
    expect(await never.lookUp(`_dmarc.${"a".repeat(250)}`)).toEqual([]);
  });

  it("lets go of whoever waits when it is closed", async () => {
    const dns = new DnsTexts(async () => await new Promise(() => {}), systemClock);
    const waiting = dns.lookUp("a.org");
    dns.close();
    await expect(waiting).rejects.toBeInstanceOf(DnsError);
    await expect(dns.lookUp("b.org")).rejects.toBeInstanceOf(DnsError);
  });
});

describe("what the DNS has said", () => {
  it("is remembered for ten minutes, also that there is nothing, and asked once for all who wait", async () => {
    const clock = new ManualClock();
    const { resolve, asked } = zone({ "a.org": "x" });
    const dns = new DnsTexts(resolve, clock);
    expect(await Promise.all([dns.lookUp("a.org"), dns.lookUp("a.org"), dns.lookUp("b.org")])).toEqual([
      ["x"],
      ["x"],
      [],
    ]);
    await dns.lookUp("b.org");
    expect(asked).toEqual(["a.org", "b.org"]);
    clock.advance(10 * 60_000 + 1);
    await dns.lookUp("a.org");
    expect(asked).toEqual(["a.org", "b.org", "a.org"]);
  });

  it("takes bounded room", async () => {
    const { resolve, asked } = zone({ long: "x".repeat(5_000), many: Array.from({ length: 100 }, () => "y") });
    const dns = new DnsTexts(resolve, new ManualClock());
    expect(await dns.lookUp("long")).toEqual([]);
    expect(await dns.lookUp("many")).toHaveLength(32);
    for (let n = 0; n < 5_000; n++) await dns.lookUp(`${n}.org`);
    await dns.lookUp("long");
    expect(asked.filter((name) => name === "long")).toHaveLength(2);
  });
});

describe("before the body is there", () => {
  const early = async (mail: Buffer, records: Zone, more: Partial<Evidence> = {}, mode: Mode = "auto") => {
    const verifier = new SenderVerifier({
      mode,
      trustedAuthservIds: [],
      ...zone(records),
      cancel: () => {},
      clock: systemClock,
    });
    const header = mail.subarray(0, headerEnd(mail));
    const verdict = await verifier.verify({
      header,
      address: "admin@legit.com",
      receivedAt: RECEIVED_AT,
      body: "later",
      ...more,
    });
    return verdict.verdict === "refuse" ? verdict.reason : verdict.verdict;
  };
  const records = { "_dmarc.legit.com": DMARC, "rsa._domainkey.legit.com": KEYS.rsa };

  it("is told what needs none", async () => {
    expect(await early(Buffer.from(mailOf("admin@legit.com")), records)).toBe("dmarc-failed");
    expect(await early(await signedMail("admin@legit.com", { domain: "attack.com" }), records)).toBe("dmarc-failed");
    expect(await early(await signedMail("admin@legit.com", { selector: "nowhere" }), records)).toBe("dmarc-failed");
    expect(await early(await signedMail("admin@legit.com", {}), records)).toBe("undecided");
  });

  it("is not read when the signature does not even fit the header", async () => {
    const mail = Buffer.from((await signedMail("admin@legit.com", {})).toString().replace("Subject: x", "Subject: y"));
    const body = () => {
      throw new Error("read");
    };
    expect(await early(mail, records, { body })).toBe("dmarc-failed");
  });

  it("a body that streams is checked as it comes", async () => {
    const mail = await signedMail("admin@legit.com", {});
    const start = bodyStart(mail, headerEnd(mail));
    const pieces = (text: Buffer) =>
      async function* () {
        for (let at = 0; at < text.length; at++) yield text.subarray(at, at + 1);
      };
    expect(await early(mail, records, { body: pieces(mail.subarray(start)) })).toBe("accept");
    expect(await early(mail, records, { body: pieces(mail.subarray(start + 1)) })).toBe("dmarc-failed");
  });

  it("a mail that is too large to be downloaded is not proved by a signature", async () => {
    expect(await early(await signedMail("admin@legit.com", {}), records, { body: "never" })).toBe("dmarc-failed");
  });
});
