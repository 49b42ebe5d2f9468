import { z } from "zod";
import type { AccountConfig, AccountConfigInput, AccountDraft, AccountDraftInput, TextsConfig } from "./account.ts";
import {
  address,
  allowEntry,
  authservId,
  choice,
  expected,
  flag,
  host,
  list,
  markdown,
  path,
  port,
  strict,
  text,
  whole,
} from "./fields.ts";
import { LOCALES, type Locale } from "../domain/locale.ts";
import { ConfigError } from "../domain/errors.ts";
import { accountRuleProblems } from "./account-rules.ts";
import { fixedTexts } from "./fixed-texts.ts";
import { problemsOf } from "./problems.ts";
import { secretSchema } from "./secret-schema.ts";

export type { AccountConfig, AccountConfigInput, AccountDraft } from "./account.ts";

const MIB = 1024 * 1024;
/** IMAP literals and JavaScript buffers both end near here. */
const MAX_BYTES = 1024 * MIB;
const HOUR_SECONDS = 3_600;

const POLL = expected("a number of seconds from 1 to 86400");
const OBJECT = expected("an object");
const PROXY = expected("a proxy such as socks5://127.0.0.1:1080 or http://proxy.example.org:3128");
const folder = text("the name of a folder, such as INBOX");
const placeholders = text("a line of text; placeholders: {filename}, {type}, {size}, {path}");

const attachments = strict({
  dir: path("the path of a folder")
    .default("attachments")
    .describe("Folder for attachments (mode 0700); in the gateway's file a relative path counts from that file."),
  maxBytes: whole(0, MAX_BYTES)
    .default(25 * MIB)
    .describe("Largest attachment that is saved, in bytes."),
  maxTotalBytes: whole(0, 4 * MAX_BYTES)
    .default(50 * MIB)
    .describe("All saved attachments of one mail together, in bytes."),
  maxCount: whole(0, 1_000).default(50).describe("Attachments saved of one mail."),
  allowTypes: list(
    z
      .string(expected("a media type in quotes"))
      .regex(
        /^[\w.+-]+\/[\w.+-]+$|^[\w.+-]+\/\*$|^\*\/\*$/,
        expected('a media type such as "image/png", "image/*" or "*/*"'),
      ),
    "a list of media types",
  )
    .default(["*/*"])
    .describe("Media types that are saved; others are named to the bot and refused."),
  keepDays: whole(1, 36_500).optional().describe("Days until a saved file is deleted; absent: kept."),
});

const limits = strict({
  repliesPerSenderPerHour: whole(1, 1_000_000).default(30).describe("Answers to one sender in an hour."),
  repliesPerThreadPerHour: whole(1, 1_000_000).default(20).describe("Answers in one conversation in an hour."),
  repliesPerHour: whole(1, 1_000_000).default(300).describe("Answers of this account in an hour."),
});

const texts = strict({
  noText: placeholders
    .optional()
    .describe('Stands for the text of a mail that has none. In English "[No text content]".'),
  attachment: placeholders
    .optional()
    .describe(
      'One line for each attachment; {path} is where it was saved, or why it was not. In English "[Attachment: {filename} ({type}, {size})] → {path}".',
    ),
});

const part = markdown("Markdown of at most 4096 characters");

const template = strict({
  header: part.optional().describe("Above every answer, in Markdown."),
  signature: part.optional().describe("Below it, in Markdown; mail programs leave it out when they quote."),
  footer: part.optional().describe("Below that in small print, in Markdown."),
});

const connection = {
  imapHost: host.describe("IMAP server."),
  smtpHost: host.describe("SMTP server."),
  username: text("the user name for both servers").describe("User name on both servers."),
  password: secretSchema.describe(
    'A string, {"env": "NAME"}, {"file": "path"} or {"command": ["program", "argument"]}; looked up at each login.',
  ),
  fromAddress: address.describe("From of every mail sent."),
};

const id = expected("a short name of letters, digits, dots, dashes and underscores");

