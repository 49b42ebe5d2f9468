import { ImapFlow } from "imapflow";
import type { TestMailServer } from "../../src/testing/testing.ts";

/** The library that the channel uses, told to trust this server. */
export function imapClient(server: TestMailServer, pass = server.password): ImapFlow {
  const { imapHost: host, imapPort: port, tls, imapStarttls, username: user } = server.config();
  const client = new ImapFlow({
    host,
    port,
    secure: tls && !imapStarttls,
    doSTARTTLS: imapStarttls,
    tls: { ca: server.credentials.cert, servername: "localhost" },
    auth: { user, pass },
    logger: false,
    disableAutoIdle: true,
  });
  // The close event tells the same.
  client.on("error", () => {});
  return client;
}
