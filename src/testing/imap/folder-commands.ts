import { type Command, Refusal, type Session } from "./command.ts";
import { parseImapDateTime } from "./dates.ts";
import type { Folder } from "./folder.ts";
import { imapString } from "./structure.ts";
import { listOf, SyntaxProblem, textOf, type Token } from "./tokens.ts";

const SYSTEM_FLAGS = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";

export const folderCommands: Readonly<Record<string, Command>> = {
  SELECT: { needs: "login", run: async (session, [name]) => await open(session, name, false) },
  EXAMINE: { needs: "login", run: async (session, [name]) => await open(session, name, true) },
  CREATE: {
    needs: "login",
    run({ options }, [name]) {
      if (!options.account.create(nameOf(name)))
        throw new Refusal("NO [ALREADYEXISTS] There is a mailbox of that name.");
      return "OK Create completed.";
    },
  },
  DELETE: {
    needs: "login",
    run({ options }, [name]) {
      if (!options.account.delete(nameOf(name))) throw new Refusal("NO [NONEXISTENT] No such mailbox, or INBOX.");
      return "OK Delete completed.";
    },
  },
  SUBSCRIBE: { needs: "login", run: ({ options }, [name]) => (existing(options, name), "OK Subscribe completed.") },
  UNSUBSCRIBE: { needs: "login", run: ({ options }, [name]) => (existing(options, name), "OK Unsubscribe completed.") },
  LIST: { needs: "login", run: async (session, args) => await list(session, "LIST", args) },
  LSUB: { needs: "login", run: async (session, args) => await list(session, "LSUB", args) },
  NAMESPACE: {
    needs: "login",
    async run(session) {
      await session.send(['* NAMESPACE (("" "/")) NIL NIL\r\n']);
      return "OK Namespace completed.";
    },
  },
  STATUS: { needs: "login", run: status },
  APPEND: { needs: "login", run: append },
};

/** The folder of that name; to copy or append into one that is missing, it must be made first (RFC 3501 section 6.3.11). */
export function existing(options: Session["options"], name: Token | undefined, code = "NONEXISTENT"): Folder {
  const folder = options.account.folder(nameOf(name));
  if (!folder) throw new Refusal(`NO [${code}] Mailbox doesn't exist.`);
  return folder;
}

export function flagList(token: Token | undefined): string[] {
  const flags = listOf(token, "flags").map((flag) => textOf(flag, "flag"));
  // \Recent is the server's own; the other system flags are the same in every case.
  return flags
    .filter((flag) => flag.toLowerCase() !== "\\recent")
    .map((flag) => SYSTEM_FLAGS.split(" ").find((known) => known.toLowerCase() === flag.toLowerCase()) ?? flag);
}

async function open(session: Session, name: Token | undefined, readOnly: boolean): Promise<string> {
  // A SELECT that fails leaves no mailbox selected (RFC 3501 section 6.3.1).
  session.deselect();
  const folder = existing(session.options, name);
  const { uids } = session.select(folder, readOnly);
  const firstUnseen = uids.findIndex((uid) => folder.get(uid)?.flags.has("\\Seen") === false);
  await session.send([
    `* FLAGS (${SYSTEM_FLAGS})\r\n`,
    `* OK [PERMANENTFLAGS (${readOnly ? "" : `${SYSTEM_FLAGS} \\*`})] Flags permitted.\r\n`,
    `* ${uids.length} EXISTS\r\n* 0 RECENT\r\n`,
    firstUnseen < 0 ? "" : `* OK [UNSEEN ${firstUnseen + 1}] First unseen.\r\n`,
    `* OK [UIDVALIDITY ${folder.uidValidity}] UIDs valid\r\n* OK [UIDNEXT ${folder.uidNext}] Predicted next UID\r\n`,
  ]);
  return readOnly ? "OK [READ-ONLY] Examine completed." : "OK [READ-WRITE] Select completed.";
}

async function list(session: Session, kind: "LIST" | "LSUB", args: readonly Token[]): Promise<string> {
  // `LIST (SPECIAL-USE) "" "*"` and `LIST "" ("INBOX" "Sent")` are extensions; the plain form is all that is announced.
  const [reference, patternToken] = args;
  const pattern = textOf(reference, "reference") + textOf(patternToken, "pattern");
  if (pattern === "") {
    await session.send([`* ${kind} (\\Noselect) "/" ""\r\n`]);
    return `OK ${kind} completed.`;
  }
  const matches = listPattern(pattern);
  const names = session.options.account.folders.map(({ name }) => name);
  const lines = session.options.account.folders
    .filter(({ name }) => matches.test(name))
    .map(({ name, specialUse }) => {
      const children = names.some((other) => other.startsWith(`${name}/`)) ? "\\HasChildren" : "\\HasNoChildren";
      return `* ${kind} (${children}${specialUse ? ` ${specialUse}` : ""}) "/" ${imapString(name)}\r\n`;
    });
  await session.send(lines);
  return `OK ${kind} completed.`;
}

/** `*` is anything, `%` anything within one level (RFC 3501 section 6.3.8). */
function listPattern(pattern: string): RegExp {
  const body = pattern
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/%+/g, "[^/]*");
  return new RegExp(`^${body}$`, pattern.toUpperCase() === "INBOX" ? "i" : "");
}

async function status(session: Session, [name, items]: readonly Token[]): Promise<string> {
  const folder = existing(session.options, name);
  const values: Readonly<Record<string, () => number>> = {
    MESSAGES: () => folder.size,
    RECENT: () => 0,
    UIDNEXT: () => folder.uidNext,
    UIDVALIDITY: () => folder.uidValidity,
    UNSEEN: () => folder.count((mail) => !mail.flags.has("\\Seen")),
  };
  const asked = listOf(items, "status items").map((item) => {
    const key = textOf(item, "status item").toUpperCase();
    const value = values[key];
    if (!value) throw new SyntaxProblem(`${key.slice(0, 40)} is not a status item`);
    return `${key} ${value()}`;
  });
  await session.send([`* STATUS ${imapString(folder.name)} (${asked.join(" ")})\r\n`]);
  return "OK Status completed.";
}

function append({ options }: Session, [name, ...rest]: readonly Token[]): string {
  const folder = existing(options, name, "TRYCREATE");
  const mail = rest.pop();
  if (mail?.kind !== "literal") throw new SyntaxProblem("the mail is expected as a literal");
  const flags = rest[0]?.kind === "list" ? flagList(rest.shift()) : [];
  const dateText = rest[0] === undefined ? undefined : textOf(rest[0], "date");
  const date = dateText === undefined ? new Date() : parseImapDateTime(dateText);
  if (!date) throw new SyntaxProblem("the date is not a date-time");
  const { uid } = folder.append(mail.bytes, flags, date);
  return `OK [APPENDUID ${folder.uidValidity} ${uid}] Append completed.`;
}

function nameOf(token: Token | undefined): string {
  return textOf(token, "mailbox name");
}
