import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ParsedMail, ParseOptions } from "../../src/parse/parse-mail.ts";

const SAVED = /^mailport-[0-9a-f]{16}\.[a-z0-9]{1,10}$/;
const REASONS = ["too-large", "type-not-allowed", "too-many", "ambiguous"];
/** Line ends and tabs are all that a text may have of them. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const MESSAGE_ID = /^<[^<>\s]{1,2000}>$/;

/** What is wrong with what was made of a mail, whatever the mail was. */
export function* complaints(mail: ParsedMail, { attachments: { dir, maxCount } }: ParseOptions): Generator<string> {
  const { metadata, attachments, text, fullText, threadId } = mail;
  if (text === "" || fullText === "") yield "an empty prompt";
  if (CONTROLS.test(text) || CONTROLS.test(fullText)) yield "control characters in the text";
  if (/[\ud800-\udfff]/u.test(text)) yield "half a character in the text";
  if (/[\r\n\u0000]/.test(metadata.email_subject)) yield "a line end in the subject";
  if (CONTROLS.test(mail.senderName ?? "") || /[\r\n]/.test(mail.senderName ?? ""))
    yield "control characters in the name";
  if (!MESSAGE_ID.test(metadata.email_message_id) || !MESSAGE_ID.test(threadId)) yield "a Message-ID that is none";
  for (const id of `${metadata.email_references} ${metadata.email_in_reply_to}`.split(" "))
    if (id !== "" && !MESSAGE_ID.test(id)) yield "a reference that is none";
  for (const address of [...metadata.email_to, ...metadata.email_cc, ...metadata.email_reply_to])
    if (!/^[^\s@<>]+@[^\s@<>]+$/.test(address)) yield "an address that is none";
  if (JSON.stringify(JSON.parse(JSON.stringify(metadata))) !== JSON.stringify(metadata))
    yield "metadata that JSON loses";
  if (attachments.filter(({ path }) => path !== undefined).length > maxCount) yield "more files than allowed";
  const isAmbiguous = metadata.email_defects.includes("ambiguous");
  for (const attachment of attachments) {
    const { path, refused, filename, sha256, size } = attachment;
    if (CONTROLS.test(attachment.contentType + (attachment.contentId ?? ""))) yield "control characters in type or id";
    if (CONTROLS.test(filename) || /[\u202a-\u202e\r\n]/.test(filename) || filename.length > 255 || filename === "")
      yield "a name that deceives";
    if (!/^[0-9a-f]{64}$/.test(sha256)) yield "no hash";
    if ((path === undefined) !== (refused !== undefined)) yield "neither saved nor refused, or both";
    if (refused !== undefined && !REASONS.includes(refused)) yield `an unknown reason: ${refused}`;
    if (path === undefined) continue;
    if (isAmbiguous) yield "a file of an ambiguous mail was saved";
    if (dirname(path) !== dir) yield `a file outside of the folder: ${path}`;
    const stats = lstatSync(path);
    if (!stats.isFile() || (stats.mode & 0o777) !== 0o600 || stats.size !== size) yield "a saved file is not as told";
    const content = readFileSync(path);
    if (createHash("sha256").update(content).digest("hex") !== sha256) yield "the content is not the one of the hash";
    if (content.toString("latin1", 0, 4) === "\x7fELF" && !path.endsWith(".bin"))
      yield "a program under another extension";
  }
  for (const name of readdirSync(dir)) if (!SAVED.test(name)) yield `a strange file in the folder: ${name}`;
}
