import fc from "fast-check";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { describe, expect, it } from "vitest";
import { SenderVerifier } from "../../src/policy/verify-sender.ts";
import { headerEnd, bodyStart } from "../../src/domain/header-end.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { KEYS, type Signer, type Zone, signed, zone } from "./signed-mail.ts";

const MAIL = [
  "From: Admin <admin@legit.com>",
  "To: bot@bot.test",
  "Subject:  A   question\t",
  " that is folded ",
  "Message-ID: <1@legit.com>",
  "Date: Fri, 20 Nov 2026 10:00:00 +0000",
  "MIME-Version: 1.0",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "How are you?  ",
  "\tI am  well. ",
  "",
  "",
].join("\r\n");

const records: Zone = {
  "_dmarc.legit.com": "v=DMARC1; p=none",
  "rsa._domainkey.legit.com": KEYS.rsa,
  "pkcs1._domainkey.legit.com": KEYS.pkcs1,
  "ed25519._domainkey.legit.com": KEYS.ed25519,
  "weak._domainkey.legit.com": KEYS.weak,
  "strange._domainkey.legit.com": ["some other record", KEYS.other, KEYS.rsa],
  "revoked._domainkey.legit.com": "v=DKIM1; p=",
  "web._domainkey.legit.com": `${KEYS.rsa}; s=tlsrpt`,
  "sha1._domainkey.legit.com": `${KEYS.rsa}; h=sha1`,
};

async function ours(mail: Buffer, given: Zone = records): Promise<string> {
  const verifier = new SenderVerifier({
    mode: "auto",
    trustedAuthservIds: [],
    ...zone(given),
    cancel: () => {},
    clock: systemClock,
  });
  const end = headerEnd(mail);
  const verdict = await verifier.verify({
    header: mail.subarray(0, end),
    address: "admin@legit.com",
    receivedAt: new Date("2026-11-20T10:00:00Z"),
    body: mail.subarray(bodyStart(mail, end)),
  });
  if (verdict.verdict === "accept") return verdict.reason;
  return verdict.verdict === "refuse" ? verdict.reason : verdict.verdict;
}

async function theirs(mail: Buffer): Promise<string> {
  const { results } = await dkimVerify(mail, { resolver: zone(records).resolve });
  return results.some(({ status }) => status.result === "pass") ? "dkim" : "dmarc-failed";
}

