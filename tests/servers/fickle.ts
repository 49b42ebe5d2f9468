import type { Handler, Turn } from "./dialog-session.ts";
import { fetchResponse } from "./imap-fetch.ts";
import { asked, dialog, type Liar } from "./liars.ts";

/** What a server that goes away says of the command that it is asked just then. */
export type Farewell = "instead of an answer" | "in the middle of an answer" | "behind the answer";

/** Says BYE and hangs up at the first `command` of a connection. */
export function byeAt(command: string, farewell: Farewell): Liar {
  const leave = async ({ conn, session }: Turn): Promise<void> => {
    await conn.send("* BYE shutting down");
    session.over = true;
  };
  const handler: Handler = async (turn) => {
    if (farewell === "behind the answer") await turn.honest();
    // A line that is not ended, and then the end.
    if (farewell === "in the middle of an answer") await turn.conn.send(Buffer.from("* 1 FETCH (UID 1 FLA"));
    await leave(turn);
  };
  return dialog({}, { [command]: handler });
}

/** Servers on which things happen while they are being asked. */
export const fickle = {
  /** Announces mail that is not there, for as long as it is listened to. */
  exists_phantom: dialog(
    {},
    {
      IDLE: async ({ conn, mailbox, ok }) => {
        await conn.send("+ idling", `* ${mailbox.mails.length + 3} EXISTS`);
        await conn.line();
        await ok();
      },
    },
  ),
  /** Another client expunges the first mail between two answers of one FETCH (RFC 9051 section 7.5.1 allows it there). */
  expunge_in_fetch: dialog({}, { "UID FETCH": once(expungeInFetch) }),
  /** What the search has just found is gone when it is asked for. */
  uids_go_away: dialog(
    {},
    {
      "UID FETCH": once(async (turn) => {
        for (const { uid } of asked(turn).slice(0, -1)) turn.mailbox.expunge(uid);
        await turn.honest();
      }),
    },
  ),
  /** \Seen cannot be set. */
  store_no: dialog({}, { "UID STORE": async ({ no }) => no("[OVERQUOTA] no room for flags") }),
  /** Numbers its mails anew while they are being watched, and says goodbye as Dovecot does. */
  renumbering: dialog(
    {},
    {
      IDLE: once(async ({ conn, session, mailbox }) => {
        await conn.send("+ idling");
        const { mails } = mailbox;
        const again = mails.splice(0).map(({ raw, flags }) => ({ raw, flags: [...flags] }));
        mailbox.uidValidity += 1;
        mailbox.uidNext = 1;
        for (const { raw, flags } of again.toReversed()) mailbox.add(raw, flags);
        await conn.send("* BYE UIDVALIDITY changed");
        session.over = true;
      }),
    },
  ),
} satisfies Record<string, Liar>;

export type FickleName = keyof typeof fickle;

async function expungeInFetch(turn: Turn): Promise<void> {
  const [first, ...others] = asked(turn);
  if (first) turn.mailbox.expunge(first.uid);
  turn.session.pending.length = 0;
  await turn.conn.send("* 1 EXPUNGE");
  for (const { mail, sequence, items } of others)
    await turn.conn.send(fetchResponse(sequence - 1, mail, ["UID", ...items.filter((item) => item !== "UID")]));
  await turn.ok();
}

/** The first time over all connections; then honest. */
function once(handler: Handler): Handler {
  let done = false;
  return async (turn) => {
    if (done) return await turn.honest();
    done = true;
    await handler(turn);
  };
}
