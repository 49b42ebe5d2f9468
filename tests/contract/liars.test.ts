import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { LoginRefusedError } from "../../src/index.ts";
import type { LiarName } from "../servers/liars.ts";
import { mail, meet } from "./meet-liar.ts";

describe("a server that lies about IDLE", () => {
  it.each<LiarName>([
    "idle_bad",
    "idle_no",
    "idle_immediate_ok",
    "idle_liar",
    "idle_garbage",
    "idle_flood",
    "idle_bye",
    "idle_eof",
  ])("%s: mail that comes while we listen arrives all the same", async (name) => {
    const { channel, mailbox } = await meet(name);
    const message = channel.receive().next();
    await vi.waitFor(() => expect(channel.status().folders[0]?.state).toMatch(/idling|polling|waiting/));
    mailbox.add(mail("late"));
    expect((await message).value?.metadata.email_subject).toBe("late");
  });

  it.each<LiarName>(["idle_noplus", "idle_silent_deaf"])(
    "%s: the connection is given up within the renewal plus the limit, then polled",
    async (name) => {
      const { channel, mailbox, server } = await meet(name);
      const message = channel.receive().next();
      await vi.waitFor(() => expect(server.connections.length).toBeGreaterThanOrEqual(2), { timeout: 5_000 });
      mailbox.add(mail("after the silence"));
      expect((await message).value?.metadata.email_subject).toBe("after the silence");
      await vi.waitFor(() => expect(channel.status().folders[0]?.mode).toBe("poll"), { timeout: 8_000 });
    },
  );

  it("idle_immediate_ok: does not turn into a hot loop", async () => {
    const { channel, server } = await meet("idle_immediate_ok");
    void channel.receive().next();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(server.transcript.filter((line) => /IDLE/.test(line)).length).toBeLessThanOrEqual(3);
  });

  it("idle_no, idle_bad: polls for the rest of the session", async () => {
    const { channel, mailbox, server } = await meet("idle_no");
    const messages = channel.receive();
    void messages.next();
    await vi.waitFor(() => expect(channel.status().folders[0]?.mode).toBe("poll"));
    mailbox.add(mail("one"));
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(server.transcript.filter((line) => /IDLE/.test(line))).toHaveLength(1);
  });
});

