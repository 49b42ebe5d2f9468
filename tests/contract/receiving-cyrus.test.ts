import { afterAll, beforeAll, describe, it } from "vitest";
import { type Cyrus, findCyrus, startCyrus } from "../servers/cyrus.ts";
import { startFaultProxy } from "../servers/fault-proxy.ts";
import { freshUser } from "../servers/shared.ts";
import { accountConfig } from "./receiving-servers.ts";
import { describeReceiving } from "./receiving-suite.ts";

/** A third IMAP server, of another family: the suite must not know which one it talks to. */
const program = await findCyrus();

if (program.available) {
  let cyrus: Cyrus | undefined;
  beforeAll(async () => {
    cyrus = await startCyrus({ program });
  });
  afterAll(async () => await cyrus?.stop());
  describeReceiving({
    name: "Cyrus, no TLS",
    available: true,
    mode: "idle",
    async account() {
      if (cyrus === undefined) throw new Error("Cyrus has not been started");
      const server = cyrus;
      const user = freshUser().replace(/@.*/, "");
      // The box is made by its first visitor.
      await server.mails({ user });
      const proxy = await startFaultProxy({ target: { host: server.host, port: server.ports.imap } });
      return {
        config: accountConfig(user, server.password, proxy, "no TLS"),
        proxy,
        deliver: async (raw) => await server.deliver(raw, { user }),
        mails: async () => await server.mails({ user }),
        [Symbol.asyncDispose]: async () => await proxy[Symbol.asyncDispose](),
      };
    },
  });
} else {
  describe("receiving from Cyrus", () => {
    it.skip(`SKIPPED: ${program.reason}`, () => {});
  });
}
