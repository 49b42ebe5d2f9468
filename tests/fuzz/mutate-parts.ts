import type { Operator } from "./mutate.ts";
import type { Random } from "./random.ts";

const CHARSETS = [
  "utf-8",
  "utf-7",
  "utf-16",
  "utf-16le",
  "utf-32",
  "iso-2022-jp",
  "iso-2022-kr",
  "gb18030",
  "big5",
  "shift_jis",
  "x-user-defined",
  "ibm037",
  "binary",
  "nonsense",
  "replacement",
  "windows-1252",
  "",
];
const ENCODINGS = [
  "base64",
  "quoted-printable",
  "7bit",
  "8bit",
  "binary",
  "x-base64",
  "x-uuencode",
  "base64;",
  '"base64"',
  "BASE64",
  "",
];
const TYPES = [
  "text/plain",
  "text/html",
  "multipart/mixed",
  "multipart/alternative",
  "multipart/digest",
  "multipart/signed",
  "multipart/encrypted",
  "message/rfc822",
  "message/partial",
  "message/external-body; access-type=URL",
  "application/octet-stream",
  "image/png",
  "text",
  "/",
  "a/b/c",
  "text/plain; format=flowed; delsp=yes",
  "text/calendar",
  "application/pkcs7-mime; smime-type=signed-data",
];
const NAMES = [
  "../../canary",
  "/etc/passwd",
  "a.exe",
  ".bashrc",
  "CON",
  "x\u202efdp.exe",
  "=?utf-8?B?Li4vLi4vY2FuYXJ5?=",
  "",
  ".",
  "..",
  "a\0b",
  "x".repeat(400),
  "mailport-0123456789abcdef.pdf",
];
const HTML = [
  "<table><tr><td>",
  "<div>",
  "<blockquote>",
  "<ul><li>",
  "<style>.a{display:none}</style>",
  '<p style="display:none">',
  "<!--",
  "<a href='http://127.0.0.1:9/'>",
  "<img src='http://127.0.0.1:9/x'>",
  "</p>",
  "&#0;",
  "<pre>",
  "<svg onload=x>",
];

function replaceOne(mail: string, random: Random, pattern: RegExp, change: (found: string) => string): string {
  const found = [...mail.matchAll(pattern)];
  if (found.length === 0) return mail;
  const match = random.pick(found);
  return mail.slice(0, match.index) + change(match[0]) + mail.slice(match.index + match[0].length);
}

const boundariesOf = (mail: string): string[] =>
  [...mail.matchAll(/boundary\s*=\s*"?([^\s";]{1,70})/gi)].map(([, name = ""]) => name);

/** A line that is a delimiter of this mail, and what may be done to it. */
const onDelimiter =
  (change: (line: string, random: Random) => string): Operator =>
  (mail, random) => {
    const boundaries = boundariesOf(mail);
    if (boundaries.length === 0) return mail;
    const lines = mail.split("\r\n");
    const own = lines.flatMap((line, at) => (boundaries.some((name) => line.startsWith(`--${name}`)) ? [at] : []));
    if (own.length === 0) return mail;
    const at = random.pick(own);
    lines[at] = change(lines[at] ?? "", random);
    return lines.join("\r\n");
  };

