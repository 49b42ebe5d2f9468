import type { IncomingMessage } from "node:http";
import type { DraftFile, MailDraft } from "../compose-mail.ts";

/** What a person may attach in all, as most providers have it; in base64 it is a third more. */
const MAX_BODY_BYTES = 35 * 1024 * 1024;
/** RFC 5322 section 2.1.1. */
const MAX_FIELD_CHARS = 998;
const MAX_TEXT_CHARS = 1_000_000;
const MAX_FILES = 50;
const MAX_REFERENCES = 100;

const ADDRESS = /^(?:[^<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/;

/** Why the mail cannot be sent, for the person who wrote it. */
export class DraftProblem extends Error {
  readonly status: 400 | 413;

  constructor(status: 400 | 413, message: string) {
    super(message);
    this.status = status;
  }
}

/** The JSON that the page posts, as a mail to be sent. */
export async function readDraft(request: IncomingMessage): Promise<MailDraft> {
  const draft = record(await readJson(request));
  const from = text(draft, "from", MAX_FIELD_CHARS).trim();
  if (!ADDRESS.test(from))
    throw new DraftProblem(400, "From needs an address: you@example.org, or You <you@example.org>.");
  return {
    from,
    subject: text(draft, "subject", MAX_FIELD_CHARS),
    text: text(draft, "text", MAX_TEXT_CHARS),
    ...("inReplyTo" in draft ? { inReplyTo: text(draft, "inReplyTo", MAX_FIELD_CHARS) } : {}),
    references: list(draft, "references", MAX_REFERENCES).map((id) => text({ id }, "id", MAX_FIELD_CHARS)),
    attachments: list(draft, "attachments", MAX_FILES).map((file) => fileOf(record(file))),
  };
}

function fileOf(file: Record<string, unknown>): DraftFile {
  return {
    filename: text(file, "filename", MAX_FIELD_CHARS) || "file",
    content: Buffer.from(text(file, "base64", MAX_BODY_BYTES), "base64"),
    contentType: text(file, "contentType", MAX_FIELD_CHARS) || "application/octet-stream",
  };
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null)
    throw new DraftProblem(400, "The page sent something that is no mail.");
  return { ...value };
}

function text(from: Record<string, unknown>, name: string, maxChars: number): string {
  const value = from[name];
  if (typeof value !== "string") throw new DraftProblem(400, `The page sent no ${name}.`);
  if (value.length > maxChars) throw new DraftProblem(400, `The ${name} is too long.`);
  return value;
}

function list(from: Record<string, unknown>, name: string, max: number): unknown[] {
  const value = from[name] ?? [];
  if (!Array.isArray(value)) throw new DraftProblem(400, `The page sent no list of ${name}.`);
  if (value.length > max) throw new DraftProblem(400, `There are more than ${max} ${name}.`);
  return value;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  if (request.headers["content-type"] !== "application/json") throw new DraftProblem(400, "The page sends JSON.");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) throw new DraftProblem(413, "The attachments are too large: 25 MB in all is the most.");
    chunks.push(buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new DraftProblem(400, "The page sent something that is no JSON.");
  }
}
