import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoBackend } from "../../src/testing/demo/backend.ts";
import { MailLog } from "../../src/testing/demo/mail-log.ts";
import { type PageServer, startPageServer } from "../../src/testing/demo/page-server.ts";
import { composeMail, type MailDraft } from "../../src/testing/compose-mail.ts";
import { readMail } from "../../src/testing/testing.ts";

const DRAFT = { from: "Ann <ann@example.org>", subject: "Hi", text: "x", attachments: [] };

describe("the demo's page on the wire", () => {
  let backend: DemoBackend;
  let page: PageServer;

  beforeAll(async () => {
    backend = silentBackend();
    page = await startPageServer(backend);
  });

  afterAll(async () => await page.close());

  it("is served to 127.0.0.1 and localhost, whole in itself", async () => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const { status, body, headers } = await ask(page, "GET", "/", { host: `${host}:${page.port}` });
      expect(status).toBe(200);
      expect(body).toContain("Write to <strong>bot@example.com</strong>");
      expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
    }
    const parts = await Promise.all(
      ["/", "/page.css", "/page.js"].map(async (path) => (await ask(page, "GET", path)).body),
    );
    expect(parts.join("")).not.toMatch(/https?:\/\//);
  });

  it.each(["evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1"])(
    "is refused to a browser that was told that %s is this machine",
    async (host) => {
      expect((await ask(page, "GET", "/", { host })).status).toBe(403);
      expect((await ask(page, "GET", "/events", { host })).status).toBe(403);
    },
  );

  it.each([
    ["another site", { origin: "https://evil.example" }],
    ["a sandboxed frame", { origin: "null" }],
    ["a form of another site, in an old browser", {}],
    ["another port of this machine", { origin: "http://127.0.0.1:1" }],
  ])("takes no mail from %s", async (_, headers) => {
    const { status } = await ask(page, "POST", "/mails", { "content-type": "application/json", ...headers }, DRAFT);
    expect(status).toBe(403);
    expect(backend.mails).toHaveLength(0);
  });

  it.each([
    ["no address in From", { ...DRAFT, from: "Ann" }, "From needs an address"],
    ["a line break in From", { ...DRAFT, from: "ann@example.org>\r\nBcc: <bob@example.org" }, "From needs an address"],
    ["no text", { ...DRAFT, text: undefined }, "The page sent no text."],
    ["a subject without end", { ...DRAFT, subject: "x".repeat(2_000) }, "The subject is too long."],
    ["attachments that are none", { ...DRAFT, attachments: "a.pdf" }, "The page sent no list of attachments."],
    ["no mail at all", "mail", "The page sent something that is no mail."],
  ])("says what is wrong with %s", async (_, draft, expected) => {
    const { status, body } = await post(page, draft);
    expect([status, body]).toEqual([400, expect.stringContaining(expected)]);
  });

  it("takes no more than people may attach, and says so", async () => {
    const base64 = "A".repeat(36 * 1024 * 1024);
    const { status, body } = await post(page, { ...DRAFT, attachments: [{ filename: "a", contentType: "", base64 }] });
    expect([status, body]).toEqual([413, expect.stringContaining("25 MB in all")]);
  });

  it("cannot be made to write a header of its own", async () => {
    await post(page, { ...DRAFT, subject: "Hi\r\nBcc: bob@example.org", references: ["<a@b>\r\nX-Evil: 1"] });
    const { mail } = backend.mails.at(-1) ?? {};
    expect(mail?.header("bcc")).toBeUndefined();
    expect(mail?.header("x-evil")).toBeUndefined();
  });

  it("hands attachments out to be saved, never to be shown", async () => {
    const base64 = Buffer.from("<script>").toString("base64");
    const file = { filename: "ü.html", contentType: "text/html", base64 };
    const { body } = await post(page, { ...DRAFT, attachments: [file] });
    const { number }: { number: number } = JSON.parse(body);
    const { status, body: content, headers } = await ask(page, "GET", `/mails/${number}/files/1`);
    expect([status, content]).toEqual([200, "<script>"]);
    expect(headers["content-type"]).toBe("application/octet-stream");
    expect(headers["content-disposition"]).toBe("attachment; filename*=utf-8''%C3%BC.html");
    expect((await ask(page, "GET", `/mails/${number}/files/2`)).status).toBe(404);
    expect((await ask(page, "GET", "/mails/999/files/1")).status).toBe(404);
  });

  it("says so when its port is taken", async () => {
    await expect(startPageServer(backend, page.port)).rejects.toThrow(
      new RegExp(`^the page cannot be served on port ${page.port}: .*EADDRINUSE.*; choose another with --port`),
    );
  });

  it("tells a page that was away only what it has missed", async () => {
    await post(page, DRAFT);
    const last = backend.mails.length;
    expect(await firstEvents(page, String(last - 1))).toMatch(
      new RegExp(`^: connected\n\nid: ${last}\ndata: [^\n]+\n\n$`),
    );
  });
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

async function post(page: PageServer, draft: unknown): Promise<Answer> {
  const headers = { origin: `http://127.0.0.1:${page.port}`, "content-type": "application/json" };
  return await ask(page, "POST", "/mails", headers, draft);
}

/** Not fetch: that sets Host itself. */
async function ask(
  page: PageServer,
  method: string,
  path: string,
  headers: object = {},
  body?: unknown,
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: page.port, method, path, agent: false };
    const call = request({ ...options, headers: { host: `127.0.0.1:${page.port}`, ...headers } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
    });
    // A refused upload is cut off while it is being written.
    call.on("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function firstEvents(page: PageServer, lastEventId: string): Promise<string> {
  const response = await fetch(`${page.url}events`, { headers: { "Last-Event-ID": lastEventId } });
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.endsWith("\n\n") && text.includes("data:")) break;
  }
  return text;
}

/** A bot that never answers is enough here. */
function silentBackend(): DemoBackend {
  const log = new MailLog();
  return {
    botAddress: "bot@example.com",
    mails: log.mails,
    onMail: (listener) => log.onMail(listener),
    write: async (draft: MailDraft) => log.add("person", readMail(composeMail(draft, "bot@example.com").raw)),
  };
}
