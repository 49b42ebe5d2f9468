import { connect, createServer } from "node:net";
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { anyOptions, htmlMail, mail } from "./options.ts";

const FOLDER = new URL("../mail/", import.meta.url);

describe("no link is followed, no image fetched, nothing that lies elsewhere brought in (security 3.4, 3.7)", () => {
  it("a server that every mail points at is not asked for anything", async () => {
    let asked = 0;
    const server = createServer((socket) => {
      asked++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/canary`;
    const options = await anyOptions();
    for (const source of [...pointingAt(url), ...(await corpusPointingAt(url))]) {
      const { text } = await parseMail(source, options);
      expect(text).not.toBe("");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBe(0);
    // The canary does hear whoever asks.
    connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
    await expect.poll(() => asked).toBe(1);
  }, 60_000);
});

function pointingAt(url: string): Buffer[] {
  return [
    htmlMail(
      `<html background="${url}"><head><base href="${url}"><link rel=stylesheet href="${url}"><style>@import url(${url});p{background:url(${url})}</style>
       <meta http-equiv=refresh content="0;url=${url}"><script src="${url}"></script></head><body background="${url}">
       <img src="${url}" srcset="${url} 2x"><iframe src="${url}"></iframe><object data="${url}"></object><embed src="${url}">
       <video src="${url}" poster="${url}"></video><svg><image href="${url}"/></svg><a href="${url}" ping="${url}">words</a></body></html>`,
    ),
    mail(["Content-Type: text/html"], `<!DOCTYPE html SYSTEM "${url}"><p>words`),
    mail(["Content-Type: text/plain"], `words ${url}`),
    mail([`Content-Type: message/external-body; access-type=URL; URL="${url}"`], `Content-Type: image/png\r\n\r\n`),
    mail([
      `Content-Type: message/external-body; access-type=anon-ftp; site="127.0.0.1"; name="passwd"; directory="/etc"`,
    ]),
    mail(['Content-Type: message/external-body; access-type=URL; URL="file:///etc/passwd"']),
    mail(
      [
        `Content-Location: ${url}`,
        `Content-Base: ${url}`,
        `List-Unsubscribe: <${url}>`,
        `X-Image-URL: ${url}`,
        `Autocrypt: addr=a@b.c; keydata=x`,
      ],
      "words",
    ),
    mail(
      ["Content-Type: image/svg+xml"],
      `<?xml-stylesheet href="${url}"?><!DOCTYPE svg [<!ENTITY x SYSTEM "${url}">]><svg>&x;</svg>`,
    ),
  ];
}

/** The mails of the folder, with every address in them that of the canary. */
async function corpusPointingAt(url: string): Promise<Buffer[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".eml"));
  const mails = await Promise.all(names.map(async (name) => await readFile(new URL(name, FOLDER), "latin1")));
  return mails.map((text) => Buffer.from(text.replace(/https?:\/\/[\w./-]+/g, url), "latin1"));
}
