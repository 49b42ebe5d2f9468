import type { Operator } from "./mutate.ts";
import type { Random } from "./random.ts";

const HOSTILE_FROM = [
  "From: Ann <ann@example.org>, Eve <eve@example.net>",
  "From: ann@example.org <eve@example.net>",
  'From: "ann@example.org" <eve@example.net>',
  "From: =?utf-8?Q?ann=40example.org?= <eve@example.net>",
  "From: group: ann@example.org;",
  "From: <ann@example.org> <eve@example.net>",
  "From: <@eve.example.net:ann@example.org>",
  "From: ann@example.org (eve@example.net)",
  "From: eve@example.net (ann@example.org)",
  "From: ann@example.org\0@example.net",
  "From: ann@ex\u00e4mple.org",
  "From: eve@example.net\r\n ann@example.org",
  "From: eve@example.net\rFrom: ann@example.org",
  "From : ann@example.org",
  "From:ann@example.org,eve@example.net",
  'From: "eve@example.net" ann@example.org',
  "From: ann@example.org.eve.example.net",
  "FROM: ann@example.org",
  "X-From: ann@example.org\nFrom: eve@example.net",
];

/** Fields of the header, without what continues them; a mail without a header has none. */
function withFields(mail: string, random: Random, change: (fields: string[], at: number) => void): string {
  const end = mail.indexOf("\r\n\r\n");
  const head = end < 0 ? mail : mail.slice(0, end);
  const fields = head.split(/\r\n(?![ \t])/);
  change(fields, random.below(fields.length));
  return fields.join("\r\n") + (end < 0 ? "" : mail.slice(end));
}

const VALUES = [
  "text/html",
  "base64",
  "attachment; filename=x.exe",
  "multipart/mixed; boundary=zz",
  "message/partial; id=a; number=1; total=2",
  "a\tb",
  "",
  "=?utf-7?Q?+AAo-Bcc:?=",
  "=?utf-8?B?DQpCY2M6IGV2ZUBleGFtcGxlLm5ldA==?=",
  "<a@b> <c@d> <e@f>",
  "\xff\xfe",
];

export const fieldOperators: Readonly<Record<string, Operator>> = {
  repeatField: (mail, random) =>
    withFields(mail, random, (fields, at) => void fields.splice(random.below(fields.length), 0, fields[at] ?? "")),
  contradictField: (mail, random) =>
    withFields(mail, random, (fields, at) => {
      const name = (fields[at] ?? "").split(":")[0] ?? "";
      fields.splice(random.below(fields.length + 1), 0, `${name}: ${random.pick(VALUES)}`);
    }),
  dropField: (mail, random) => withFields(mail, random, (fields, at) => void fields.splice(at, 1)),
  swapFields: (mail, random) =>
    withFields(mail, random, (fields, at) => {
      const other = random.below(fields.length);
      [fields[at], fields[other]] = [fields[other] ?? "", fields[at] ?? ""];
    }),
  foldField: (mail, random) =>
    withFields(
      mail,
      random,
      (fields, at) =>
        void (fields[at] = (fields[at] ?? "").replace(/ /g, random.pick(["\r\n ", "\r\n\t", "\n ", "\r\n \r\n "]))),
    ),
  spaceBeforeColon: (mail, random) =>
    withFields(
      mail,
      random,
      (fields, at) => void (fields[at] = (fields[at] ?? "").replace(":", random.pick([" :", "\t:", "\0:", "::"]))),
    ),
  caseOfField: (mail, random) =>
    withFields(
      mail,
      random,
      (fields, at) =>
        void (fields[at] = random.chance(0.5) ? (fields[at] ?? "").toUpperCase() : (fields[at] ?? "").toLowerCase()),
    ),
  hostileFrom: (mail, random) =>
    withFields(mail, random, (fields) => {
      const own = fields.findIndex((field) => /^from:/i.test(field));
      if (own >= 0 && random.chance(0.7)) fields.splice(own, 1);
      fields.splice(random.below(fields.length + 1), 0, random.pick(HOSTILE_FROM));
    }),
  manyFields: (mail, random) =>
    withFields(
      mail,
      random,
      (fields) => void fields.push(...Array.from({ length: random.below(6_000) }, (_, n) => `X-${n}: y`)),
    ),
  longField: (mail, random) =>
    withFields(
      mail,
      random,
      (fields) =>
        void fields.push(
          `${random.pick(["References", "Cc", "Subject", "Content-Type", "X"])}: ${random.pick(["<a@b> ", "a@b.c, ", "=?utf-8?Q?a?= ", "; a*0*=b", "(", '"', "g:"]).repeat(random.below(8_000))}`,
        ),
    ),
};
