import { htmlMail, mail } from "./options.ts";

export interface HostileMail {
  readonly name: string;
  readonly source: () => Buffer;
  readonly defects: readonly string[];
  /** First line of the text. */
  readonly text: string | undefined;
}

const MIXED = ["Content-Type: multipart/mixed; boundary=b"];
const fill = (bytes: number, character: string): Buffer => Buffer.alloc(bytes, character);
const encoded = (encoding: string, type: string, body: Buffer): Buffer =>
  Buffer.concat([mail([`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`]), body]);

const ROWS: readonly (readonly [string, () => Buffer, readonly string[], string?])[] = [
  ["a 10 MB header", () => headerOf(`X: ${"a".repeat(10_000_000)}\r\n`), ["header-too-large"]],
  ["a million header lines", () => headerOf("X: y\r\n".repeat(1_000_000)), ["header-too-large"]],
  ["a million folds", () => headerOf(`X: y\r\n${" z\r\n".repeat(1_000_000)}`), ["header-too-large"]],
  ["200,000 recipients", () => headerOf(`Cc: ${"a@b.c, ".repeat(200_000)}\r\n`), ["header-too-large"]],
  ["20,000 recipients", () => headerOf(`Cc: ${"a@b.c, ".repeat(20_000)}\r\n`), [], "body"],
  ["50,000 groups in groups", () => headerOf(`Cc: ${"g:".repeat(50_000)}\r\n`), [], "body"],
  ["100,000 open comments", () => headerOf(`Cc: ${"(".repeat(100_000)}\r\n`), [], "body"],
  ["100,000 open brackets", () => headerOf(`Cc: ${"<".repeat(100_000)}\r\n`), [], "body"],
  [
    "15,000 encoded words",
    () => headerOf(`Subject: ${"=?utf-8?Q?a?= ".repeat(15_000)}\r\n`),
    ["duplicate-header:Subject"],
    "body",
  ],
  ["20,000 pieces of a parameter", () => headerOf(`X: y\r\nContent-Type: text/plain${pieces(3_000)}\r\n`), [], "body"],
  ["100,000 nested parts", () => Buffer.from(nestedParts(100_000)), ["nested-too-deep"]],
  [
    "100,000 parts side by side",
    () => mail(MIXED, "--b\r\n\r\nfirst\r\n".repeat(100_000)),
    ["too-many-parts"],
    "first",
  ],
  [
    "100,000 attachments",
    () => mail(MIXED, "--b\r\nContent-Type: a/b\r\n\r\nx\r\n".repeat(100_000)),
    ["too-many-parts"],
  ],
  [
    "a text, then 100,000 attachments",
    () => mail(MIXED, `--b\r\n\r\nhello\r\n${"--b\r\nContent-Type: a/b\r\n\r\nx\r\n".repeat(100_000)}`),
    ["too-many-parts"],
    "hello",
  ],
  ["a text, then a part with a 10 MB header", () => partHeader(), ["header-too-large"]],
  [
    "400 parts with 5,000 parameters each",
    () => mail(MIXED, `--b\r\nContent-Type: text/plain${pieces(5_000)}\r\n\r\nx\r\n`.repeat(400)),
    ["too-many-parts"],
  ],
  ["5,000 mails in mails", () => nestedMails(5_000), []],
  [
    "one boundary for 20,000 levels",
    () => mail(MIXED, "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(20_000)),
    ["nested-boundary", "nested-too-deep", "ambiguous"],
  ],
  ["2 MB of <div>", () => htmlMail("<div>".repeat(400_000)), ["html-too-large", "html-too-deep"]],
  ["1 MB of <div>", () => htmlMail("<div>".repeat(200_000)), ["html-too-deep"]],
  ["2 MB of <p><b>", () => htmlMail("<p><b>".repeat(333_000)), ["html-too-large", "html-too-deep"]],
  ["50,000 tables in tables", () => htmlMail("<table><tr><td>".repeat(50_000)), ["html-too-deep"]],
  ["20,000 columns", () => htmlMail(`<table><tr>${"<td>x".repeat(20_000)}</table>`), []],
  [
    "quotations 290 deep around 20,000 lines",
    () => htmlMail(`${"<blockquote>".repeat(290)}${"y<br>".repeat(20_000)}`),
    [],
  ],
  ["10 MB of <", () => htmlMail("<".repeat(10_000_000)), ["text-too-long", "html-too-large"]],
  ["1 MB of <", () => htmlMail("<".repeat(1_000_000)), []],
  [
    "formatting that is opened again in 40,000 blocks",
    () => htmlMail(Array.from({ length: 40_000 }, (_, index) => `<p><b id=${index}></p>`).join("")),
    ["html-too-large"],
  ],
  [
    "text and elements in a table that are to stand before it",
    () => htmlMail(`<table>${"x<b>y</b>".repeat(40_000)}`),
    [],
  ],
  [
    "an element with 100,000 attributes",
    () => htmlMail(`<p ${Array.from({ length: 100_000 }, (_, index) => `a${index}`).join(" ")}>x`),
    [],
  ],
  ["1 MB of &", () => htmlMail("&".repeat(1_000_000)), []],
  ["a style of 1 MB of white space", () => htmlMail(`<p style="a:b${" ".repeat(1_000_000)}x">words`), [], "words"],
  ["a style of 1 MB of digits", () => htmlMail(`<p style="font:${"1".repeat(1_000_000)}x">words`), [], "words"],
  ["a style of 1 MB of var(", () => htmlMail(`<p style="a:${"var( ".repeat(190_000)}">words`), [], "words"],
  ["a line of 50 MB", () => Buffer.concat([mail([]), fill(50_000_000, "a")]), ["text-too-long"]],
  ["50 MB of line ends", () => Buffer.concat([mail([]), fill(50_000_000, "\n")]), ["too-many-lines"]],
  ["50 MB of line ends in a file", () => encoded("7bit", "a/b", fill(50_000_000, "\n")), ["too-many-lines"]],
  ["20 MB of padding in a file", () => encoded("base64", "a/b", fill(20_000_000, "A=")), ["bad-base64", "ambiguous"]],
  [
    "20 MB of padding in a text",
    () => encoded("base64", "text/plain", fill(20_000_000, "A=")),
    ["text-too-long", "bad-base64", "ambiguous"],
  ],
  ["20 MB of = in a file", () => encoded("quoted-printable", "a/b", fill(20_000_000, "=")), ["bad-quoted-printable"]],
  [
    "4 MB of flowed quotes",
    () => encoded("7bit", "text/plain; format=flowed", fill(4_000_000, "> a \r\n")),
    ["text-too-long"],
  ],
  [
    "10 MB of escapes of ISO-2022-JP",
    () => encoded("8bit", "text/plain; charset=iso-2022-jp", fill(10_000_000, "\u001b$B")),
    ["text-too-long"],
  ],
  ["a megabyte of NUL", () => fill(1_000_000, "\0"), ["header-too-large", "bad-from", "no-message-id", "no-date"]],
  ["100,000 references", () => headerOf(`References: ${"<a@b.c> ".repeat(30_000)}\r\n`), [], "body"],
  ["a message-id of 200 kB", () => headerOf(`In-Reply-To: <${"a".repeat(200_000)}>\r\n`), [], "body"],
  [
    "20,000 parts of 20,000 parameters in all",
    () => mail([`Content-Type: multipart/mixed${"; boundary=b".repeat(20_000)}`], "--b\r\n\r\nfirst\r\n--b--\r\n"),
    ["malformed-header", "duplicate-parameter:boundary", "ambiguous"],
    "first",
  ],
  [
    "a boundary of 5,000 characters",
    () =>
      mail(
        [`Content-Type: multipart/mixed; boundary=${"b".repeat(5_000)}`],
        `--${"b".repeat(5_000)}\r\n\r\nfirst\r\n--${"b".repeat(5_000)}--\r\n`,
      ),
    [],
    "first",
  ],
  ["100,000 words after On", () => mail([], `On ${"word ".repeat(100_000)}wrote:\r\n> hello`), []],
  [
    "20,000 boundaries that end the mail",
    () => mail(MIXED, `--b\r\n\r\nfirst\r\n${"--b--\r\n".repeat(20_000)}`),
    [],
    "first",
  ],
  [
    "200,000 lines that nearly are boundaries",
    () => mail(MIXED, `--b\r\n\r\nfirst\r\n${"--bb\r\n".repeat(200_000)}--b--\r\n`),
    ["text-too-long"],
    "first",
  ],
  [
    "50 MB of what the boundary is made of",
    () =>
      Buffer.concat([
        mail(["Content-Type: multipart/mixed; boundary=-"], "---\r\nContent-Type: a/b\r\n\r\n"),
        fill(50_000_000, "-"),
      ]),
    ["truncated", "ambiguous"],
  ],
  ["200,000 uuencoded beginnings", () => mail([], "begin 644 a\r\n".repeat(200_000)), ["text-too-long"], "begin 644 a"],
  ["an archive of archives of archives", () => encoded("base64", "application/zip", nestedZip()), []],
  [
    "a compressed file of 10 GB",
    () =>
      encoded(
        "base64",
        "application/gzip",
        asBase64(Buffer.concat([Buffer.from("1f8b0800", "hex"), fill(500_000, "\0")])),
      ),
    [],
  ],
];

/** What hostile people send (security.md 3.4), and what is noted about it. */
export const HOSTILE_MAILS: readonly HostileMail[] = ROWS.map(([name, source, defects, text]) => ({
  name,
  source,
  defects,
  text,
}));

/** The usual header with these lines in it, and a body. */
function headerOf(lines: string): Buffer {
  const [header = ""] = mail([]).toString().split("\r\n\r\n");
  return Buffer.from(`${header}\r\n${lines}\r\nbody`);
}

function pieces(count: number): string {
  return Array.from({ length: count }, (_, index) => `; a*${index}*=b`).join("");
}

function nestedParts(depth: number): string {
  const levels = Array.from(
    { length: depth },
    (_, index) => `Content-Type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}\r\n`,
  );
  return `${headerOf("").toString().split("\r\n\r\n")[0]}\r\n${levels.join("")}`;
}

function nestedMails(depth: number): Buffer {
  const levels = Array.from(
    { length: depth },
    (_, index) => `Content-Type: message/rfc822\r\n\r\nSubject: ${index}\r\n`,
  );
  return Buffer.from(`${headerOf("").toString().split("\r\n\r\n")[0]}\r\n${levels.join("")}`);
}

function partHeader(): Buffer {
  return mail(MIXED, `--b\r\n\r\nhello\r\n--b\r\nX: ${"a".repeat(10_000_000)}`);
}

/** The directory of an archive that says of itself to be thirteen times as large on every level; nobody looks into it. */
function nestedZip(): Buffer {
  let inner: Buffer = fill(100_000, "\0");
  for (let level = 0; level < 5; level++) {
    const name = Buffer.from(`lib ${level}.zip`);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(inner.length, 18);
    local.writeUInt32LE(0xffff_ffff, 22);
    local.writeUInt16LE(name.length, 26);
    inner = Buffer.concat([local, name, inner]);
  }
  return asBase64(inner);
}

function asBase64(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("base64").replace(/.{76}/g, "$&\r\n"));
}
