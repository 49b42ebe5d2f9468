import { describe, expect, it } from "vitest";
import type { BotAnswer } from "../../src/domain/bot.ts";
import { ConnectionError, LoginRefusedError } from "../../src/domain/errors.ts";
import type { InboundMessage, SendReceipt } from "../../src/domain/message.ts";
import { type GatewayParts, runGateway } from "../../src/gateway/gateway.ts";
import type { Logger } from "../../src/runtime/logger.ts";
import { aMessage } from "../bots/a-message.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { later } from "./later.ts";
import { type ScriptedChannel, scriptedChannel } from "./scripted-channel.ts";

type Answer = (message: InboundMessage, signal: AbortSignal) => Promise<BotAnswer | undefined> | BotAnswer | undefined;

describe("the gateway", () => {
  it("answers, then acks", async () => {
    await using gateway = start(({ text }) => ({ text: `re: ${text}`, subject: "S", attachments: [{ path: "/a" }] }));
    const message = aMessage();
    gateway.channel.hand(message);
    await gateway.clock.run(0);
    expect(message.fate).toEqual(['reply re: Hello subject=S attachments=[{"path":"/a"}]', "ack"]);
  });

  it("acks what the bot has no answer to", async () => {
    await using gateway = start(() => undefined);
    const message = aMessage();
    gateway.channel.hand(message);
    await gateway.clock.run(0);
    expect(message.fate).toEqual(["ack"]);
  });

  it.each<[string, Answer]>([
    [
      "throws",
      () => {
        throw new Error("no idea");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no idea"))],
  ])("puts the mail back when the bot %s (P7)", async (_how, answer) => {
    await using gateway = start(answer);
    const message = aMessage();
    gateway.channel.hand(message);
    await gateway.clock.run(0);
    expect(message.fate).toEqual(["nack no idea"]);
  });

  it("puts the mail back when the bot thinks for too long, and drops what it says then (P7)", async () => {
    const late = later<BotAnswer>();
    let seen: AbortSignal | undefined;
    await using gateway = start((_message, signal) => {
      seen = signal;
      return late.promise;
    });
    const message = aMessage();
    gateway.channel.hand(message);
    await gateway.clock.run(299_999);
    expect(message.fate).toEqual([]);
    await gateway.clock.run(1);
    expect(message.fate).toEqual(["nack the bot gave no answer within 300 seconds"]);
    expect(seen?.aborted).toBe(true);
    late.resolve({ text: "at last" });
    await gateway.clock.run(0);
    expect(message.fate).toHaveLength(1);
    expect(gateway.lines).toContainEqual("warn a late answer of the bot was dropped");
  });

  it("leaves no timer behind for an answer that came in time", async () => {
    await using gateway = start(() => ({ text: "Hi" }));
    gateway.channel.hand(aMessage());
    await gateway.clock.run(0);
    expect(gateway.clock.sleeping).toBe(0);
  });

  it("puts the mail back when the answer cannot be a mail", async () => {
    await using gateway = start(() => ({ text: "Hi" }));
    const message = aMessage({ receipt: () => Promise.reject(new Error("no such attachment")) });
    gateway.channel.hand(message);
    await gateway.clock.run(0);
    expect(message.fate).toEqual(["reply Hi", "nack no such attachment"]);
  });

  it("acks what the server refused for good: asking again would change nothing", async () => {
    await using gateway = start(() => ({ text: "Hi" }));
    const message = aMessage({
      receipt: async () => ({ messageId: "<r@x>", status: "failed", accepted: [], rejected: [], retryable: false }),
    });
    gateway.channel.hand(message);
    await gateway.clock.run(0);
    expect(message.fate).toEqual(["reply Hi", "ack"]);
  });

  it("works on as many mails side by side as the channel hands out", async () => {
    const done: string[] = [];
    const waiting = new Map<string, (answer: BotAnswer) => void>();
    await using gateway = start(({ id }) => new Promise((resolve) => waiting.set(id, resolve)));
    for (const id of ["a", "b", "c"])
      gateway.channel.hand(
        aMessage({
          id,
          receipt: async () => (done.push(id), { messageId: "", status: "sent", accepted: [], rejected: [] }),
        }),
      );
    await gateway.clock.run(0);
    expect([...waiting.keys()]).toEqual(["a", "b", "c"]);
    for (const id of ["c", "a", "b"]) waiting.get(id)?.({ text: id });
    await gateway.clock.run(0);
    expect(done).toEqual(["c", "a", "b"]);
  });

  it("gives the bot no more mails at once than it is said to take", async () => {
    const waiting = new Map<string, (answer: BotAnswer) => void>();
    await using gateway = start(({ id }) => new Promise((resolve) => waiting.set(id, resolve)), { concurrency: 2 });
    for (const id of ["a", "b", "c"]) gateway.channel.hand(aMessage({ id }));
    await gateway.clock.run(0);
    expect([...waiting.keys()]).toEqual(["a", "b"]);
    waiting.get("b")?.({ text: "done" });
    await gateway.clock.run(0);
    expect([...waiting.keys()]).toEqual(["a", "b", "c"]);
  });

  it("goes on when a mail can be neither acked nor put back", async () => {
    await using gateway = start(({ id }) => (id === "b" ? { text: "Hi" } : Promise.reject(new Error("x"))));
    gateway.channel.hand({ ...aMessage({ id: "a" }), nack: fails });
    gateway.channel.hand({ ...aMessage({ id: "b" }), ack: fails });
    const fine = aMessage({ id: "b" });
    gateway.channel.hand(fine);
    await gateway.clock.run(0);
    expect(fine.fate).toContain("ack");
    expect(gateway.lines.filter((line) => line.startsWith("error"))).toEqual([
      "error the mail could not be put back",
      "error the mail could not be marked as dealt with",
    ]);
  });

  it("says nothing of a mail's content at info", async () => {
    const told: string[] = [];
    const logger: Logger = {
      log: (level, message, fields) => void (level !== "debug" && told.push(`${message} ${JSON.stringify(fields)}`)),
    };
    await using gateway = start(({ id }) => (id === "a" ? { text: "THE-ANSWER" } : undefined), { logger });
    gateway.channel.hand(aMessage({ id: "a", text: "THE-BODY" }));
    gateway.channel.hand(aMessage({ id: "b", text: "THE-BODY" }));
    await gateway.clock.run(0);
    expect(told).toHaveLength(2);
    expect(told.join()).not.toMatch(/THE-BODY|THE-ANSWER|Question/);
  });
});

describe("many mailboxes", () => {
  it("go on when one of them refuses the login", async () => {
    const channels = [scriptedChannel("a"), scriptedChannel("b")] as const;
    await using gateway = start(() => ({ text: "Hi" }), { channels });
    channels[0].break(new LoginRefusedError("no"));
    await gateway.clock.run(0);
    expect(gateway.ended()).toBe(false);
    const message = aMessage();
    channels[1].hand(message);
    await gateway.clock.run(0);
    expect(message.fate).toEqual(["reply Hi", "ack"]);
  });

  it("end the gateway when all have ended, each with its reason", async () => {
    const channels = [scriptedChannel("a"), scriptedChannel("b")] as const;
    await using gateway = start(() => undefined, { channels });
    const [first, second] = [new LoginRefusedError("no"), new LoginRefusedError("no either")];
    channels[0].break(first);
    channels[1].break(second);
    await gateway.clock.run(0);
    expect(await gateway.result).toEqual([
      { account: "a", error: first },
      { account: "b", error: second },
    ]);
    expect(channels.map(({ closedWithMs }) => closedWithMs !== undefined)).toEqual([true, true]);
  });
});

describe("being asked to stop (P6)", () => {
  it("takes no more mail, lets the bot finish, closes, and is done", async () => {
    const answer = later<BotAnswer>();
    await using gateway = start(() => answer.promise);
    const [inHand, tooLate] = [aMessage({ id: "a" }), aMessage({ id: "b" })];
    gateway.channel.hand(inHand);
    await gateway.clock.run(0);
    gateway.stop();
    await gateway.clock.run(10_000);
    gateway.channel.hand(tooLate);
    expect(gateway.ended()).toBe(false);
    expect(gateway.channel.closedWithMs).toBeUndefined();
    answer.resolve({ text: "Hi" });
    await gateway.clock.run(0);
    expect(inHand.fate).toEqual(["reply Hi", "ack"]);
    expect(tooLate.fate).toEqual([]);
    expect(await gateway.result).toEqual([{ account: "default", error: undefined }]);
    expect(gateway.channel.closedWithMs).toBe(20_000);
  });

  it("waits no longer than the drain: the mail is left as it was and comes again", async () => {
    let seen: AbortSignal | undefined;
    await using gateway = start((_message, signal) => ((seen = signal), new Promise(() => {})));
    const message = aMessage();
    gateway.channel.hand(message);
    await gateway.clock.run(0);
    gateway.stop();
    await gateway.clock.run(29_999);
    expect(seen?.aborted).toBe(false);
    await gateway.clock.run(1);
    expect(seen?.aborted).toBe(true);
    await gateway.result;
    expect(message.fate).toEqual([]);
  });

  it("lets an answer that is on its way to the server arrive, and its mail be acked", async () => {
    const receipt = later<SendReceipt>();
    await using gateway = start(() => ({ text: "Hi" }));
    const message = aMessage({ receipt: () => receipt.promise });
    gateway.channel.hand(message);
    await gateway.clock.run(0);
    gateway.stop();
    await gateway.clock.run(31_000);
    expect(gateway.channel.closedWithMs).toBeUndefined();
    receipt.resolve({ messageId: "<r@x>", status: "sent", accepted: [], rejected: [] });
    await gateway.clock.run(0);
    expect(message.fate).toEqual(["reply Hi", "ack"]);
    await gateway.result;
  });

  it("ends in bounded time whatever hangs", async () => {
    const stuck = scriptedChannel();
    stuck.receive = () => ({
      next: () => new Promise(() => {}),
      [Symbol.asyncIterator]() {
        return this;
      },
    });
    await using gateway = start(() => undefined, { channels: [stuck] });
    gateway.stop();
    await gateway.clock.run(40_000);
    expect(gateway.ended()).toBe(true);
  });

  it("leaves no timer behind", async () => {
    await using gateway = start(() => ({ text: "Hi" }));
    gateway.channel.hand(aMessage());
    await gateway.clock.run(0);
    gateway.stop();
    await gateway.clock.run(0);
    await gateway.result;
    expect(gateway.clock.sleeping).toBe(0);
  });
});

const fails = () => Promise.reject(new ConnectionError("gone"));

interface Running extends AsyncDisposable {
  readonly channel: ScriptedChannel;
  readonly clock: ManualClock;
  readonly lines: string[];
  readonly result: ReturnType<typeof runGateway>;
  ended(): boolean;
  stop(): void;
}

function start(
  answer: Answer,
  given: { channels?: readonly ScriptedChannel[]; logger?: Logger; concurrency?: number } = {},
): Running {
  const clock = new ManualClock();
  const lines: string[] = [];
  const channel = given.channels?.[0] ?? scriptedChannel();
  const stop = new AbortController();
  const parts: GatewayParts = {
    channels: given.channels ?? [channel],
    bot: { answer: async (message, signal) => await answer(message, signal), async [Symbol.asyncDispose]() {} },
    logger: given.logger ?? { log: (level, message) => lines.push(`${level} ${message}`) },
    clock,
    botTimeoutMs: 300_000,
    concurrency: given.concurrency ?? 100,
    drainMs: 30_000,
  };
  let ended = false;
  const result = runGateway(parts, stop.signal).finally(() => (ended = true));
  return {
    channel,
    clock,
    lines,
    result,
    ended: () => ended,
    stop: () => stop.abort(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await clock.run(1_000_000);
      await result;
    },
  };
}
