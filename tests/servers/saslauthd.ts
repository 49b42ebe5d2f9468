import { chmod } from "node:fs/promises";
import { type Socket, createServer } from "node:net";

/**
 * Answers like Cyrus SASL's saslauthd: any user is right, with the one password.
 *
 * A question is four strings (user, password, service, realm), each after its length
 * in two bytes; the answer is one such string, OK or NO.
 */
export async function startSaslauthd(socketPath: string, password: string): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => {});
    let question = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      question = Buffer.concat([question, chunk]);
      const strings = countedStrings(question);
      if (strings.length < 4) return;
      socket.end(Buffer.from(`\0\x02${strings[1] === password ? "OK" : "NO"}`));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  // The server asks as `nobody`.
  await chmod(socketPath, 0o777);
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function countedStrings(bytes: Buffer): string[] {
  const strings: string[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    strings.push(bytes.toString("utf8", at + 2, end));
    at = end;
  }
  return strings;
}
