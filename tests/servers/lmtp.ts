import { connect } from "node:net";
import { SocketReader } from "./socket-reader.ts";

export interface LmtpTarget {
  readonly host: string;
  readonly port: number;
}

export interface LmtpEnvelope {
  /** Empty for a bounce. */
  readonly from: string;
  readonly to: string;
}

/** Delivers one mail (RFC 2033) and resolves once the server has it. */
export async function deliverByLmtp(target: LmtpTarget, envelope: LmtpEnvelope, raw: Buffer | string): Promise<void> {
  const socket = connect({ ...target, noDelay: true });
  const reader = new SocketReader(socket);
  const ask = async (command: string | Buffer, expected: string) => {
    socket.write(command);
    await expectReply(reader, expected);
  };
  try {
    await expectReply(reader, "220");
    await ask("LHLO localhost\r\n", "250");
    await ask(`MAIL FROM:<${envelope.from}>\r\n`, "250");
    await ask(`RCPT TO:<${envelope.to}>\r\n`, "250");
    await ask("DATA\r\n", "354");
    await ask(dotStuffed(raw), "250");
    socket.end("QUIT\r\n");
  } finally {
    socket.destroySoon();
  }
}

/** The mail as it goes over the wire: CRLF, dots doubled, final dot (RFC 5321 section 4.5.2). */
export function dotStuffed(raw: Buffer | string): Buffer {
  const text = typeof raw === "string" ? Buffer.from(raw).toString("latin1") : raw.toString("latin1");
  const body = text.replace(/\r?\n/g, "\r\n").replace(/^\./gm, "..");
  return Buffer.from(`${body}${body.endsWith("\r\n") ? "" : "\r\n"}.\r\n`, "latin1");
}

/** The address in the From header, which is what an honest sender's envelope says. */
export function senderOf(raw: Buffer | string): string {
  const head = raw.toString("latin1").split(/\r?\n\r?\n/, 1)[0] ?? "";
  const from = /^from:((?:.|\r?\n[ \t])*)/im.exec(head)?.[1] ?? "";
  return /<([^<>\s]*)>/.exec(from)?.[1] ?? /[^\s<>,;:"]+@[^\s<>,;:"]+/.exec(from)?.[0] ?? "";
}

async function expectReply(reader: SocketReader, expected: string): Promise<void> {
  for (;;) {
    const line = await reader.line();
    if (line === undefined) throw new Error("the LMTP server closed the connection");
    const text = line.toString();
    if (!text.startsWith(expected)) throw new Error(`the LMTP server answered ${text}`);
    if (text[3] !== "-") return;
  }
}
