import { type Handler, type Turn, tellPending } from "./dialog-session.ts";
import { fetchResponse } from "./imap-fetch.ts";
import { searchMails } from "./imap-search.ts";
import { type Token, asList, asText, inSet } from "./imap-tokens.ts";
import type { ScriptedMail, ScriptedMailbox } from "./scripted-mailbox.ts";

const SYSTEM_FLAGS = String.raw`\Answered \Flagged \Deleted \Seen \Draft`;

/** The honest answers, by command. */
export const COMMANDS: Readonly<Record<string, Handler>> = {
  CAPABILITY: async ({ conn, session, ok }) => {
    await conn.send(`* CAPABILITY ${session.capabilities(conn.secure)}`);
    await ok();
  },
  STARTTLS: async ({ conn, ok }) => {
    await ok("begin TLS");
    await conn.startTls();
  },
  LOGIN: async (turn) => logIn(turn, asText(turn.command.args[0]), asText(turn.command.args[1])),
  AUTHENTICATE: authenticate,
  ID: async ({ conn, ok }) => {
    await conn.send('* ID ("name" "scripted")');
    await ok();
  },
  ENABLE: async ({ conn, ok }) => {
    await conn.send("* ENABLED");
    await ok();
  },
  NAMESPACE: async ({ conn, ok }) => {
    await conn.send('* NAMESPACE (("" "/")) NIL NIL');
    await ok();
  },
  LIST: list("LIST"),
  LSUB: list("LSUB"),
  STATUS: async ({ conn, mailbox, command, ok }) => {
    const items = asList(command.args[1]).map((item) => statusItem(mailbox, asText(item).toUpperCase()));
    await conn.send(`* STATUS INBOX (${items.join(" ")})`);
    await ok();
  },
  SELECT: (turn) => open(turn, "READ-WRITE"),
  EXAMINE: (turn) => open(turn, "READ-ONLY"),
  CLOSE: leave,
  UNSELECT: leave,
  NOOP: async ({ ok }) => ok(),
  CHECK: async ({ ok }) => ok(),
  IDLE: idle,
  SEARCH: search(({ sequence }) => sequence),
  "UID SEARCH": search(({ mail }) => mail.uid),
  FETCH: (turn) => fetch(turn, "sequence"),
  "UID FETCH": (turn) => fetch(turn, "uid"),
  STORE: (turn) => store(turn, "sequence"),
  "UID STORE": (turn) => store(turn, "uid"),
  EXPUNGE: expunge,
  "UID EXPUNGE": expunge,
  APPEND: async ({ mailbox, command, ok }) => {
    const raw = asText(command.args.at(-1));
    const flags = command.args.length > 2 ? asList(command.args[1]).map(asText) : [];
    const uid = mailbox.add(
      Buffer.from(raw, "latin1"),
      flags.filter((flag) => flag.startsWith("\\")),
    );
    await ok(`[APPENDUID ${mailbox.uidValidity} ${uid}] done`);
  },
  LOGOUT: async ({ conn, session, ok }) => {
    await conn.send("* BYE until next time");
    await ok();
    session.over = true;
  },
};

async function logIn({ session, conn, ok, no }: Turn, user: string, password: string): Promise<void> {
  if (user !== session.user || password !== session.password) {
    return no("[AUTHENTICATIONFAILED] wrong user or password");
  }
  session.loggedIn = true;
  await ok(`[CAPABILITY ${session.capabilities(conn.secure)}] logged in`);
}

async function authenticate(turn: Turn): Promise<void> {
  const [method, initial] = turn.command.args.map(asText);
  if (method?.toUpperCase() !== "PLAIN") return turn.no("[CANNOT] only PLAIN is spoken here");
  if (initial === undefined) await turn.conn.send("+ ");
  const response = initial ?? (await turn.conn.line());
  const [, user = "", password = ""] = Buffer.from(response, "base64").toString().split("\0");
  await logIn(turn, user, password);
}

function list(name: string): Handler {
  return async ({ conn, command, ok }) => {
    const pattern = command.args.map(asText).at(1) ?? "*";
    if (pattern === "") await conn.send(String.raw`* ${name} (\Noselect) "/" ""`);
    else if (/[*%]/.test(pattern) || pattern.toUpperCase() === "INBOX") {
      await conn.send(String.raw`* ${name} (\HasNoChildren) "/" INBOX`);
    }
    await ok();
  };
}