/** What MIMEminer's grammar varies: fields, structure, encodings (CCS 2024, "Inbox Invasion"). */
export const partOperators: Readonly<Record<string, Operator>> = {
  secondBoundary: (mail, random) =>
    replaceOne(mail, random, /boundary\s*=\s*"?[^\s";]+"?/gi, (found) =>
      random.pick([
        `${found}; boundary=zz`,
        `boundary=zz; ${found}`,
        `${found}; boundary*0=z; boundary*1=z`,
        `${found}; Boundary="zz"`,
      ]),
    ),
  noBoundary: (mail, random) => replaceOne(mail, random, /;\s*boundary\s*=\s*"?[^\s";]+"?/gi, () => ""),
  quoteBoundary: (mail, random) =>
    replaceOne(mail, random, /boundary\s*=\s*"?[^\s";]+"?/gi, (found) =>
      random.pick([
        found.replace(/"/g, ""),
        `${found}"`,
        found.replace("=", " = "),
        found.toUpperCase(),
        `${found} (comment)`,
      ]),
    ),
  padDelimiter: onDelimiter((line, random) => line + random.pick([" ", "\t", "  \t", "-", "--", "x"])),
  indentDelimiter: onDelimiter((line) => ` ${line}`),
  dropDelimiter: onDelimiter(() => ""),
  doubleDelimiter: onDelimiter((line) => `${line}\r\n${line}`),
  closeEarly: onDelimiter((line) => `${line}--`),
  partsAfterEnd: (mail, random) => {
    const [name = "b"] = boundariesOf(mail);
    return `${mail}\r\n--${name}\r\nContent-Type: ${random.pick(TYPES)}\r\nContent-Disposition: attachment; filename="a.exe"\r\n\r\nMZ\r\n--${name}--\r\n`;
  },
  sameBoundaryInside: (mail) => {
    const [name = "b"] = boundariesOf(mail);
    return mail.replace(
      `--${name}\r\n`,
      `--${name}\r\nContent-Type: multipart/mixed; boundary="${name}"\r\n\r\n--${name}\r\n`,
    );
  },
  wrap: (mail, random) => {
    const end = mail.indexOf("\r\n\r\n");
    const head = end < 0 ? "" : mail.slice(0, end);
    const type = random.pick(["multipart/mixed", "multipart/alternative", "multipart/related", "multipart/digest"]);
    const depth = random.chance(0.1) ? 110 : 1 + random.below(5);
    const open = Array.from(
      { length: depth },
      (_, n) => `Content-Type: ${type}; boundary=w${n}\r\n\r\n--w${n}\r\n`,
    ).join("");
    const addressed = head.split("\r\n").filter((line) => /^(?:from|to|subject|date|message-id):/i.test(line));
    return [...addressed, `${open}${mail.slice(Math.max(0, end)).replace(/^\r\n\r\n/, "\r\n")}`].join("\r\n");
  },
  attachMail: (mail, _, other) => `${mail.replace(/\r\n\r\n[^]*/, "")}\r\nContent-Type: message/rfc822\r\n\r\n${other}`,
  charset: (mail, random) =>
    replaceOne(mail, random, /charset\s*=\s*"?[^\s";]+"?/gi, () => `charset=${random.pick(CHARSETS)}`),
  secondCharset: (mail, random) =>
    replaceOne(mail, random, /charset\s*=\s*"?[^\s";]+"?/gi, (found) => `${found}; charset=${random.pick(CHARSETS)}`),
  encoding: (mail, random) =>
    replaceOne(
      mail,
      random,
      /Content-Transfer-Encoding:[^\r\n]*/gi,
      () => `Content-Transfer-Encoding: ${random.pick(ENCODINGS)}`,
    ),
  type: (mail, random) =>
    replaceOne(mail, random, /Content-Type:\s*[^\s;]+/gi, () => `Content-Type: ${random.pick(TYPES)}`),
  filename: (mail, random) =>
    replaceOne(mail, random, /(?:file)?name\*?\s*=\s*"?[^\r\n";]+"?/gi, (found) =>
      random.pick([
        `filename="${random.pick(NAMES)}"`,
        `${found}; filename="${random.pick(NAMES)}"`,
        `filename*0=a; filename*1="${random.pick(NAMES)}"`,
        `filename*=utf-8''${encodeURIComponent(random.pick(NAMES))}`,
      ]),
    ),
  partHeader: onDelimiter(
    (line, random) =>
      `${line}\r\nContent-${random.pick(["Type", "Transfer-Encoding", "Disposition", "ID"])}: ${random.pick([...TYPES, ...ENCODINGS])}`,
  ),
  manyParts: onDelimiter(
    (line, random) => `${line}\r\nContent-Type: ${random.pick(TYPES)}\r\n\r\nx\r\n`.repeat(random.below(1_500)) + line,
  ),
  breakBase64: (mail, random) =>
    replaceOne(mail, random, /[A-Za-z0-9+/]{20,}/g, (found) =>
      random.pick([
        `${found.slice(0, 9)}!${found.slice(9)}`,
        found.slice(0, -3),
        `${found.slice(0, 8)}==${found.slice(8)}`,
        found.repeat(50),
        `${found}====`,
      ]),
    ),
  html: (mail, random) =>
    `${mail.replace(/\r\n\r\n[^]*/, "").replace(/\r\nContent-[^\r\n]*(?:\r\n[ \t][^\r\n]*)*/gi, "")}\r\nContent-Type: text/html\r\n\r\n${Array.from({ length: random.below(300) }, () => random.pick(HTML)).join("x")}`,
  uuencode: (mail) => `${mail}\r\nbegin 644 a.exe\r\n#0V%T\r\n\`\r\nend\r\n`,
};
