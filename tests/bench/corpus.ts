/** Mails like those that people write; every one different, so that nothing can be recognised and skipped. */
export type Shape = "plain" | "alternative" | "attachment" | "stranger";

const WORDS =
  "the quick brown fox jumps over a lazy dog while nobody is looking and then goes home to write about it".split(" ");

export function mails(shape: Shape, count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(mail(shape, index)));
}

function mail(shape: Shape, index: number): string {
  const header = [
    `Return-Path: <person${index}@example.org>`,
    "Received: from mail.example.org (mail.example.org [192.0.2.7])",
    `\tby mx.example.test with ESMTPS id ${index}; Fri, 20 Nov 2026 10:00:00 +0000`,
    `From: Person ${index} <person${index % 97}@${shape === "stranger" ? "elsewhere.test" : "example.org"}>`,
    "To: bot@example.test",
    `Subject: Question ${index}`,
    `Message-ID: <${index}.${shape}@example.org>`,
    "Date: Fri, 20 Nov 2026 10:00:00 +0000",
    "MIME-Version: 1.0",
  ];
  return [...header, ...body(shape, index), ""].join("\r\n");
}

function body(shape: Shape, index: number): string[] {
  if (shape === "plain") return ["Content-Type: text/plain; charset=utf-8", "", prose(index, 500)];
  if (shape === "stranger") return ["Content-Type: text/plain; charset=utf-8", "", prose(index, 20_000)];
  if (shape === "alternative") return alternative(index);
  return attachment(index, 1_000_000);
}

function alternative(index: number): string[] {
  const text = prose(index, 1_500);
  const html = `<html><head><style>p{margin:0}</style></head><body>${text
    .split("\r\n")
    .map((line) => `<p style="color:#222">${line} <b>now</b></p>`)
    .join("\r\n")}</body></html>`;
  return [
    'Content-Type: multipart/alternative; boundary="alt"',
    "",
    "--alt",
    "Content-Type: text/plain; charset=utf-8",
    "",
    text,
    "--alt",
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    html,
    "--alt--",
  ];
}

function attachment(index: number, bytes: number): string[] {
  const content = Buffer.alloc(bytes, index % 251);
  content.writeUInt32BE(index, 0);
  for (let at = 8; at < bytes; at += 4)
    content.writeUInt32BE(Math.imul(at ^ index, 2_654_435_761) >>> 0, Math.min(at, bytes - 4));
  return [
    'Content-Type: multipart/mixed; boundary="mixed"',
    "",
    "--mixed",
    "Content-Type: text/plain; charset=utf-8",
    "",
    prose(index, 300),
    "--mixed",
    "Content-Type: application/octet-stream",
    `Content-Disposition: attachment; filename="data-${index}.bin"`,
    "Content-Transfer-Encoding: base64",
    "",
    content.toString("base64").replace(/.{76}/g, "$&\r\n"),
    "--mixed--",
  ];
}

function prose(seed: number, chars: number): string {
  const lines: string[] = [];
  for (let total = 0, n = seed; total < chars;) {
    const line = Array.from({ length: 12 }, () => WORDS[n++ % WORDS.length]).join(" ");
    lines.push(line);
    total += line.length + 2;
  }
  return lines.join("\r\n");
}
