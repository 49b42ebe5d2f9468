import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const source = new Map(files.map((name) => [name, readFileSync(join(SRC, name), "utf8")]));
const imports = new Map(
  [...source].map(([name, text]) => [
    name,
    [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, target = ""]) => target),
  ]),
);

const STAGES = ["mailbox", "policy", "parse", "inbox", "store", "compose", "outbox", "smtp"];
/** Who may import whom; a folder may always import itself. */
const ALLOWED: Record<string, readonly string[]> = {
  domain: [],
  runtime: [],
  ...Object.fromEntries(STAGES.map((stage) => [stage, ["domain", "runtime"]])),
  config: ["domain", "runtime", "policy"],
  channel: ["domain", "runtime", "config", ...STAGES],
  bots: ["domain", "runtime", "config"],
  gateway: ["domain", "runtime", "config", "channel", "bots"],
  testing: ["domain", "runtime", "config", "channel", "bots", "gateway"],
  cli: ["domain", "runtime", "config", "channel", "bots", "gateway", "testing", "mailbox", "smtp", "store"],
  "": ["domain", "runtime", "config", "channel"],
};

/** One vendor library, one file. */
const HOMES: Record<string, string> = {
  imapflow: "mailbox/imap-client.ts",
  nodemailer: "smtp/smtp-transport.ts",
  mailparser: "parse/mime.ts",
  "markdown-it": "compose/markdown.ts",
  "html-to-text": "parse/html-text.ts",
  "better-sqlite3": "store/sqlite-driver.ts",
  "node:sqlite": "store/sqlite-driver.ts",
  tldts: "policy/organizational-domain.ts",
};

const MAX_LINES = 250;
const folderOf = (name: string) => (name.includes("/") ? (name.split("/")[0] ?? "") : "");
const targetOf = (name: string, target: string) => relative(SRC, resolve(SRC, dirname(name), target));

describe("the house", () => {
  it("lets each folder import only what lies before it", () => {
    const wrong = [...imports].flatMap(([name, targets]) =>
      targets
        .filter((target) => target.startsWith("."))
        .map((target) => folderOf(targetOf(name, target)))
        .filter((folder) => folder !== folderOf(name) && !(ALLOWED[folderOf(name)] ?? []).includes(folder))
        .map((folder) => `${name} imports ${folder}/`),
    );
    expect(wrong).toEqual([]);
  });

  it("has no circles", () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (name: string, path: readonly string[]) => {
      if (path.includes(name)) circles.push([...path.slice(path.indexOf(name)), name].join(" -> "));
      if (path.includes(name) || done.has(name)) return;
      for (const target of imports.get(name) ?? [])
        if (target.startsWith(".")) visit(targetOf(name, target), [...path, name]);
      done.add(name);
    };
    for (const name of files) visit(name, []);
    expect(circles).toEqual([]);
  });

  it("gives every vendor library one file", () => {
    const strangers = [...imports].flatMap(([name, targets]) =>
      targets
        .filter((target) => Object.keys(HOMES).some((vendor) => target === vendor || target.startsWith(`${vendor}/`)))
        .filter((target) => HOMES[target.split("/")[0] ?? ""] !== name && !name.startsWith("testing/"))
        .map((target) => `${name} imports ${target}`),
    );
    expect(strangers).toEqual([]);
  });

  it("keeps files small", () => {
    const large = [...source].filter(([, text]) => text.split("\n").length > MAX_LINES + 1).map(([name]) => name);
    expect(large).toEqual([]);
  });
});
