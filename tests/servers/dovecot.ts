import { chown, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { accountsFor } from "./accounts.ts";
import { certificates } from "./certificates.ts";
import { startProcess } from "./child-process.ts";
import { CleanUp } from "./clean-up.ts";
import { type AvailableProgram, type Program, type ProgramSpec, commandLine, findProgram } from "./debian-packages.ts";
import { dovecotConfig } from "./dovecot-config.ts";
import { type DovecotHandle, dovecotHandle } from "./dovecot-handle.ts";
import { freePorts } from "./free-ports.ts";
import { untilGreeting } from "./ready.ts";
import { lastLines, tryCommand } from "./run-command.ts";
import { tempFolder } from "./temp-folder.ts";

export interface DovecotOptions {
  /** False takes IDLE out of the capabilities. */
  readonly idle?: boolean;
  readonly password?: string;
  /** How long a wrong password is left waiting for its NO. Dovecot rounds up to the next half second. */
  readonly authFailureDelaySeconds?: number;
  /** Lines appended to the configuration; the last word on a setting wins. */
  readonly config?: readonly string[];
  /** Where to look for the program, if not where `findDovecot` would. */
  readonly program?: AvailableProgram;
}

export interface Dovecot extends DovecotHandle, AsyncDisposable {
  readonly stop: () => Promise<void>;
}

export const DOVECOT: ProgramSpec = {
  name: "dovecot",
  packages: ["dovecot-core", "dovecot-imapd", "dovecot-lmtpd"],
  libraries:
    "libexttextcat-2.0-0 libexttextcat-data liblua5.4-0 libsodium23 libstemmer0d libwrap0 libicu72 libunwind8".split(
      " ",
    ),
  binaries: [
    "/usr/sbin/dovecot",
    "/usr/bin/doveadm",
    "/usr/lib/dovecot/imap",
    "/usr/lib/dovecot/imap-login",
    "/usr/lib/dovecot/lmtp",
  ],
};

/** The 2.4 series has another configuration language. */
const KNOWN_VERSION = /^2\.3\./;

/** Another program may take a free port between our look and Dovecot's. */
const PORT_ATTEMPTS = 3;

let found: Promise<Program> | undefined;

/** Looked for once per process; the first time on a machine it fetches about 8 MB. */
export function findDovecot(): Promise<Program> {
  found ??= findKnownVersion();
  return found;
}

async function findKnownVersion(): Promise<Program> {
  if (process.env["MAILPORT_NO_DOVECOT"]) return { available: false, reason: "MAILPORT_NO_DOVECOT is set" };
  const program = await findProgram(DOVECOT);
  if (!program.available) return program;
  const { file, args, cwd } = commandLine(program, ["/usr/sbin/dovecot", "--version"]);
  const { stdout, stderr } = await tryCommand(file, args, { cwd, timeoutMs: 10_000 });
  if (KNOWN_VERSION.test(stdout)) return program;
  return {
    available: false,
    reason: `dovecot is ${lastLines(stdout || stderr, 1)}, its configuration is known for 2.3 only`,
  };
}

export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  const program = options.program ?? (await findDovecot());
  if (!program.available) throw new Error(program.reason);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(program, options);
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !String(error).includes("Address already in use")) throw error;
    }
  }
}

async function startOnce(program: AvailableProgram, options: DovecotOptions): Promise<Dovecot> {
  await using startup = new CleanUp();
  const { path: folder } = startup.use(await tempFolder("dovecot"));
  const [imap = 0, imaps = 0, lmtp = 0] = await freePorts(3);
  const accounts = await accountsFor(program);
  const { owner } = accounts;
  const { valid } = await certificates();
  const settings = {
    folder,
    ports: { imap, imaps, lmtp },
    password: options.password ?? "secret",
    idle: options.idle ?? true,
    authFailureDelaySeconds: options.authFailureDelaySeconds ?? 0,
    ...accounts,
    extra: options.config ?? [],
  };
  await writeFile(path.join(folder, "server.crt"), valid.cert);
  await writeFile(path.join(folder, "server.key"), valid.key, { mode: 0o600 });
  await writeFile(path.join(folder, "dovecot.conf"), dovecotConfig(settings));
  await mkdir(path.join(folder, "home"), { mode: 0o700 });
  if (owner.mustChown) await chown(path.join(folder, "home"), owner.uid, owner.gid);

  const command = ["/usr/sbin/dovecot", "-F", "-c", path.join(folder, "dovecot.conf")];
  const server = startup.use(await startProcess(commandLine(program, command)));
  const { password, ports } = settings;
  const handle = dovecotHandle({ host: "127.0.0.1", ports, password, ca: valid.ca, folder, owner, program });
  await untilGreeting(imap, server, handle.log);

  const stop = startup.keep();
  return { ...handle, stop, [Symbol.asyncDispose]: stop };
}