function statusItem(mailbox: ScriptedMailbox, item: string): string {
  const unseen = mailbox.mails.filter(({ flags }) => !flags.has("\\Seen")).length;
  const known: Record<string, number> = {
    MESSAGES: mailbox.mails.length,
    RECENT: 0,
    UIDNEXT: mailbox.uidNext,
    UIDVALIDITY: mailbox.uidValidity,
    UNSEEN: unseen,
  };
  return `${item} ${known[item] ?? 0}`;
}

async function open({ conn, session, mailbox, command, ok, no }: Turn, access: string): Promise<void> {
  session.selected = false;
  session.pending.length = 0;
  if (!session.loggedIn) return no("log in first");
  if (asText(command.args[0]).toUpperCase() !== "INBOX") return no("[NONEXISTENT] no such mailbox");
  session.selected = true;
  await conn.send(
    `* FLAGS (${SYSTEM_FLAGS})`,
    String.raw`* OK [PERMANENTFLAGS (${SYSTEM_FLAGS} \*)] flags kept`,
    `* ${mailbox.mails.length} EXISTS`,
    "* 0 RECENT",
    `* OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs valid`,
    `* OK [UIDNEXT ${mailbox.uidNext}] next UID`,
  );
  await ok(`[${access}] selected`);
}

async function leave({ session, ok }: Turn): Promise<void> {
  session.selected = false;
  await ok();
}

/** Tells changes as they come, until the client says DONE (RFC 2177). */
async function idle({ conn, session, mailbox, ok, bad }: Turn): Promise<void> {
  await conn.send("+ idling");
  const tell = () => void tellPending(conn, session).catch(() => {});
  tell();
  const forget = mailbox.onEvent(tell);
  try {
    const line = await conn.line();
    await (line.toUpperCase() === "DONE" ? ok() : bad("expected DONE"));
  } finally {
    forget();
  }
}

function search(number: (found: { mail: ScriptedMail; sequence: number }) => number): Handler {
  return async ({ conn, mailbox, command, ok }) => {
    const [first, charset, ...rest] = command.args;
    const keys = asText(first).toUpperCase() === "CHARSET" ? rest : command.args;
    if (keys === rest && charset === undefined) throw new Error("CHARSET without a name");
    const numbers = searchMails(mailbox, keys).map(number);
    await conn.send(["* SEARCH", ...numbers].join(" "));
    await ok();
  };
}

function chosen(
  mailbox: ScriptedMailbox,
  set: string,
  by: "uid" | "sequence",
): { mail: ScriptedMail; sequence: number }[] {
  const max = by === "uid" ? (mailbox.mails.at(-1)?.uid ?? 0) : mailbox.mails.length;
  return mailbox.mails
    .map((mail, index) => ({ mail, sequence: index + 1 }))
    .filter(({ mail, sequence }) => inSet(set, by === "uid" ? mail.uid : sequence, max));
}

async function fetch({ conn, mailbox, command, ok }: Turn, by: "uid" | "sequence"): Promise<void> {
  const [set, items] = command.args;
  const asked: readonly Token[] = asList(items);
  const withUid = by === "uid" && !asked.some((item) => asText(item).toUpperCase() === "UID");
  for (const { mail, sequence } of chosen(mailbox, asText(set), by)) {
    await conn.send(fetchResponse(sequence, mail, withUid ? ["UID", ...asked] : asked));
  }
  await ok();
}

async function store({ conn, mailbox, command, ok }: Turn, by: "uid" | "sequence"): Promise<void> {
  const [set, action, given] = command.args;
  const [, sign, silent] = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(asText(action)) ?? [];
  for (const { mail, sequence } of chosen(mailbox, asText(set), by)) {
    if (sign === "") mail.flags.clear();
    for (const flag of asList(given).map(asText)) {
      if (sign === "-") mail.flags.delete(flag);
      else mail.flags.add(flag);
    }
    if (silent === undefined) await conn.send(fetchResponse(sequence, mail, ["UID", "FLAGS"]));
  }
  await ok();
}

async function expunge({ mailbox, command, ok }: Turn): Promise<void> {
  const set = command.args.map(asText).at(0);
  const doomed = mailbox.mails.filter(({ flags, uid }) => {
    return flags.has("\\Deleted") && (set === undefined || inSet(set, uid, mailbox.uidNext));
  });
  for (const { uid } of doomed) mailbox.expunge(uid);
  await ok();
}