describe("a server that lies about a mail", () => {
  it.each<LiarName>([
    "lit_hang",
    "lit_eof",
    "lit_huge",
    "lit_stream",
    "greeting_bye",
    "no_greeting",
    "auth_unavail",
    "auth_limit",
    "idle_silent_deaf",
  ])("%s: the mail arrives once the server is honest again, once", async (name) => {
    const { channel, server } = await meet(name, { lies: 1 }, [mail("one"), mail("two")]);
    const messages = channel.receive();
    const got = [await messages.next(), await messages.next()];
    expect(got.map(({ value }) => value?.metadata.email_subject)).toEqual(["one", "two"]);
    expect(channel.status().counts.received).toBe(2);
    if (name !== "idle_silent_deaf") expect(server.connections).toHaveLength(2);
  });

  it.each<LiarName>(["fetch_nil", "fetch_none", "fetch_wrong_uid", "lit_neg"])(
    "%s: is not believed, and is not asked for ever",
    async (name) => {
      const { channel, server } = await meet(name, {}, [mail("one")]);
      void channel.receive().next();
      await vi.waitFor(() => expect(channel.status().folders[0]).toMatchObject({ state: "idling", pending: 0 }), {
        timeout: 10_000,
      });
      expect(channel.status().counts.received).toBe(0);
      expect(server.transcript.filter((line) => /UID FETCH/.test(line)).length).toBeLessThan(12);
    },
  );

  it("search_phantom: takes the mail that is there and forgets those that are not (S-I6)", async () => {
    const { channel } = await meet("search_phantom", {}, [mail("real")]);
    const messages = channel.receive();
    expect((await messages.next()).value?.metadata.email_subject).toBe("real");
    await vi.waitFor(() => expect(channel.status().folders[0]).toMatchObject({ state: "idling", pending: 0 }));
  });

  it("fetch_no_throttle: is obeyed, and closing does not wait for it", async () => {
    const { channel, server } = await meet("fetch_no_throttle", {}, [mail("one")]);
    const message = channel.receive().next();
    await vi.waitFor(() =>
      expect(channel.status().folders[0]).toMatchObject({ state: "waiting-to-retry", pending: 1 }),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(server.connections).toHaveLength(1);
    await channel.close({ drainMs: 100 });
    expect(await message).toEqual({ done: true, value: undefined });
  });

  it("select_nouidnext: the highest UID there is stands in for it", async () => {
    const { channel, mailbox } = await meet("select_nouidnext", {}, [mail("waiting")]);
    const messages = channel.receive();
    expect((await messages.next()).value?.metadata.email_subject).toBe("waiting");
    mailbox.add(mail("later"));
    expect((await messages.next()).value?.metadata.email_subject).toBe("later");
  });

  it.each(["idle", "poll"])("search_hang: closing does not wait for a command without an answer (%s)", async (mode) => {
    const capabilities = mode === "poll" ? ["IMAP4rev1"] : ["IMAP4rev1", "IDLE"];
    const { channel, server } = await meet("search_hang", { capabilities }, [], { pollIntervalSeconds: 3_600 });
    void channel.receive().next();
    await vi.waitFor(() => expect(server.transcript.join()).toContain("UID SEARCH"));
    const startedAt = performance.now();
    await channel.close({ drainMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it("search_hang: a silent server is noticed while it owes an answer, however rarely it is polled", async () => {
    const { channel, server } = await meet("search_hang", { capabilities: ["IMAP4rev1"] }, [], {
      pollIntervalSeconds: 3_600,
    });
    void channel.receive().next();
    await vi.waitFor(() => expect(server.connections.length).toBeGreaterThan(1), { timeout: 5_000 });
  });

  it("auth_echo: what a server repeats of the password is in no error and no status", async () => {
    const { channel } = await meet("auth_echo");
    const error: unknown = await channel
      .receive()
      .next()
      .catch((failure: unknown) => failure);
    expect(inspect(error, { depth: 10 })).not.toContain("secret");
    expect(JSON.stringify(channel.status())).not.toContain("secret");
    expect(String(error)).toContain("bad login bot …. Check username");
  });

  it("select_nouidv: no mail is taken from a folder whose UIDs mean nothing (S-U3)", async () => {
    const { channel } = await meet("select_nouidv", {}, [mail("one")]);
    void channel.receive().next();
    await vi.waitFor(() => expect(channel.status().folders[0]?.lastError).toMatch(/UIDVALIDITY/));
    expect(channel.status().counts.received).toBe(0);
  });
});

describe("a server, or somebody between, that wants the password in the clear", () => {
  it.each<LiarName>(["st_stripped", "st_no", "st_bad", "st_plus", "inject", "preauth_tls"])(
    "%s: gets no password (S-I7)",
    async (name) => {
      const { channel, server } = await meet(name, { startTls: name !== "st_stripped" }, [], {
        tls: true,
        imapStarttls: true,
        tlsVerify: false,
      });
      void channel.receive().next();
      await vi.waitFor(() => expect(channel.status().folders[0]?.lastError).toBeTruthy(), { timeout: 5_000 });
      expect(server.transcript.join("\n")).not.toMatch(/LOGIN|AUTHENTICATE/);
    },
  );

  it("auth_fail: three tries, then the channel stops with LoginRefusedError (S-I9)", async () => {
    const { channel, server } = await meet("auth_fail");
    await expect(channel.receive().next()).rejects.toThrow(LoginRefusedError);
    expect(server.transcript.filter((line) => /LOGIN|AUTHENTICATE/.test(line))).toHaveLength(3);
    expect(channel.status().state).toBe("stopped");
  });
});
