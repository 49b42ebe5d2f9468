import type { InboundMessage, OutboundMessage, SendReceipt } from "./message.ts";

/** A medium a bot talks over. Structural: nothing to inherit, anything with these members is one. */
export interface ChannelPort {
  readonly name: string;
  /** False: the bot's whole answer is collected, then `send()` is called once. */
  readonly streaming: boolean;
  /**
   * Accepted messages, oldest first, across reconnects. Ends when the signal aborts or the channel is closed; rejects
   * only with a failure that no retry can mend. At least once: a mail that was not acked comes again after a restart.
   */
  receive(options?: { signal?: AbortSignal }): AsyncIterableIterator<InboundMessage>;
  /**
   * Resolves when the first attempt has ended; the receipt says how. Rejects with `InvalidMessageError` for what the
   * caller did wrong, never for what a server answered.
   */
  send(message: OutboundMessage): Promise<SendReceipt>;
  /** Email has no typing signal: resolves and does nothing. */
  sendTyping(sessionId: string): Promise<void>;
}

export interface EmailChannel extends ChannelPort, AsyncDisposable {
  /** Stops taking mail, finishes sends, logs out. Never throws; a second call waits for the first. */
  close(options?: { drainMs?: number }): Promise<void>;
  /** A plain snapshot: JSON-safe, no secrets. */
  status(): ChannelStatus;
}

export type FolderState = "connecting" | "draining" | "idling" | "polling" | "waiting-to-retry" | "stopped";

export interface FolderStatus {
  folder: string;
  state: FolderState;
  /** How news is learnt in this session. */
  mode: "idle" | "poll" | "unknown";
  /** ISO 8601 of the last byte from the server, or null. */
  lastProofOfLife: string | null;
  /** Mails known on the server and not fetched yet. */
  pending: number;
  reconnects: number;
  lastError: string | null;
}

export interface OpenLimit {
  /** `echo`: the same answer to the same mail, again and again, in one conversation. */
  scope: "echo" | "thread" | "sender" | "account";
  /** Null for the account as a whole. */
  sender: string | null;
  /** Replies kept back since it opened. */
  suppressed: number;
  /** ISO 8601. */
  closesAt: string;
}

export interface ChannelStatus {
  account: string;
  state: "idle" | "running" | "stopped" | "closed";
  folders: FolderStatus[];
  inbox: { waiting: number; inHand: number; retrying: number; dead: number };
  /**
   * Counts since the start: refusals by their stable reason, accepted mails by why their sender counts as verified or not,
   * and how often mails were put off.
   */
  counts: {
    received: number;
    acked: number;
    nacked: number;
    accepted: Record<string, number>;
    refused: Record<string, number>;
    deferred: Record<string, number>;
  };
  /** The circuit breaker: replies kept back since the start, and which limits are reached now. */
  limits: { suppressed: number; open: OpenLimit[] };
  outbox: { sending: number; retrying: number; sent: number; failed: number; oldestUnsent: string | null };
}
