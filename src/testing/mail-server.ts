import { EventEmitter } from "node:events";
import { systemClock } from "../runtime/clock.ts";
import { composeMail, type MailDraft } from "./compose-mail.ts";
import { Account } from "./imap/account.ts";
import { startImapServer } from "./imap/imap-server.ts";
import { readMail, type ReadableMail } from "./read-mail.ts";
import { type Credentials, selfSignedCertificate } from "./self-signed.ts";
import { type ReceivedMail, startSmtpReceiver } from "./smtp-receiver.ts";

export interface TestMailServerOptions {
  /** Default true. False: a server without IDLE, which must be polled. */
  idle?: boolean;
  /** Default `none`. Otherwise with a certificate that this server makes for itself, or with `credentials`. */
  tls?: "none" | "starttls" | "direct";
  credentials?: Credentials;
  /** Default: the address. */
  username?: string;
  password?: string;
  /** The account's own address. Default: `bot@example.com`. */
  address?: string;
  /** How long a wrong password waits for its refusal, in milliseconds. Default 0; Dovecot takes 1,500. */
  wrongPasswordDelayMs?: number;
  /** Called with every mail that the account has sent, as it comes in. */
  onMail?: (mail: SentMail) => void;
}

/** A mail that the account has sent over SMTP. */
export interface SentMail extends ReceivedMail {
  /** The same mail as a person sees it: subject, text, HTML, attachments. */
  readonly mail: ReadableMail;
}

export interface KeptMail {
  readonly uid: number;
  readonly flags: readonly string[];
  readonly raw: Buffer;
  readonly receivedAt: Date;
}

/** What `createEmailChannel` needs to know of this server. */
export interface TestAccountConfig {
  enabled: true;
  imapHost: string;
  imapPort: number;
  smtpHost: string;
  smtpPort: number;
  username: string;
  password: string;
  fromAddress: string;
  tls: boolean;
  tlsVerify: boolean;
  imapStarttls: boolean;
  smtpStarttls: boolean;
}

export interface WaitForMailOptions {
  /** How many mails must have been sent since the start; the last of them is the answer. Default 1. */
  count?: number;
  /** Default 4,000: below the 5 s after which test runners give up, so that one reads this error and not theirs. */
  timeoutMs?: number;
  /** Only these count. */
  matching?: (mail: SentMail) => boolean;
}

