import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { MailExplainer } from "../../src/channel/explain-mail.ts";
import { parseAccount } from "../../src/config/schema.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { temporaryFolder, type TemporaryFolder } from "../config/temporary-folder.ts";
import { mailport } from "./mailport.ts";

const MAIN = resolve(import.meta.dirname, "../../dist/cli/main.js");
const MAILS = resolve(import.meta.dirname, "../mail");

const mail = ({ from = "Ann <ann@b.org>", subject = "Hello", headers = "", text = "How are you?" } = {}) =>
  `From: ${from}\r\nTo: bot@b.org\r\nSubject: ${subject}\r\nMessage-ID: <1@b.org>\r\n${headers}\r\n${text}\r\n`;

interface Line {
  file: string;
  decision: string;
  reason: string;
  error?: string;
  [key: string]: unknown;
}

async function explain(...args: string[]): Promise<{ code: unknown; lines: Line[]; err: string }> {
  const { code, out, err } = await mailport("explain", ...args, "--json");
  return {
    code,
    err,
    lines: out
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line): Line => JSON.parse(line)),
  };
}

describe("mailport explain", { timeout: 60_000 }, () => {
  it("says of an accepted mail what the bot would get", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("a.eml", mail());
    const { code, lines } = await explain(file);
    expect(code).toBe(0);
    expect(lines).toEqual([
      {
        file,
        decision: "accept",
        reason: "accepted",
        detail: "not-checked",
        sender: { address: "ann@b.org", verification: "unverified" },
        session: { channel: "email", senderId: "ann@b.org", threadId: "<1@b.org>", id: "email:ann@b.org" },
        subject: "Hello",
        text: "How are you?",
        fullText: "How are you?",
        removed: [],
        attachments: [],
        ms: expect.any(Number),
      },
    ]);
  });

  it("says of a refused one why, and reads no more of it than the channel would", async () => {
    await using folder = await temporaryFolder();
    const robot = await folder.write("robot.eml", mail({ headers: "Auto-Submitted: auto-replied\r\n" }));
    const twice = await folder.write("twice.eml", `From: x@evil.test\r\n${mail()}`);
    const { code, lines } = await explain(robot, twice);
    expect(code).toBe(0);
    expect(lines).toMatchObject([
      {
        decision: "refuse",
        reason: "automatic",
        detail: "Auto-Submitted",
        sender: { address: "ann@b.org" },
        session: null,
        text: "",
        attachments: [],
      },
      { decision: "refuse", reason: "from-ambiguous", sender: { address: null } },
    ]);
    expect(JSON.stringify(lines)).not.toContain("How are you?");
  });

  it("says how far a sender is proved, without any look-up (--dns)", async () => {
    await using folder = await temporaryFolder();
    const results = (verdict: string, of = "mx.c.org") =>
      mail({ headers: `Authentication-Results: ${of}; dmarc=${verdict} header.from=b.org\r\n` });
    const files = await Promise.all([
      folder.write("none.eml", mail()),
      folder.write("pass.eml", results("pass")),
      folder.write("fail.eml", results("fail")),
      folder.write("foreign.eml", results("pass", "mx.evil.test")),
    ]);
    const trusted = { trustedAuthservIds: ["mx.c.org"] };
    const config = await configFile(folder, [
      { id: "auto", ...trusted },
      { id: "require", ...trusted, senderVerification: "require" },
    ]);
    const of = async (account: string) =>
      (await explain(...files, "--config", config, "--account", account)).lines.map(
        ({ decision, reason, detail, sender }) => [
          decision,
          decision === "accept" ? detail : reason,
          (sender as { verification: string }).verification,
        ],
      );
    expect(await of("auto")).toEqual([
      ["accept", "not-checked", "unverified"],
      ["accept", "authentication-results", "verified"],
      ["refuse", "results-failed", "failed"],
      ["accept", "not-checked", "unverified"],
    ]);
    expect(await of("require")).toEqual([
      ["refuse", "not-verified", "failed"],
      ["accept", "authentication-results", "verified"],
      ["refuse", "results-failed", "failed"],
      ["refuse", "not-verified", "failed"],
    ]);
  });

  it("asks for DMARC policies when it may, and puts aside what cannot be told now", async () => {
    const account = parseAccount({
      imapHost: "x",
      smtpHost: "x",
      username: "x",
      password: "x",
      fromAddress: "bot@c.org",
    });
    const asked: string[] = [];
    const dns = async (name: string) => {
      asked.push(name);
      if (name === "_dmarc.b.org") return [["v=DMARC1; p=none"]];
      throw Object.assign(new Error(name), { code: name === "_dmarc.late.org" ? "ETIMEOUT" : "ENOTFOUND" });
    };
    await using explainer = new MailExplainer(account, { clock: systemClock, dns });
    const said = async (from: string) =>
      await explainer.explain({ content: Buffer.from(mail({ from })), receivedAt: new Date(), number: 1 });
    expect(await said("ann@b.org")).toMatchObject({
      decision: "refuse",
      reason: "dmarc-failed",
      sender: { verification: "failed" },
    });
    expect(await said("ann@none.org")).toMatchObject({ decision: "accept", detail: "no-dmarc" });
    expect(await said("ann@late.org")).toMatchObject({ decision: "quarantine", reason: "dns", session: null });
    expect(asked).toContain("_dmarc.late.org");
  });

  it("goes by the account's own rules, and by those of --allow", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("a.eml", mail());
    const config = await configFile(folder, [
      { id: "closed", allowFrom: ["@c.org"] },
      { id: "thread", sessionBy: "thread", allowFrom: ["@b.org"] },
    ]);
    expect((await explain(file, "--config", config, "--account", "closed")).lines).toMatchObject([
      { decision: "refuse", reason: "not-allowed" },
    ]);
    expect((await explain(file, "--config", config, "--account", "thread")).lines).toMatchObject([
      { decision: "accept", session: { id: "email:ann@b.org:<1@b.org>" } },
    ]);
    expect((await explain(file, "--allow", "@c.org")).lines).toMatchObject([{ reason: "not-allowed" }]);
    expect((await explain(file, "--allow", "@c.org", "--allow", "ann@b.org")).lines).toMatchObject([
      { decision: "accept" },
    ]);
    expect((await mailport("explain", file, "--config", config)).err).toContain(
      "--account ID with one of: closed, thread",
    );
  });

  it("names attachments as they would be saved, and saves none", async () => {
    await using folder = await temporaryFolder();
    const dir = join(folder.path, "attachments");
    const config = await configFile(folder, [{ id: "a", attachments: { dir } }]);
    const file = await folder.write("a.eml", withAttachment("a".repeat(600_000)));
    const { lines } = await explain(file, "--config", config);
    expect(lines[0]?.["attachments"]).toMatchObject([
      { filename: "n.csv", size: 601_332, path: expect.stringMatching(/\/attachments\/mailport-[0-9a-f]{16}\.csv$/) },
    ]);
    expect(lines[0]?.["text"]).toContain(`→ ${dir}/mailport-`);
    expect(existsSync(dir)).toBe(false);
    expect(readdirSync(folder.path).toSorted()).toEqual(["a.eml", "config.json"]);
  });

  it("keeps the order given, goes on after what cannot be read, and ends with 66", async () => {
    await using folder = await temporaryFolder();
    const names = await Promise.all(
      ["c", "a", "b"].map(async (name) => await folder.write(`${name}.eml`, mail({ subject: name }))),
    );
    const missing = join(folder.path, "missing.eml");
    const { code, lines } = await explain(names[0] ?? "", missing, folder.path, names[2] ?? "");
    expect(code).toBe(66);
    expect(lines.map(({ file, subject, error }) => subject ?? [file, error])).toEqual([
      "c",
      [missing, expect.stringContaining("ENOENT")],
      "a",
      "b",
      "c",
      "b",
    ]);
  });

  it("takes a folder for all *.eml in it and below, sorted, and follows no link in a circle", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "m"));
    await folder.write("z.eml", mail({ subject: "z" }));
    await folder.write("m/x.EML", mail({ subject: "x" }));
    await folder.write("notes.txt", "no mail");
    await symlink(folder.path, join(folder.path, "m", "again"));
    const { code, lines } = await explain(folder.path);
    expect([code, lines.map(({ subject }) => subject)]).toEqual([0, ["x", "z"]]);
  });

  it("reads one mail from standard input", () => {
    const { stdout, status } = spawnSync(process.execPath, [MAIN, "explain", "-", "--json"], { input: mail() });
    expect([status, JSON.parse(stdout.toString())]).toMatchObject([0, { file: "-", decision: "accept" }]);
  });

  it("prints a line for people, whatever a stranger put into it", async () => {
    await using folder = await temporaryFolder();
    const evil = mail({ subject: "=?utf-8?Q?a=0A=1B[2Jb?=" });
    const { out } = await mailport("explain", await folder.write("a.eml", evil));
    expect(out).toMatch(/^accept .*a\.eml {2}ann@b\.org \(unverified\) {2}a \[2Jb\n$/);
  });

  it("takes no more of a large mail than maxMessageBytes", async () => {
    await using folder = await temporaryFolder();
    const config = await configFile(folder, [{ id: "a", maxMessageBytes: 5_000_000 }]);
    const file = await folder.write("large.eml", withAttachment("b".repeat(40_000_000)));
    const { code, lines } = await explain(file, "--config", config);
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({ decision: "accept", subject: "Hello" });
    const { attachments } = lines[0] as unknown as { attachments: { size: number }[] };
    expect(attachments[0]?.size).toBeLessThan(5_000_000);
  });

  it("says what it says of every mail of the collection, and needs no server for it", async () => {
    const files = readdirSync(MAILS)
      .filter((name) => name.endsWith(".eml"))
      .map((name) => join(MAILS, name));
    const { code, lines } = await explain(...files);
    expect(code).toBe(0);
    expect(lines.map(({ file }) => file)).toEqual(files);
    const refused = lines
      .filter(({ decision }) => decision !== "accept")
      .map(({ file, reason }) => [file.slice(MAILS.length + 1), reason]);
    expect(refused).toEqual([
      ["delivery-report.eml", "automatic"],
      ["subject-with-a-hidden-line-break.eml", "from-deceptive"],
      ["two-from-fields.eml", "from-ambiguous"],
    ]);
  });

  it("judges a thousand small mails in a few seconds, in one process", async () => {
    await using folder = await temporaryFolder();
    for (let n = 0; n < 1_000; n++) await folder.write(`${String(n).padStart(4, "0")}.eml`, mail({ subject: `${n}` }));
    const startedAt = performance.now();
    const { lines } = await explain(folder.path);
    expect(lines.map(({ subject }) => Number(subject))).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    // A thousand a second on a quiet machine; here others work, too.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it("exits 64 when no mail is named, or standard input twice", async () => {
    expect((await mailport("explain")).code).toBe(64);
    expect((await mailport("explain", "-", "-")).code).toBe(64);
    expect((await mailport("explain", "x.eml", "--account", "a")).code).toBe(64);
  });
});

async function configFile(folder: TemporaryFolder, accounts: object[]): Promise<string> {
  return await folder.write("config.json", { accounts, bot: { kind: "echo" } });
}

function withAttachment(content: string): string {
  return mail({
    headers: 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n',
    text: [
      "--b",
      "Content-Type: text/plain",
      "",
      "see file",
      "--b",
      "Content-Type: text/csv",
      "Content-Disposition: attachment; filename=n.csv",
      "",
      content.replace(/(.{900})/g, "$1\r\n").trim(),
      "--b--",
    ].join("\r\n"),
  });
}
