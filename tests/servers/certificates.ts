import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "./run-command.ts";
import { tempFolder } from "./temp-folder.ts";

/** PEM texts, ready for `tls.createServer` and for a client's `ca`. */
export interface Certificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** For localhost and 127.0.0.1. */
  readonly valid: Certificate;
  /** The same names, but its time ended in 2021. */
  readonly expired: Certificate;
  /** In its time and of the same authority, but for another host. */
  readonly wrongHost: Certificate;
}

const LOOPBACK_NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1";
const OTHER_NAMES = "DNS:other.example";

let made: Promise<Certificates> | undefined;

/** Made once per process; takes about 0.1 s. */
export function certificates(): Promise<Certificates> {
  made ??= makeCertificates();
  return made;
}

/** Takes over what another process made, so that all of one test run trust one authority. */
export function useCertificates(given: Certificates): void {
  made = Promise.resolve(given);
}

async function makeCertificates(): Promise<Certificates> {
  await using folder = await tempFolder("certificates");
  const inFolder = (name: string) => path.join(folder.path, name);
  await writeFile(inFolder("openssl.cnf"), opensslConfig(folder.path));
  await writeFile(inFolder("index.txt"), "");
  await newKey(folder.path, "ca");
  await openssl(
    folder.path,
    ["req", "-x509", "-config", "openssl.cnf", "-extensions", "authority", "-key", "ca.key", "-out", "ca.crt"],
    ["-days", "30", "-subj", "/CN=mailport test authority"],
  );
  const ca = await readFile(inFolder("ca.crt"), "utf8");
  const issue = async (name: string, section: string, startDate: string, endDate: string): Promise<Certificate> => {
    await newKey(folder.path, name);
    await openssl(
      folder.path,
      ["req", "-new", "-config", "openssl.cnf", "-key", `${name}.key`, "-out", `${name}.csr`],
      ["-subj", `/CN=mailport test ${name}`],
    );
    await openssl(
      folder.path,
      ["ca", "-batch", "-notext", "-config", "openssl.cnf", "-extensions", section, "-in", `${name}.csr`],
      ["-out", `${name}.crt`, "-startdate", startDate, "-enddate", endDate],
    );
    return {
      ca,
      cert: await readFile(inFolder(`${name}.crt`), "utf8"),
      key: await readFile(inFolder(`${name}.key`), "utf8"),
    };
  };
  const [yesterday, nextMonth] = [asn1Time(Date.now() - 86_400_000), asn1Time(Date.now() + 29 * 86_400_000)];
  // One after the other: `openssl ca` keeps a list of what it issued in one file.
  return {
    valid: await issue("valid", "loopback", yesterday, nextMonth),
    expired: await issue("expired", "loopback", "20200101000000Z", "20210101000000Z"),
    wrongHost: await issue("wrong-host", "elsewhere", yesterday, nextMonth),
  };
}

async function newKey(cwd: string, name: string): Promise<void> {
  await openssl(cwd, ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-out", `${name}.key`]);
}

async function openssl(cwd: string, args: readonly string[], more: readonly string[]): Promise<void> {
  await runCommand("openssl", [...args, ...more], { cwd });
}

function asn1Time(ms: number): string {
  return `${new Date(ms).toISOString().replace(/\.\d+Z$|[-:T]/g, "")}Z`;
}

function opensslConfig(folder: string): string {
  return `
[req]
distinguished_name = name
prompt = no
[name]
CN = mailport test
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = authority_files
[authority_files]
dir = ${folder}
database = ${folder}/index.txt
new_certs_dir = ${folder}
certificate = ${folder}/ca.crt
private_key = ${folder}/ca.key
rand_serial = yes
default_md = sha256
policy = any_name
unique_subject = no
[any_name]
CN = supplied
[loopback]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = ${LOOPBACK_NAMES}
[elsewhere]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = ${OTHER_NAMES}
`;
}