/** An IMAP and SMTP server for one account, in this process, on loopback, its mail in memory. */
export interface TestMailServer extends AsyncDisposable {
  readonly imap: { readonly host: string; readonly port: number };
  readonly smtp: { readonly host: string; readonly port: number };
  readonly username: string;
  readonly password: string;
  readonly address: string;
  /** Key and certificate in PEM; a client that is to verify the server is given the certificate as `ca`. */
  readonly credentials: Credentials;
  /** Every mail that the account has sent, oldest first. */
  readonly sent: readonly SentMail[];
  /** To be handed to `createEmailChannel`, with whatever else the test needs. */
  config(): TestAccountConfig;
  /** Puts a mail into INBOX, as if it had just arrived: raw, or made of its parts. */
  deliver(mail: string | Uint8Array | MailDraft): Promise<{ uid: number; messageId: string }>;
  /** The mail that the account sends. Rejects when it does not come in time. */
  waitForMail(options?: WaitForMailOptions): Promise<SentMail>;
  /** What lies in a folder, oldest first. Default: INBOX. */
  mails(folder?: string): KeptMail[];
  /** Cuts every IMAP connection without a word, as a crash or a firewall does. */
  dropConnections(): void;
  /** The same mails under a new UIDVALIDITY, as after a restored backup. Cuts every IMAP connection. */
  changeUidValidity(folder?: string): void;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const DEFAULT_WAIT_MS = 4_000;

/**
 * Starts a mail server for tests, on free ports of 127.0.0.1. Rejects with `MissingPackageError` when `smtp-server`, an
 * optional peer of this package, is not installed.
 */
export async function startMailServer(options: TestMailServerOptions = {}): Promise<TestMailServer> {
  const { address = "bot@example.com", password = "secret", tls = "none", onMail } = options;
  const { username = address, idle = true, wrongPasswordDelayMs = 0 } = options;
  const credentials = options.credentials ?? selfSignedCertificate();
  const account = new Account();
  const outgoing = new Outgoing();
  const isLocal = (recipient: string) => recipient.toLowerCase() === address.toLowerCase();
  const shared = { username, password, tls, credentials, wrongPasswordDelayMs };

  const smtp = await startSmtpReceiver({
    ...shared,
    isLocal,
    onMail(received, sender) {
      if (received.envelope.to.some(isLocal)) account.deliver(received.raw);
      if (sender === "stranger") return;
      const mail = { ...received, mail: readMail(received.raw) };
      outgoing.add(mail);
      onMail?.(mail);
    },
  });
  const imap = await startImapServer({ ...shared, account, idle });
  const close = once(async () => void (await Promise.all([imap.close(), smtp.close()])));

  return {
    imap: { host: HOST, port: imap.port },
    smtp: { host: HOST, port: smtp.port },
    username,
    password,
    address,
    credentials,
    sent: outgoing.mails,
    config: () => ({
      enabled: true,
      imapHost: HOST,
      imapPort: imap.port,
      smtpHost: HOST,
      smtpPort: smtp.port,
      username,
      password,
      fromAddress: address,
      tls: tls !== "none",
      tlsVerify: tls === "none",
      imapStarttls: tls === "starttls",
      smtpStarttls: tls === "starttls",
    }),
    async deliver(mail) {
      const raw = isDraft(mail) ? composeMail(mail, address).raw : Buffer.from(mail);
      // Later, as from a network: whoever delivers is never called back before this returns.
      await Promise.resolve();
      const { uid } = account.deliver(raw);
      return { uid, messageId: readMail(raw).messageId };
    },
    waitForMail: async (wanted = {}) => await outgoing.waitFor(wanted),
    mails: (folder = "INBOX") =>
      [...known(account, folder).mails].map(({ uid, flags, raw, receivedAt }) => ({
        uid,
        flags: [...flags],
        raw,
        receivedAt,
      })),
    dropConnections: () => imap.dropConnections(),
    changeUidValidity(folder = "INBOX") {
      account.renumber(known(account, folder).name);
      imap.dropConnections();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

class Outgoing {
  readonly mails: SentMail[] = [];
  readonly #events = new EventEmitter().setMaxListeners(0);

  add(mail: SentMail): void {
    this.mails.push(mail);
    this.#events.emit("mail");
  }

  async waitFor({
    count = 1,
    timeoutMs = DEFAULT_WAIT_MS,
    matching = () => true,
  }: WaitForMailOptions): Promise<SentMail> {
    const enough = new AbortController();
    const check = () => {
      if (this.mails.filter(matching).length >= count) enough.abort();
    };
    this.#events.on("mail", check);
    try {
      check();
      await systemClock.sleep(timeoutMs, enough.signal);
    } finally {
      this.#events.off("mail", check);
    }
    const found = this.mails.filter(matching)[count - 1];
    if (found) return found;
    const subjects = this.mails.map(({ mail }) => `"${mail.subject}"`).join(", ");
    const came = subjects === "" ? "no mail was sent at all" : `sent so far: ${subjects}`;
    throw new Error(`waited ${timeoutMs} ms for mail ${count} that was to be sent, in vain; ${came}`);
  }
}

function isDraft(mail: string | Uint8Array | MailDraft): mail is MailDraft {
  return typeof mail === "object" && !(mail instanceof Uint8Array);
}

function known(account: Account, name: string): NonNullable<ReturnType<Account["folder"]>> {
  const folder = account.folder(name);
  if (!folder)
    throw new Error(`there is no folder ${name}; there are ${account.folders.map((each) => each.name).join(", ")}`);
  return folder;
}

function once<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= run());
}
