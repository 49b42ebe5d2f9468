import { describe, expect, it } from "vitest";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { anyOptions, mail } from "./options.ts";

/** Mails below 64 kB are read on the thread that also keeps the connections: none of them may hold it up for long. */
const BYTES = 62_000;
/** Processor time; the worst of these takes a third of it on a busy machine. */
const MAX_CPU_MS = 1_500;

const filled = (unit: string, bytes = BYTES): string => unit.repeat(Math.floor(bytes / unit.length));
const counted = (count: number, unit: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => unit(n)).join("");
const html = (body: string): Buffer => mail(["Content-Type: text/html"], body);
const field = (name: string, value: string): Buffer =>
  Buffer.from(
    mail([`${name}: ${value}`], "hello")
      .toString()
      .replace(/^Subject: Question\r\n/m, name === "Subject" ? "" : "Subject: x\r\n"),
  );
const part = (...fields: readonly string[]): Buffer =>
  mail(["Content-Type: multipart/mixed; boundary=b"], `--b\r\n${fields.join("\r\n")}\r\n\r\nx\r\n--b--\r\n`);
const mixed = (body: string): Buffer => mail(["Content-Type: multipart/mixed; boundary=b"], body);
const text = (type: string, body: string, encoding = "8bit"): Buffer =>
  mail([`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`], body);

