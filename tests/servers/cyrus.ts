import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Accounts, accountsFor } from "./accounts.ts";
import { type Box, type BoxOperations, boxOperations } from "./box-operations.ts";
import { certificates } from "./certificates.ts";
import { startProcess } from "./child-process.ts";
import { CleanUp } from "./clean-up.ts";
import { type AvailableProgram, type Program, type ProgramSpec, commandLine, findProgram } from "./debian-packages.ts";
import { freePorts } from "./free-ports.ts";
import { quoted } from "./raw-imap.ts";
import { untilGreeting } from "./ready.ts";
import { startSaslauthd } from "./saslauthd.ts";
import { tempFolder } from "./temp-folder.ts";

export interface CyrusOptions {
  readonly password?: string;
  /** Lines appended to imapd.conf. */
  readonly config?: readonly string[];
  readonly program?: AvailableProgram;
}

/** A second opinion: another server, with other capabilities and another way to IDLE. */
export interface Cyrus extends BoxOperations, AsyncDisposable {
  readonly host: string;
  readonly ports: { readonly imap: number; readonly imaps: number; readonly lmtp: number };
  readonly password: string;
  readonly ca: string;
  /** By APPEND, in their order. */
  readonly seed: (mails: Iterable<Buffer | string>, box?: Box) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const CYRUS: ProgramSpec = {
  name: "cyrus",
  packages: ["cyrus-imapd", "cyrus-common", "libsasl2-modules"],
  libraries: "libclamav12 libical3 libmspack0 libpcre3 libwrap0 libxapian30 libzephyr4".split(" "),
  // A mail transport and tools of its maintainer scripts.
  without: /^(exim4|gawk$|libsigsegv|db-util$|db5|libidn12$)/,
  binaries: ["/usr/sbin/cyrmaster", "/usr/lib/cyrus/bin/imapd", "/usr/lib/cyrus/bin/lmtpd"],
};

let found: Promise<Program> | undefined;

/** Looked for once per process; the first time on a machine it fetches about 12 MB. */
export function findCyrus(): Promise<Program> {
  found ??= findProgram(CYRUS);
  return found;
}

export async function startCyrus(options: CyrusOptions = {}): Promise<Cyrus> {
  const program = options.program ?? (await findCyrus());
  if (!program.available) throw new Error(program.reason);
  await using startup = new CleanUp();
  const { path: folder } = startup.use(await tempFolder("cyrus"));
  const [imap = 0, imaps = 0, lmtp = 0] = await freePorts(3);
  const ports = { imap, imaps, lmtp };
  const password = options.password ?? "secret";
  const accounts = await accountsFor(program);
  const { valid } = await certificates();
  await writeFile(path.join(folder, "server.crt"), valid.cert);
  await writeFile(path.join(folder, "server.key"), valid.key, { mode: 0o600 });
  await writeFile(path.join(folder, "imapd.conf"), imapdConfig(folder, accounts, options.config ?? []));
  await writeFile(path.join(folder, "cyrus.conf"), servicesConfig(folder, ports));
  for (const name of ["conf", "conf/socket", "spool", "run"]) await mkdir(path.join(folder, name));
  if (accounts.owner.mustChown) await giveAway(folder, accounts);
  startup.use(await startSaslauthd(path.join(folder, "saslauthd"), password));

  const files = ["-C", "imapd.conf", "-M", "cyrus.conf", "-p", "run/master.pid"];
  const master = [
    "/usr/sbin/cyrmaster",
    ...files.map((word) => (word.startsWith("-") ? word : path.join(folder, word))),
  ];
  const command = [...(accounts.owner.mustChown ? AS_NOBODY : []), ...master, "-D"];
  const server = startup.use(await startProcess(commandLine(program, command)));
  await untilGreeting(imap, server, () => readFile(path.join(folder, "cyrus.log"), "utf8"));

  const operations = boxOperations({ host: "127.0.0.1", ports, password });
  const stop = startup.keep();
  return {
    ...operations,
    host: "127.0.0.1",
    ports,
    password,
    ca: valid.ca,
    seed: async (mails, { user, folder: name = "INBOX" } = {}) => {
      await using session = await operations.connect(user);
      if (name !== "INBOX") await session.command(`CREATE ${quoted(name)}`);
      for (const mail of mails) {
        const { status, text } = await session.append(name, mail);
        if (status !== "OK") throw new Error(`APPEND: ${status} ${text}`);
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Again with the signal of the parent's death: a change of account forgets it. */
const AS_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups --pdeathsig TERM --".split(" ");

async function giveAway(folder: string, { owner }: Accounts): Promise<void> {
  for (const name of ["server.key", "conf", "conf/socket", "spool", "run"]) {
    await chown(path.join(folder, name), owner.uid, owner.gid);
  }
}

function imapdConfig(folder: string, { systemUser, systemGroup }: Accounts, extra: readonly string[]): string {
  return `
configdirectory: ${folder}/conf
defaultpartition: default
partition-default: ${folder}/spool
proc_path: ${folder}/run/proc
mboxname_lockpath: ${folder}/run/lock
lmtpsocket: ${folder}/run/lmtp
idlesocket: ${folder}/run/idle
notifysocket: ${folder}/run/notify
cyrus_user: ${systemUser}
cyrus_group: ${systemGroup}
altnamespace: yes
unixhierarchysep: yes
virtdomains: userid
defaultdomain: localhost
allowplaintext: yes
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: ${folder}/saslauthd
sasl_mech_list: PLAIN LOGIN
autocreate_quota: 0
autocreate_post: yes
imapidlepoll: 1
failedloginpause: 0
duplicatesuppression: no
tls_server_cert: ${folder}/server.crt
tls_server_key: ${folder}/server.key
${extra.join("\n")}
`;
}

function servicesConfig(folder: string, ports: Cyrus["ports"]): string {
  const config = `-C ${folder}/imapd.conf`;
  return `
START {
  recover cmd="/usr/sbin/cyrus ctl_cyrusdb ${config} -r"
}
SERVICES {
  imap cmd="imapd ${config} -U 30" listen="127.0.0.1:${ports.imap}" prefork=1 maxchild=200
  imaps cmd="imapd -s ${config} -U 30" listen="127.0.0.1:${ports.imaps}" prefork=0 maxchild=200
  lmtp cmd="lmtpd -a ${config}" listen="127.0.0.1:${ports.lmtp}" prefork=0 maxchild=20
}
`;
}
