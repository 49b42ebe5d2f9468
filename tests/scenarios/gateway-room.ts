import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Start, startMailport } from "../cli/mailport.ts";
import { accountOn } from "../servers/account-on.ts";
import { CleanUp } from "../servers/clean-up.ts";
import { freshUser, sharedDovecots } from "../servers/shared.ts";
import { type SmtpSink, startSmtpSink } from "../servers/smtp-sink.ts";
import { tempFolder } from "../servers/temp-folder.ts";

export interface GatewayRoomOptions {
  /** Puts a command around the gateway's; `state` is the folder that it writes to. */
  readonly wrap?: (state: string) => Start["wrap"];
  /** Instead of the servers' own addresses. */
  readonly reach?: (servers: { readonly imapPort: number; readonly smtpPort: number }) => Promise<object> | object;
}

/** The real gateway with the echo bot, as an operator runs it, on a mailbox and an SMTP server of its own. */
export async function startGatewayRoom({ wrap, reach }: GatewayRoomOptions = {}) {
  const { plain: dovecot } = sharedDovecots();
  await using owned = new CleanUp();
  const folder = owned.use(await tempFolder("gateway"));
  const user = freshUser();
  const sink = owned.use(await startSmtpSink({ security: "none", auth: { user, password: dovecot.password } }));
  const state = join(folder.path, "state");
  await mkdir(state);
  const config = join(folder.path, "config.json");
  const servers = { imapPort: dovecot.ports.imap, smtpPort: sink.port };
  const account = {
    ...accountOn(dovecot, sink, user),
    ...servers,
    enabled: true,
    tls: false,
    attachments: { dir: join(state, "attachments") },
    ...(await reach?.(servers)),
  };
  const store = { kind: "sqlite", path: join(state, "mailport.db") };
  const settings = { store, accounts: [account], bot: { kind: "echo" }, drainSeconds: 2 };
  await writeFile(config, JSON.stringify(settings), { mode: 0o600 });
  const around = wrap?.(state);
  const gateway = owned.use(startMailport(["run", "--config", config], around ? { wrap: around } : {}));
  return {
    user,
    sink,
    state,
    gateway,
    async deliver(raw: string) {
      await dovecot.deliver(raw, { user });
    },
    mails: async () => await dovecot.mails({ user }),
    [Symbol.asyncDispose]: owned.keep(),
  };
}

export function subjects({ mails }: SmtpSink): string[] {
  return mails.map(({ raw }) => /^Subject: (.*)$/m.exec(raw.toString())?.[1]?.trim() ?? "");
}
