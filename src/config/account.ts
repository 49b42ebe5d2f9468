import type { Locale } from "../domain/locale.ts";
import type { Secret } from "./secrets.ts";

/** One mailbox and the SMTP server beside it, with every default filled in. */
export interface AccountConfig {
  /** Name in logs, metrics and the store. */
  id: string;
  /** The gateway skips the account unless true; `createEmailChannel` does not look at it. */
  enabled: boolean;
  imapHost: string;
  imapPort: number;
  smtpHost: string;
  smtpPort: number;
  username: string;
  password: Secret;
  /** From of every mail sent. */
  fromAddress: string;
  fromName?: string | undefined;
  /** More addresses that mail for the bot is written to. */
  aliases: string[];
  /** `a@b.org`, `@b.org`, `*@*.b.org`; empty: everyone. */
  allowFrom: string[];
  /** The same forms; wins over `allowFrom`. */
  denyFrom: string[];
  /** Only for a server that has no IDLE. */
  pollIntervalSeconds: number;
  /** False only for local test servers. */
  tls: boolean;
  /** False only for self-signed test certificates. */
  tlsVerify: boolean;
  /** STARTTLS on IMAP (143) instead of direct TLS (993). */
  imapStarttls: boolean;
  /** STARTTLS on SMTP (587); false: direct TLS (465). */
  smtpStarttls: boolean;
  folders: string[];
  /** What of the waiting mail is taken at the very first start. */
  startFrom: "unseen" | "now" | "all";
  /** More than this waiting at the very first start: none of it is answered. 0: nothing that waits is answered. */
  backlogLimit: number;
  sessionBy: "sender" | "thread";
  ack: "next" | "manual";
  quotedText: "strip" | "keep";
  /** How much proof a From address needs; `auto`: of a domain that publishes DMARC, as much as with `require`. */
  senderVerification: "require" | "auto" | "off";
  /** Whose Authentication-Results are believed (RFC 8601), as they write their name; or `microsoft365`. */
  trustedAuthservIds: string[];
  automaticMail: "ignore" | "deliver";
  /** Those whose mail is answered although it has `X-Auto-Response-Suppress`; the forms of `allowFrom`. */
  answerSuppressed: string[];
  /** Only mail that names the bot in To or Cc. */
  requireAddressed: boolean;
  attachments: AttachmentsConfig;
  /** Folders that files named by path may be attached from; absent: `attachments.dir` and the folder for temporary files. */
  attachFrom?: string[] | undefined;
  /** Of a mail larger than this only the text parts are downloaded. */
  maxMessageBytes: number;
  /** Largest mail that is sent, as it goes over the wire. */
  maxReplyBytes: number;
  limits: LimitsConfig;
  /** A message that the bot has failed over so often is given up, and shown as dead. */
  maxDeliveries: number;
  /** A mail that could not be sent for so long is given up. */
  giveUpAfterHours: number;
  /** What may have been sent, because the connection broke at the end: sent again with the same Message-ID, or held. */
  onUnknown: "retry" | "hold";
  /** Language of the fixed texts, of what stands above a quoted mail, and of answers whose script does not tell. */
  locale: Locale;
  texts: TextsConfig;
  template: TemplateConfig;
  /** The question stands below the answer. */
  quoteOriginal: boolean;
  /** The plain text of an answer: written for reading, or its Markdown as it is. */
  textPart: "text" | "markdown";
  /** Folder that sent mail is appended to, or false. */
  saveSent: string | false;
  /** Not available in this version; see not-yet.ts. */
  oauth2?: Record<string, unknown> | undefined;
  /** `socks5://host:port` or `http://host:port`. */
  proxy?: string | undefined;
  /** Reads, flags nothing, sends nothing; says what it would have done. */
  dryRun: boolean;
}

export interface AttachmentsConfig {
  /** Folder for attachments, made with mode 0700. */
  dir: string;
  /** One attachment, decoded. */
  maxBytes: number;
  /** All attachments of one mail, decoded. */
  maxTotalBytes: number;
  /** Attachments of one mail. */
  maxCount: number;
  /** `image/png`, `image/*`, all: `*` `/` `*`. */
  allowTypes: string[];
  /** Days until a saved file is deleted; absent: kept. */
  keepDays?: number | undefined;
}

/** A circuit breaker against loops. */
export interface LimitsConfig {
  repliesPerSenderPerHour: number;
  /** One sender's conversation. */
  repliesPerThreadPerHour: number;
  repliesPerHour: number;
}

/** The fixed texts the bot reads. Placeholders: `{filename}`, `{type}`, `{size}`, `{path}`. */
export interface TextsConfig {
  noText: string;
  attachment: string;
}

/** What stands around every answer, in Markdown. */
export interface TemplateConfig {
  header?: string | undefined;
  signature?: string | undefined;
  footer?: string | undefined;
}

type Connection = "imapHost" | "smtpHost" | "username" | "password" | "fromAddress";
type Sections = "attachments" | "limits" | "texts" | "template";
type OrAbsent<T> = { [K in keyof T]?: T[K] | undefined };

/** What a person writes: the five connection keys, and of the rest what differs from the default. */
export type AccountConfigInput = Pick<AccountConfig, Connection> &
  OrAbsent<Omit<AccountConfig, Connection | Sections>> & {
    [K in Sections]?: OrAbsent<AccountConfig[K]> | undefined;
  };

/** An account that is still being written: not enabled, so the connection keys may be missing. */
export type AccountDraft = Omit<AccountConfig, Connection> & OrAbsent<Pick<AccountConfig, Connection>>;
export type AccountDraftInput = OrAbsent<Pick<AccountConfig, Connection>> & Omit<AccountConfigInput, Connection>;