const settings = {
  id: z
    .string(id)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, id)
    .default("default")
    .describe("Account name in logs, metrics and the store."),
  enabled: flag().default(false).describe("The gateway skips the account unless true."),
  imapPort: port.default(993).describe("993 for direct TLS, 143 with imapStarttls."),
  smtpPort: port.default(587).describe("587 with smtpStarttls, 465 for direct TLS."),
  fromName: text("a name").optional().describe("Name beside fromAddress."),
  aliases: list(address, "a list of addresses")
    .default([])
    .describe("More addresses that mail for the bot is written to."),
  allowFrom: list(allowEntry, "a list of addresses and domains")
    .default([])
    .describe(
      'Who may talk to the bot: "a@b.org", "@b.org" (everyone there), "*@*.b.org" (its subdomains). Empty: everyone, with a warning.',
    ),
  denyFrom: list(allowEntry, "a list of addresses and domains")
    .default([])
    .describe("Who may not, in the same forms; wins over allowFrom."),
  pollIntervalSeconds: z
    .number(POLL)
    .min(1, POLL)
    .max(24 * HOUR_SECONDS, POLL)
    .default(60)
    .describe("Seconds between two looks at a server that has no IDLE."),
  tls: flag().default(true).describe("False only for local test servers: nothing is encrypted."),
  tlsVerify: flag().default(true).describe("False only for self-signed test certificates."),
  imapStarttls: flag().default(false).describe("STARTTLS on IMAP (143) instead of direct TLS (993)."),
  smtpStarttls: flag().default(true).describe("STARTTLS on SMTP (587); false: direct TLS (465)."),
  folders: list(folder, "a list of folder names")
    .min(1, expected("at least one folder"))
    .default(["INBOX"])
    .describe("Folders that are watched."),
  startFrom: choice("unseen", "now", "all")
    .default("unseen")
    .describe("What of the waiting mail is taken at the very first start."),
  backlogLimit: whole(0, 10_000_000)
    .default(500)
    .describe("More than this waiting at the very first start: none is answered. 0: nothing that waits is answered."),
  sessionBy: choice("sender", "thread").default("sender").describe("What makes one conversation."),
  ack: choice("next", "manual")
    .default("next")
    .describe(
      "Asking for the next message acks the one before, or only ack() does. The gateway always works as with manual.",
    ),
  quotedText: choice("strip", "keep")
    .default("strip")
    .describe("Quoted history and signature in the text the bot reads."),
  senderVerification: choice("require", "auto", "off")
    .default("auto")
    .describe(
      "How much proof a From address needs. require: DKIM, or the word of a trusted server. auto: the same of every domain that publishes DMARC. off: none.",
    ),
  trustedAuthservIds: list(authservId, "a list of authserv-ids")
    .default([])
    .describe(
      'Your own mail servers, whose Authentication-Results are believed: the name they write there, such as "mx.google.com"; "microsoft365" for Exchange Online, which writes none.',
    ),
  automaticMail: choice("ignore", "deliver")
    .default("ignore")
    .describe("Mail from robots, lists and out-of-office notes."),
  answerSuppressed: list(allowEntry, "a list of addresses and domains")
    .default([])
    .describe("Whose mail is answered although it has X-Auto-Response-Suppress; in the forms of allowFrom."),
  requireAddressed: flag()
    .default(false)
    .describe("Only mail that names the bot (fromAddress or an alias) in To or Cc: none by Bcc or a list."),
  attachments: attachments.prefault({}).describe("Attachments of incoming mail."),
  attachFrom: list(path("the path of a folder"), "a list of folders")
    .optional()
    .describe(
      "Folders that the bot may attach files from by their path, with all that lies in them. Absent: attachments.dir and the folder for temporary files; an empty list: none. In the gateway's file a relative path counts from that file.",
    ),
  maxMessageBytes: whole(1_024, MAX_BYTES)
    .default(50 * MIB)
    .describe("Of a larger mail only the text parts are downloaded."),
  maxReplyBytes: whole(1_024, MAX_BYTES)
    .default(25 * MIB)
    .describe("Largest mail that is sent, in bytes as it goes over the wire."),
  limits: limits.prefault({}).describe("A circuit breaker against loops."),
  maxDeliveries: whole(1, 100)
    .default(5)
    .describe("Tries of the bot at one mail; then it is dead: `mailport inbox list --state dead`."),
  giveUpAfterHours: whole(1, 720).default(24).describe("Hours until a mail that could not be sent is given up."),
  onUnknown: choice("retry", "hold")
    .default("retry")
    .describe(
      "A mail that may have been sent, because the connection broke at the end: again with the same Message-ID, or held for a person.",
    ),
  locale: choice(...LOCALES)
    .default("en")
    .describe(
      "Language of the fixed texts, of the line above a quoted mail, and of answers whose script does not tell theirs.",
    ),
  texts: texts.prefault({}).describe("The fixed texts the bot reads; those of locale where there are none."),
  template: template.prefault({}).describe("What stands around every answer."),
  quoteOriginal: flag().default(false).describe("The question stands below an answer given with reply()."),
  textPart: choice("text", "markdown")
    .default("text")
    .describe("The plain text of an answer: written for reading, or its Markdown as it is."),
  saveSent: z
    .union([z.literal(false), folder], expected("false or the name of a folder"))
    .default(false)
    .describe("Folder that sent mail is appended to."),
  oauth2: z.looseObject({}, OBJECT).optional().describe("Not available in this version."),
  proxy: z
    .string(PROXY)
    .regex(/^(?:socks5|http):\/\/[^\s/]+\/?$/, PROXY)
    .optional()
    .describe("socks5://host:port or http://host:port, for both servers."),
  dryRun: flag().default(false).describe("Reads, flags nothing, sends nothing; says what it would have done."),
};

const account = strict({ ...connection, ...settings }).transform(withFixedTexts);
const draft = strict({ ...z.object(connection).partial().shape, ...settings }).transform(withFixedTexts);

type OwnTexts = { locale: Locale; texts: z.output<typeof texts> };

function withFixedTexts<T extends OwnTexts>(written: T): Omit<T, "texts"> & { texts: TextsConfig } {
  return { ...written, texts: fixedTexts(written.locale, written.texts) };
}

/** One account, complete. `parseAccount` also finds what no single key shows. */
export const accountSchema: z.ZodType<AccountConfig, AccountConfigInput> = account;
/** One account of the gateway's file: without the connection keys as long as it is not enabled. */
export const accountDraftSchema: z.ZodType<AccountDraft, AccountDraftInput> = draft;

type Same<A, B> = [A, B, keyof A, keyof B] extends [B, A, keyof B, keyof A] ? true : never;
/** The interfaces that people read in their editor say exactly what the schema does, or this does not compile. */
const interfacesMatch: [
  Same<z.output<typeof account>, AccountConfig>,
  Same<z.input<typeof account>, AccountConfigInput>,
  Same<z.output<typeof draft>, AccountDraft>,
  Same<z.input<typeof draft>, AccountDraftInput>,
] = [true, true, true, true];
void interfacesMatch;

/**
 * A complete account out of what a person wrote.
 * @throws {ConfigError} naming every mistake with its path, what was expected and what was found.
 */
export function parseAccount(input: unknown): AccountConfig {
  const result = accountSchema.safeParse(input);
  const problems = [...(result.success ? [] : problemsOf(result.error, input)), ...accountRuleProblems(input)];
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(problems, "account configuration");
}
