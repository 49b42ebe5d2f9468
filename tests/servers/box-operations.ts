import { deliverByLmtp, senderOf } from "./lmtp.ts";
import { type RawImap, connectRawImap, quoted } from "./raw-imap.ts";

export interface Box {
  /** Any name works and has a box of its own. */
  readonly user?: string;
  readonly folder?: string;
}

export interface StoredMail {
  readonly uid: number;
  /** Without \Recent, which only says who looked first. */
  readonly flags: readonly string[];
  /** With its angle brackets; undefined if the mail has none. */
  readonly messageId: string | undefined;
}

/** What can be done to the boxes of any real server, from outside the library under test. */
export interface BoxOperations {
  /** By LMTP; resolves once the server has stored it. The envelope sender is the From address unless given. */
  readonly deliver: (raw: Buffer | string, options?: { user?: string; from?: string }) => Promise<void>;
  /** What is in the box, asked over a connection of its own. */
  readonly mails: (box?: Box) => Promise<StoredMail[]>;
  readonly expunge: (uid: number, box?: Box) => Promise<void>;
  readonly addFlags: (uid: number, flags: readonly string[], box?: Box) => Promise<void>;
  /** A plain connection, logged in as the user. */
  readonly connect: (user?: string) => Promise<RawImap>;
}

export interface BoxServer {
  readonly host: string;
  readonly ports: { readonly imap: number; readonly lmtp: number };
  /** The one password, which opens any user's box. */
  readonly password: string;
}

export const DEFAULT_USER = "bot@example.test";

export function boxOperations({ host, ports, password }: BoxServer): BoxOperations {
  const connect = async (user = DEFAULT_USER) => {
    const imap = await connectRawImap({ host, port: ports.imap });
    await imap.login(user, password);
    return imap;
  };
  const inBox = async <T>(open: "SELECT" | "EXAMINE", box: Box, work: (imap: RawImap) => Promise<T>): Promise<T> => {
    await using imap = await connect(box.user);
    await imap.must(`${open} ${quoted(box.folder ?? "INBOX")}`);
    const result = await work(imap);
    await imap.must("LOGOUT");
    return result;
  };
  return {
    connect,
    deliver: (raw, { user = DEFAULT_USER, from = senderOf(raw) } = {}) =>
      deliverByLmtp({ host, port: ports.lmtp }, { from, to: user }, raw),
    mails: (box = {}) => inBox("EXAMINE", box, listMails),
    expunge: (uid, box = {}) =>
      inBox("SELECT", box, async (imap) => {
        await imap.must(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`);
        await imap.must(`UID EXPUNGE ${uid}`);
      }),
    addFlags: (uid, flags, box = {}) =>
      inBox("SELECT", box, async (imap) => {
        await imap.must(`UID STORE ${uid} +FLAGS.SILENT (${flags.join(" ")})`);
      }),
  };
}

async function listMails(imap: RawImap): Promise<StoredMail[]> {
  const { untagged } = await imap.must("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])");
  return untagged
    .filter(({ text }) => /^\* \d+ FETCH /.test(text))
    .map(({ text, literals }) => ({
      uid: Number(/\bUID (\d+)/.exec(text)?.[1]),
      flags: (/\bFLAGS \(([^)]*)\)/.exec(text)?.[1] ?? "").split(" ").filter(isLasting),
      messageId: /<[^>]*>/.exec(literals[0]?.toString("latin1") ?? "")?.[0],
    }));
}

function isLasting(flag: string): boolean {
  return flag !== "" && flag !== "\\Recent";
}
