import type { DialogOptions, Handler, Turn } from "./dialog-session.ts";
import { imapDialog } from "./imap-dialog.ts";
import { fetchResponse } from "./imap-fetch.ts";
import { asList, asText, inSet } from "./imap-tokens.ts";
import type { ScriptedConnection } from "./scripted-connection.ts";
import { type ImapScript, type ScriptedImap, startScriptedImap } from "./scripted-imap.ts";
import { ScriptedMailbox } from "./scripted-mailbox.ts";

export type Liar = (mailbox: ScriptedMailbox, honest: DialogOptions) => ImapScript;

const FLOOD_LINES = 200_000;
const FLOOD_LINES_PER_WRITE = 1_000;

/** Servers that break their word, each in one way and otherwise honest. Names and tales: security.md section 3.9. */
export const liars = {
  // Before the login.
  greeting_bye: script(async (conn) => conn.send("* BYE too many connections")),
  no_greeting: script(async (conn) => conn.hang()),
  preauth_tls: dialog({ greeting: "* PREAUTH already logged in" }),
  st_stripped: dialog({ startTls: false }, { STARTTLS: async ({ bad }) => bad("unknown command") }),
  st_no: dialog({ startTls: true }, { STARTTLS: async ({ no }) => no("TLS is out today") }),
  st_bad: dialog({ startTls: true }, { STARTTLS: async ({ bad }) => bad("what TLS") }),
  st_plus: dialog({ startTls: true }, { STARTTLS: async ({ conn }) => (await conn.send("+ go on"), conn.hang()) }),
  inject: dialog({ startTls: true }, { STARTTLS: injectBeforeTls }),
  auth_fail: refusedLogin("[AUTHENTICATIONFAILED] wrong user or password"),
  auth_unavail: refusedLogin("[UNAVAILABLE] the user database is away"),
  auth_limit: refusedLogin("[LIMIT] too many connections for this user"),

  // Opening and searching.
  select_nouidv: dialog({}, { SELECT: openWithoutUidValidity, EXAMINE: openWithoutUidValidity }),
  select_nouidnext: dialog({}, { SELECT: openWithoutUidNext, EXAMINE: openWithoutUidNext }),
  search_hang: dialog({}, { "UID SEARCH": async ({ conn }) => conn.hang() }),
  auth_echo: refusedLogin("[AUTHENTICATIONFAILED] bad login bot secret."),
  search_phantom: dialog(
    {},
    { "UID SEARCH": async ({ conn, ok }) => (await conn.send("* SEARCH 1 7 4294967295"), ok()) },
  ),

  // IDLE.
  idle_noplus: dialog({}, { IDLE: async ({ conn }) => conn.hang() }),
  idle_bad: dialog({}, { IDLE: async ({ bad }) => bad("unknown command") }),
  idle_no: dialog({}, { IDLE: async ({ no }) => no("not now") }),
  idle_immediate_ok: dialog({}, { IDLE: async ({ ok }) => ok() }),
  idle_liar: dialog({ silent: true }),
  idle_silent_deaf: dialog({}, { IDLE: async ({ conn }) => (await conn.send("+ idling"), conn.hang()) }),
  idle_bye: dialog({}, { IDLE: async ({ conn, session }) => goodbye(conn, session, "* BYE going down") }),
  idle_eof: dialog({}, { IDLE: async ({ conn, session }) => goodbye(conn, session) }),
  idle_flood: dialog({}, { IDLE: idleFlood }),
  idle_garbage: dialog(
    {},
    { IDLE: async (turn) => void (await Promise.all([turn.honest(), turn.conn.send(garbage())])) },
  ),

  // FETCH of a body.
  lit_hang: bodyFetch(async (turn) => (await halfLiteral(turn), turn.conn.hang())),
  lit_eof: bodyFetch(async (turn) => {
    await halfLiteral(turn);
    turn.session.over = true;
  }),
  lit_huge: bodyFetch(async (turn) => (await openLiteral(turn, "4294967295"), turn.conn.hang())),
  lit_stream: bodyFetch(async (turn) => (await openLiteral(turn, "4294967295"), pour(turn.conn))),
  lit_neg: bodyFetch(async (turn) => (await openLiteral(turn, "-5"), turn.conn.send(")"), turn.ok())),
  fetch_nil: bodyFetch(async (turn) => {
    for (const { uid, sequence, labels } of asked(turn)) {
      await turn.conn.send(`* ${sequence} FETCH (UID ${uid} ${labels.map((label) => `${label} NIL`).join(" ")})`);
    }
    await turn.ok();
  }),
  fetch_none: bodyFetch(async ({ ok }) => ok()),
  fetch_wrong_uid: bodyFetch(async (turn) => {
    for (const { mail, sequence, items } of asked(turn)) {
      await turn.conn.send(fetchResponse(sequence, { ...mail, uid: 666 }, ["UID", ...items]));
    }
    await turn.ok();
  }),
  fetch_no_throttle: bodyFetch(async ({ no }) => no("[THROTTLED] Suggested Backoff Time: 300000 milliseconds")),
} satisfies Record<string, Liar>;

export type LiarName = keyof typeof liars;

export interface LiarOptions extends DialogOptions {
  readonly mailbox?: ScriptedMailbox;
  /** Direct TLS; with STARTTLS set `startTls` instead. */
  readonly tls?: boolean;
  /** So many connections are lied to; later ones meet an honest server. All of them if not given. */
  readonly lies?: number;
}

