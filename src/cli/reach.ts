import { lookup } from "node:dns/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { errorText } from "../domain/errors.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; a STARTTLS server is looked at by logging in. */
  readonly directTls: boolean;
}

export interface Reached {
  readonly addresses: string[];
  readonly certificate: CertificateFacts | undefined;
}

export interface CertificateFacts {
  /** Why it is not to be trusted; undefined when it is. */
  readonly distrust: string | undefined;
  /** Until it expires; negative when it has. */
  readonly daysLeft: number;
}

/** How far we came before it failed. */
export class UnreachableError extends Error {
  override readonly name: string = "UnreachableError";
  readonly step: "dns" | "connect" | "tls";

  constructor(step: "dns" | "connect" | "tls", message: string) {
    super(message);
    this.step = step;
  }
}

const STEP_TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;

/** Name, connection and TLS handshake, one after the other, so that a failure names its step. Sends no password. */
export async function reach({ host, port, directTls }: Place): Promise<Reached> {
  const found = await named("dns", `the name ${host} cannot be resolved`, lookup(host, { all: true }));
  const addresses = found.map(({ address }) => address);
  const socket = connectTcp({ host, port });
  try {
    await named("connect", `no connection to ${host} port ${port}`, ready(socket, "connect"));
    if (!directTls) return { addresses, certificate: undefined };
    // Not verified here: the handshake shall succeed, so that what is wrong with the certificate can be said.
    const secured = connectTls({ socket, host, ...servername(host), rejectUnauthorized: false, minVersion: "TLSv1.2" });
    await named("tls", `${host} port ${port} does not speak TLS as expected`, ready(secured, "secureConnect"));
    return { addresses, certificate: certificateFacts(secured) };
  } finally {
    socket.destroy();
  }
}

/** RFC 6066 section 3: an IP address is not a server name. */
function servername(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}

async function ready(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.setTimeout(STEP_TIMEOUT_MS, () => reject(new Error(`no answer within ${STEP_TIMEOUT_MS / 1000} seconds`)));
    // It stays: an error after the first must not end the process either.
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("the server closed the connection")));
    socket.once(event, () => resolve());
  });
}

async function named<T>(step: UnreachableError["step"], what: string, attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : errorText(error);
    throw new UnreachableError(step, `${what} (${code})`);
  }
}

function certificateFacts(socket: TLSSocket): CertificateFacts {
  const { valid_to: validTo } = socket.getPeerCertificate();
  const daysLeft = Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS);
  // The types say Error; what Node puts there is the code.
  const reason = String(socket.authorizationError);
  return { daysLeft, distrust: socket.authorized ? undefined : reason };
}
