import type { ChannelStatus, EmailChannel } from "../../src/domain/channel.ts";
import type { InboundMessage, SendReceipt } from "../../src/domain/message.ts";
import { aborted } from "../../src/runtime/signals.ts";
import { later } from "./later.ts";

export interface ScriptedChannel extends EmailChannel {
  /** Mail comes in. */
  hand(message: InboundMessage): void;
  /** No more mail will ever come. */
  break(error: unknown): void;
  /** With how much time it was closed; undefined as long as it is open. */
  readonly closedWithMs: number | undefined;
}

/** A channel that hands out what the test gives it. */
export function scriptedChannel(account = "default"): ScriptedChannel {
  const waiting: InboundMessage[] = [];
  let failure: { error: unknown } | undefined;
  let news = later<void>();
  const tell = () => (news.resolve(), (news = later()));
  let closedWithMs: number | undefined;
  const channel: ScriptedChannel = {
    name: "email",
    streaming: false,
    hand: (message) => void (waiting.push(message), tell()),
    break: (error) => void ((failure = { error }), tell()),
    get closedWithMs() {
      return closedWithMs;
    },
    async *receive({ signal } = {}) {
      for (;;) {
        if (signal?.aborted || closedWithMs !== undefined) return;
        const message = waiting.shift();
        if (message) yield message;
        else if (failure) throw failure.error;
        else await Promise.race([news.promise, ...(signal ? [aborted(signal)] : [])]);
      }
    },
    send: (): Promise<SendReceipt> => Promise.reject(new Error("a gateway answers with reply()")),
    async sendTyping() {},
    async close({ drainMs = 0 } = {}) {
      closedWithMs = drainMs;
      tell();
    },
    status: () => statusOf(account),
    [Symbol.asyncDispose]: async () => await channel.close(),
  };
  return channel;
}

function statusOf(account: string): ChannelStatus {
  return {
    account,
    state: "running",
    folders: [],
    inbox: { waiting: 0, inHand: 0, retrying: 0, dead: 0 },
    counts: { received: 0, acked: 0, nacked: 0, accepted: {}, refused: {}, deferred: {} },
    limits: { suppressed: 0, open: [] },
    outbox: { sending: 0, retrying: 0, sent: 0, failed: 0, oldestUnsent: null },
  };
}