describe("a DKIM signature (RFC 6376)", () => {
  it.each(["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"])(
    "is good with %s",
    async (canonicalization) => {
      const mail = await signed(MAIL, { canonicalization });
      expect(await theirs(mail)).toBe("dkim");
      expect(await ours(mail)).toBe("dkim");
    },
  );

  it.each<[string, Signer]>([
    ["an Ed25519 key (RFC 8463)", { key: "ed25519" }],
    ["a key as RSAPublicKey", { selector: "pkcs1" }],
    ["its key among other records", { selector: "strange" }],
    ["an expiry in time", { expires: new Date("2026-11-20T10:00:01Z") }],
  ])("is good with %s", async (_, signer) => {
    expect(await ours(await signed(MAIL, signer))).toBe("dkim");
  });

  it.each<[string, Signer]>([
    ["no key in the DNS", { selector: "nowhere" }],
    ["a revoked key", { selector: "revoked" }],
    ["a key for something else", { selector: "web" }],
    ["a key for SHA-1 only", { selector: "sha1" }],
    ["a key of 512 bits (RFC 8301)", { key: "weak" }],
    [
      "an expiry before the mail arrived",
      { signTime: new Date("2026-11-18T10:00:00Z"), expires: new Date("2026-11-19T10:00:00Z") },
    ],
    ["SHA-1 (RFC 8301)", { algorithm: "rsa-sha1" }],
    ["only the beginning of the body", { maxBodyLength: 5 }],
    ["somebody else's domain", { domain: "attack.com" }],
    ["From not among what is signed", { headerList: "to:subject" }],
  ])("is worth nothing with %s", async (_, signer) => {
    const mail = await signed(MAIL, signer).catch(() => undefined);
    expect(mail === undefined ? "dmarc-failed" : await ours(mail)).toBe("dmarc-failed");
  });

  it.each<[string, (mail: string) => string]>([
    ["the text", (mail) => mail.replace("well", "ill")],
    ["the end of the text", (mail) => `${mail}One more line.\r\n`],
    ["Subject", (mail) => mail.replace("A   question", "An order")],
    ["From's name", (mail) => mail.replace("Admin <", "Root <")],
    ["the signature", (mail) => mail.replace(/ b=(.)/, (_, first) => ` b=${first === "A" ? "B" : "A"}`)],
    ["a second Subject above", (mail) => `Subject: An order\r\n${mail}`],
    ["a second Content-Type above", (mail) => `Content-Type: text/html\r\n${mail}`],
    ["a second To below the others", (mail) => mail.replace("\r\n\r\n", "\r\nTo: x@y.org\r\n\r\n")],
  ])("does not survive a change of %s", async (_, change) => {
    const mail = await signed(MAIL);
    expect(await ours(mail)).toBe("dkim");
    expect(await ours(Buffer.from(change(mail.toString())))).toBe("dmarc-failed");
  });

  it("survives what it allows: folding, trace fields, empty lines at the end", async () => {
    const mail = (await signed(MAIL)).toString();
    expect(await ours(Buffer.from(`Received: from a by b; x\r\nX-Spam: no\r\n${mail}`))).toBe("dkim");
    expect(await ours(Buffer.from(mail.replace("From: Admin <", "from:\r\n\tAdmin   <")))).toBe("dkim");
    expect(await ours(Buffer.from(`${mail}\r\n\r\n \r\n`))).toBe("dkim");
    expect(await ours(Buffer.from(mail.replaceAll("\r\n", "\n")))).toBe("dkim");
  });

  it("is good with a length that is the whole body's, until something is added behind it", async () => {
    const whole = await signed(MAIL, { maxBodyLength: 10_000 });
    expect(whole.toString()).toMatch(/ l=\d+/);
    expect(await ours(whole)).toBe("dkim");
    const more = Buffer.concat([whole, Buffer.from("One more line.\r\n")]);
    expect(await theirs(more)).toBe("dkim");
    expect(await ours(more)).toBe("dmarc-failed");
  });

  it("agrees with another implementation about bodies of any shape", { timeout: 60_000 }, async () => {
    const head = MAIL.slice(0, MAIL.indexOf("\r\n\r\n") + 4);
    const body = fc.array(fc.constantFrom("a", " ", "\t", "\r\n", "\r\n", "word", "é", "=", ".", "  \r\n"), {
      maxLength: 30,
    });
    const method = fc.constantFrom("relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple");
    await fc.assert(
      fc.asyncProperty(body, method, async (pieces, canonicalization) => {
        // Over the wire every line has an end.
        const mail = await signed(`${head}${pieces.join("")}\r\n`, { canonicalization });
        expect(await ours(mail)).toBe("dkim");
        expect(await theirs(mail)).toBe("dkim");
      }),
      { numRuns: 60 },
    );
  });

  it(
    "agrees with another implementation about headers of any shape, and lets in nothing that it refuses",
    { timeout: 60_000 },
    async () => {
      const gap = fc.constantFrom(" ", "  ", "\t", "\r\n ", "\r\n\t ", "");
      const subject = fc.array(fc.tuple(gap, fc.constantFrom("a", "b c", "é", "=?x?=", ":", ";")), { maxLength: 8 });
      const where = fc.nat();
      const method = fc.constantFrom("relaxed/relaxed", "simple/simple");
      await fc.assert(
        fc.asyncProperty(
          subject,
          method,
          where,
          fc.constantFrom("", " ", "x", "\r\n", ";"),
          async (words, canonicalization, at, noise) => {
            const text = words.map(([space, word]) => space + word).join("");
            const mail = await signed(MAIL.replace(/Subject:.*\r\n.*\r\n/, `Subject:${text}\r\n`), {
              canonicalization,
            });
            expect(await ours(mail)).toBe("dkim");
            const place = at % mail.length;
            const changed = Buffer.concat([mail.subarray(0, place), Buffer.from(noise), mail.subarray(place)]);
            if ((await ours(changed)) === "dkim") expect(await theirs(changed)).toBe("dkim");
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it("costs linear time, whatever is in it", async () => {
    const mail = (await signed(MAIL)).toString();
    const hostile = [
      `DKIM-Signature: ${"v=1;".repeat(60_000)}\r\n${mail}`,
      `DKIM-Signature: v=1; h=${"from:".repeat(45_000)}x; d=legit.com\r\n${mail}`,
      `DKIM-Signature: v=1;${" ".repeat(200_000)}b\r\n${mail}`,
      `${"DKIM-Signature: v=1; a=rsa-sha256; d=legit.com; s=rsa; h=from; bh=AAAA; b=AAAA\r\n".repeat(2_000)}${mail}`,
      `${mail}${"\r\n".repeat(3_000_000)}`,
      `${mail}${" ".repeat(5_000_000)}x`,
    ];
    const startedAt = performance.now();
    for (const text of hostile) await ours(Buffer.from(text));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