const MAILS: Readonly<Record<string, Buffer>> = {
  "divisions in divisions": html(filled("<div>")),
  "tables in tables": html(filled("<table><tr><td>")),
  "tables 290 deep around lines": html(`${"<table><tr><td>".repeat(290)}${filled("x<br>", 40_000)}`),
  "one row of cells": html(`<table><tr>${filled("<td>x")}</table>`),
  "rows of two cells": html(`<table>${filled("<tr><td>x<td>y")}</table>`),
  "cells that span everything": html(`<table>${filled("<tr><td colspan=1000 rowspan=1000>x")}</table>`),
  "tables one after another": html(filled("<table><tr><td>x</td><td>y</td></tr></table>")),
  "quotations 290 deep around lines": html(`${"<blockquote>".repeat(290)}${filled("y<br>", 50_000)}`),
  "lists in lists around lines": html(`${"<ul><li>".repeat(290)}${filled("y<br>", 50_000)}`),
  "open brackets": html(filled("<")),
  ampersands: html(filled("&")),
  "hidden elements": html(filled('<p style="display:none;x:y">a')),
  "a style for every class, and a thousand elements": html(
    `<style>${counted(2_000, (n) => `.a${n}{display:none}`)}</style>${counted(900, (n) => `<p class="a${n} b">x`)}`,
  ),
  "an element of five thousand classes": html(
    `<style>${counted(1_000, (n) => `.a${n}{display:none}`)}</style><p class="${counted(5_000, (n) => `a${n} `)}">x`,
  ),
  "eight thousand attributes": html(`<p ${counted(6_000, (n) => `a${n}=b `)}>x`),
  comments: html(filled("<!--")),
  "attributes that do not end": html(filled('<a b="')),
  "ends without beginnings": html(filled("</div>")),
  addresses: field("Cc", filled("a@b.c, ")),
  "groups in groups": field("Cc", filled("g:")),
  "groups after groups": field("Cc", filled("g:a@b;,")),
  "open comments": field("Cc", filled("(")),
  "comments before an address": field("Cc", `${filled("(a)")}<a@b.c>`),
  "quotation marks": field("Cc", filled('"')),
  backslashes: field("Cc", filled("\\")),
  "addresses with encoded names": field("Cc", filled("=?utf-8?Q?a?= <a@b.c>,")),
  "encoded words that decode to commas": field("Cc", filled("=?utf-8?B?YSxi?= ")),
  "blanks in an address": field("Cc", `a${filled(" ")}b`),
  "domains in punycode": field("Cc", filled("a@xn--a.b,")),
  "encoded words": field("Subject", filled("=?utf-8?Q?a?= ")),
  "encoded words that do not end": field("Subject", filled("=?utf-8?Q?")),
  "escapes in encoded words": field("Subject", filled("=?iso-2022-jp?B?GyRC?= ")),
  "a subject of Re": field("Subject", filled("Re: ")),
  "a subject of lists": field("Subject", filled("[a] ")),
  references: field("References", filled("<a@b> ")),
  "references that do not end": field("References", filled("<a ")),
  "comments in a date": field("Date", filled("(")),
  "blanks in a date": field("Date", `Fri,${filled(" ")}x`),
  "a type with blanks in it (found: 4 s)": part(`Content-Type: a${filled(" ")}b`),
  "comments in a type": part(`Content-Type: ${filled("(a) ")}`),
  "open comments in a type": part(`Content-Type: ${filled("(")}`),
  "pieces of a parameter": part(`Content-Type: text/plain${counted(6_000, (n) => `; a*${n}*=b`)}`),
  "pieces of a name": part(`Content-Disposition: attachment${counted(4_000, (n) => `; filename*${n}*=b`)}`),
  "pieces of a name that are far apart": part(
    `Content-Disposition: attachment${counted(2_500, (n) => `; filename*${n * 97}*=b`)}`,
  ),
  "semicolons in a type": part(`Content-Type: text/plain${filled(";")}`),
  "quoted parameters": part(`Content-Type: text/plain${filled(';a="b"')}`),
  "a name of escaped quotes": part(`Content-Disposition: attachment; filename="${filled('\\"')}"`),
  "a name of encoded words": part(`Content-Disposition: attachment; filename="${filled("=?utf-8?Q?a?= ")}"`),
  "a name of percent signs": part(`Content-Disposition: attachment; filename*=utf-8''${filled("%41")}`),
  "a name of dots": part(`Content-Disposition: attachment; filename=${filled("x.")}`),
  "comments in an encoding": part(`Content-Transfer-Encoding: ${filled("(")}`),
  "a boundary of 60 kB": mail([`Content-Type: multipart/mixed; boundary=${filled("b")}`], "x"),
  "boundaries, all of them b": mail([`Content-Type: multipart/mixed${filled("; boundary=b")}`], "x"),
  "parts side by side": mixed(filled("--b\r\n\r\nx\r\n")),
  "attachments side by side": mixed(filled("--b\r\nContent-Type: a/b\r\n\r\nx\r\n")),
  "pages side by side": mixed(filled("--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n")),
  "parts in parts": mail(
    ["Content-Type: multipart/mixed; boundary=b0"],
    counted(1_000, (n) => `--b${n}\r\nContent-Type: multipart/mixed; boundary=b${n + 1}\r\n\r\n`),
  ),
  "alternatives in alternatives": mail(
    ["Content-Type: multipart/alternative; boundary=b0"],
    `${counted(99, (n) => `--b${n}\r\nContent-Type: multipart/alternative; boundary=b${n + 1}\r\n\r\n`)}--b99\r\nContent-Type: text/html\r\n\r\n${filled("<table><tr><td>x", 40_000)}`,
  ),
  "boundaries with blanks": mixed(filled("\n--b ")),
  "ends of the mail": mixed(filled("--b--\r\n")),
  "a boundary that is a dash": mail(["Content-Type: multipart/mixed; boundary=-"], filled("---\r\n")),
  "fields of one letter": mail([filled("X: y\r\n").trimEnd()], "x"),
  "folds of one letter": mail([`X: y${filled("\r\n z")}`], "x"),
  "no header, only lines": Buffer.from(filled("a b\r\n")),
  "only a header": Buffer.from(filled("A: b\r\n")),
  "line feeds": Buffer.from(filled("\n")),
  "carriage returns": Buffer.from(filled("\r")),
  "zero bytes": Buffer.from(filled("\0")),
  "flowed quotes": text("text/plain; format=flowed; delsp=yes", filled("> a \r\n")),
  "flowed words": text("text/plain; format=flowed", filled("a ")),
  "escapes of ISO-2022-JP": text("text/plain; charset=iso-2022-jp", filled("\u001b$B")),
  "padding in base64": text("text/plain", filled("A="), "base64"),
  "blanks after escapes": text("text/plain", filled("= "), "quoted-printable"),
  "beginnings of uuencode": text("text/plain", filled("begin 644 a\r\n")),
  "blank lines": text("text/plain", filled(" \n")),
  "a drawing of half attributes": mail(["Content-Type: image/svg+xml"], `<svg ${filled(" onaaaa          ")}`),
};

describe("no small mail is worth a second", () => {
  it.each(Object.entries(MAILS))("%s", async (_, source) => {
    expect(source.length).toBeLessThan(120_000);
    const options = await anyOptions();
    const before = process.cpuUsage();
    const { text: said } = await parseMail(source, options);
    const { user, system } = process.cpuUsage(before);
    expect(said).not.toBe("");
    expect((user + system) / 1_000).toBeLessThan(MAX_CPU_MS);
  });
});
