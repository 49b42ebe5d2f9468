import { type Command, Refusal, type Session } from "./command.ts";
import { fetchItems, fetchResponse } from "./fetch.ts";
import type { Folder } from "./folder.ts";
import { existing, flagList } from "./folder-commands.ts";
import { asNumberSet } from "./number-set.ts";
import { search } from "./search.ts";
import type { NumberedMail, Selected } from "./selected.ts";
import { SyntaxProblem, textOf, type Token } from "./tokens.ts";

export const mailCommands: Readonly<Record<string, Command>> = {
  CHECK: { needs: "folder", run: () => "OK Check completed." },
  UNSELECT: { needs: "folder", run: (session) => (session.deselect(), "OK Unselect completed.") },
  CLOSE: {
    needs: "folder",
    run(session) {
      const selected = opened(session);
      if (!selected.readOnly) expunge(selected.folder, () => true);
      session.deselect();
      return "OK Close completed.";
    },
  },
  IDLE: {
    needs: "folder",
    async run(session) {
      if (!session.options.idle) throw new SyntaxProblem("unknown command IDLE");
      const line = await session.idle();
      if (line?.toUpperCase() !== "DONE") throw new SyntaxProblem("DONE expected");
      return "OK Idle completed.";
    },
  },
  EXPUNGE: {
    needs: "folder",
    run(session) {
      expunge(writable(session).folder, () => true);
      return "OK Expunge completed.";
    },
  },
  "UID EXPUNGE": {
    needs: "folder",
    run(session, [set]) {
      const selected = writable(session);
      const chosen = new Set(pick(selected, set, true).map(({ mail }) => mail.uid));
      expunge(selected.folder, (uid) => chosen.has(uid));
      return "OK Expunge completed.";
    },
  },
  ...both("SEARCH", searchMails),
  ...both("FETCH", fetchMails),
  ...both("STORE", storeFlags),
  ...both("COPY", copyMails),
  ...both("MOVE", moveMails),
};

type MailCommand = (session: Session, args: readonly Token[], byUid: boolean) => Promise<string> | string;

/** The command by sequence numbers and, with UID before it, by UIDs. */
function both(name: string, run: MailCommand): Record<string, Command> {
  return {
    [name]: { needs: "folder", run: (session, args) => run(session, args, false) },
    [`UID ${name}`]: { needs: "folder", run: (session, args) => run(session, args, true) },
  };
}

async function searchMails(session: Session, args: readonly Token[], byUid: boolean): Promise<string> {
  const found = search(opened(session), args).map(({ mail, sequence }) => ` ${byUid ? mail.uid : sequence}`);
  await session.send([`* SEARCH${found.join("")}\r\n`]);
  return "OK Search completed.";
}

async function fetchMails(session: Session, [set, what]: readonly Token[], byUid: boolean): Promise<string> {
  const selected = opened(session);
  const items = fetchItems(what, byUid);
  const marksSeen = !selected.readOnly && items.some((item) => item.marksSeen);
  for (const { mail, sequence } of pick(selected, set, byUid)) {
    if (session.signal.aborted) break;
    if (marksSeen && !mail.flags.has("\\Seen"))
      selected.folder.changeFlags(mail, (flags) => flags.add("\\Seen"), selected);
    await session.send(fetchResponse(sequence, mail, items));
  }
  return "OK Fetch completed.";
}

async function storeFlags(session: Session, args: readonly Token[], byUid: boolean): Promise<string> {
  const selected = writable(session);
  const [set, item, ...rest] = args;
  const match = /^([+-])?FLAGS(\.SILENT)?$/i.exec(textOf(item, "FLAGS"));
  if (!match) throw new SyntaxProblem("FLAGS, +FLAGS or -FLAGS expected");
  // Flags may come without their parentheses (RFC 3501 section 9, store-att-flags).
  const flags = flagList(rest[0]?.kind === "list" ? rest[0] : { kind: "list", items: rest });
  const lines: string[] = [];
  for (const { mail, sequence } of pick(selected, set, byUid)) {
    selected.folder.changeFlags(mail, (current) => changeFlags(current, match[1], flags), selected);
    const uid = byUid ? `UID ${mail.uid} ` : "";
    if (!match[2]) lines.push(`* ${sequence} FETCH (${uid}FLAGS (${[...mail.flags].join(" ")}))\r\n`);
  }
  await session.send(lines);
  return "OK Store completed.";
}

function changeFlags(current: Set<string>, sign: string | undefined, flags: readonly string[]): void {
  if (sign === undefined) current.clear();
  for (const flag of flags) {
    if (sign === "-") current.delete(flag);
    else current.add(flag);
  }
}

function copyMails(session: Session, [set, name]: readonly Token[], byUid: boolean): string {
  const { code } = copyTo(session, pick(opened(session), set, byUid), name);
  return `OK ${code}Copy completed.`;
}

async function moveMails(session: Session, [set, name]: readonly Token[], byUid: boolean): Promise<string> {
  const selected = writable(session);
  const mails = pick(selected, set, byUid);
  const { code } = copyTo(session, mails, name);
  // RFC 6851 section 4.3: the code goes ahead of the EXPUNGE lines, in an untagged OK.
  if (code) await session.send([`* OK ${code}Moved UIDs.\r\n`]);
  for (const { mail } of mails) selected.folder.expunge(mail.uid);
  return "OK Move completed.";
}

function copyTo(session: Session, mails: readonly NumberedMail[], name: Token | undefined): { code: string } {
  const target = existing(session.options, name, "TRYCREATE");
  if (mails.length === 0) return { code: "" };
  const copies = mails.map(({ mail }) => target.append(mail.raw, mail.flags, mail.receivedAt).uid);
  const originals = asNumberSet(mails.map(({ mail }) => mail.uid));
  return { code: `[COPYUID ${target.uidValidity} ${originals} ${asNumberSet(copies)}] ` };
}

function expunge(folder: Folder, chosen: (uid: number) => boolean): void {
  for (const uid of folder.uids) {
    if (chosen(uid) && folder.get(uid)?.flags.has("\\Deleted")) folder.expunge(uid);
  }
}

function pick(selected: Selected, set: Token | undefined, byUid: boolean): NumberedMail[] {
  const text = textOf(set, "message set");
  return selected.uids.length === 0 ? [] : selected.pick(text, byUid);
}

function opened({ selected }: Session): Selected {
  if (!selected) throw new SyntaxProblem("no mailbox selected");
  return selected;
}

function writable(session: Session): Selected {
  const selected = opened(session);
  if (selected.readOnly) throw new Refusal("NO [READ-ONLY] The mailbox is read-only.");
  return selected;
}
