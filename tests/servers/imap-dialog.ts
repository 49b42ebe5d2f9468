import { type DialogOptions, DialogSession, type Turn, tellPending } from "./dialog-session.ts";
import { COMMANDS } from "./imap-commands.ts";
import type { ImapCommand } from "./scripted-connection.ts";
import type { ImapScript } from "./scripted-imap.ts";
import type { ScriptedMailbox } from "./scripted-mailbox.ts";

/** A plain, honest IMAP server with one mailbox, some of whose answers can be replaced. */
export function imapDialog(mailbox: ScriptedMailbox, options: DialogOptions = {}): ImapScript {
  return async (conn) => {
    const session = new DialogSession(options);
    const forget = mailbox.onEvent((event) => session.note(event));
    try {
      await conn.send(
        options.greeting ?? `* OK [CAPABILITY ${session.capabilities(conn.secure)}] scripted server ready`,
      );
      while (!session.over) await answer(await conn.command());
    } finally {
      forget();
    }

    async function answer(command: ImapCommand): Promise<void> {
      const say = (status: string) => (text: string) => conn.send(`${command.tag} ${status} ${text}`);
      const honest = COMMANDS[command.name] ?? (async (turn: Turn) => turn.bad("unknown command"));
      const turn: Turn = {
        conn,
        command,
        session,
        mailbox,
        ok: async (text = `${command.name} done`) => {
          await tellPending(conn, session);
          await say("OK")(text);
        },
        no: say("NO"),
        bad: say("BAD"),
        honest: () => honest(turn),
      };
      await (options.handlers?.[command.name] ?? honest)(turn);
    }
  };
}