export interface RunningLiar extends ScriptedImap {
  readonly mailbox: ScriptedMailbox;
}

export async function startLiar(liar: LiarName | Liar, options: LiarOptions = {}): Promise<RunningLiar> {
  const { mailbox = new ScriptedMailbox(), tls = false, lies = Infinity, ...honest } = options;
  const lie: ImapScript = (typeof liar === "string" ? liars[liar] : liar)(mailbox, honest);
  const truth = imapDialog(mailbox, honest);
  const server = await startScriptedImap({ tls, script: (conn) => (conn.index < lies ? lie : truth)(conn) });
  return Object.assign(server, { mailbox });
}

function script(play: ImapScript): Liar {
  return () => play;
}

/** Honest but for these settings and these commands. */
export function dialog(lie: DialogOptions, handlers: Readonly<Record<string, Handler>> = {}): Liar {
  return (mailbox, honest) => imapDialog(mailbox, { ...honest, ...lie, handlers: { ...honest.handlers, ...handlers } });
}

function refusedLogin(text: string): Liar {
  const refuse: Handler = async ({ no }) => no(text);
  return dialog({}, { LOGIN: refuse, AUTHENTICATE: refuse });
}

/** Lies only where the content of a mail is asked for, so that a client gets that far. */
function bodyFetch(lie: Handler): Liar {
  const handler: Handler = (turn) => (/BODY(\.PEEK)?\[/i.test(turn.command.line) ? lie(turn) : turn.honest());
  return dialog({}, { FETCH: handler, "UID FETCH": handler });
}

/** CVE-2011-0411: what is said in clear before the handshake must not be believed after it. */
async function injectBeforeTls({ conn, command }: Turn): Promise<void> {
  await conn.send(`${command.tag} OK begin TLS`, "* CAPABILITY IMAP4rev1 XINJECTED", "* 99 EXISTS");
  await conn.startTls();
}

async function openWithoutUidNext({ conn, session, mailbox, ok }: Turn): Promise<void> {
  session.selected = true;
  await conn.send(String.raw`* FLAGS (\Seen)`, `* ${mailbox.mails.length} EXISTS`, "* OK [UIDVALIDITY 1] valid");
  await ok("[READ-WRITE] selected");
}

async function openWithoutUidValidity({ conn, session, mailbox, ok }: Turn): Promise<void> {
  session.selected = true;
  await conn.send(
    String.raw`* FLAGS (\Seen)`,
    `* ${mailbox.mails.length} EXISTS`,
    `* OK [UIDNEXT ${mailbox.uidNext}] next`,
  );
  await ok("[READ-WRITE] selected");
}

async function goodbye(
  conn: ScriptedConnection,
  session: { over: boolean },
  ...words: readonly string[]
): Promise<void> {
  await conn.send("+ idling", ...words);
  session.over = true;
}

async function idleFlood({ conn, mailbox, ok }: Turn): Promise<void> {
  await conn.send("+ idling");
  for (let sent = 0; sent < FLOOD_LINES; sent += FLOOD_LINES_PER_WRITE) {
    const first = mailbox.mails.length + sent + 1;
    await conn.send(...Array.from({ length: FLOOD_LINES_PER_WRITE }, (_, index) => `* ${first + index} EXISTS`));
  }
  await conn.line();
  await ok();
}

function garbage(): Buffer {
  return Buffer.from("* \xff\xfe(((\x00 {5\r\n", "latin1");
}

export interface Asked {
  readonly mail: ScriptedMailbox["mails"][number];
  readonly uid: number;
  readonly sequence: number;
  readonly items: readonly string[];
  /** The body items as an answer names them. */
  readonly labels: readonly string[];
}

/** The mails that a FETCH asks for, with what it asks of them. */
export function asked({ command, mailbox }: Turn): Asked[] {
  const [set, list] = command.args;
  const items = asList(list).map(asText);
  const bodies = items.filter((item) => item.includes("["));
  const labels = bodies.map((item) =>
    item
      .toUpperCase()
      .replace(".PEEK", "")
      .replace(/<(\d+)\.\d+>$/, "<$1>"),
  );
  return mailbox.mails
    .map((mail, index) => ({ mail, uid: mail.uid, sequence: index + 1, items, labels }))
    .filter(({ uid, sequence }) =>
      inSet(asText(set), command.name.startsWith("UID ") ? uid : sequence, mailbox.uidNext),
    );
}

async function openLiteral(turn: Turn, size: string): Promise<void> {
  const [first] = asked(turn);
  if (first === undefined) return;
  const start = `* ${first.sequence} FETCH (UID ${first.uid} ${first.labels[0] ?? "BODY[]"}`;
  await turn.conn.send(`${start} {${size}}`);
}

/** Promises more than it gives. */
async function halfLiteral(turn: Turn): Promise<void> {
  const bytes = asked(turn)[0]?.mail.raw ?? Buffer.alloc(0);
  await openLiteral(turn, String(bytes.length + 1_000));
  await turn.conn.send(bytes.subarray(0, Math.ceil(bytes.length / 2)));
}

async function pour(conn: ScriptedConnection): Promise<void> {
  const block = Buffer.alloc(64 * 1024, "x");
  for (;;) await conn.send(block);
}
