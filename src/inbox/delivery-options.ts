import type { InboundMessage, OutboundMessage, SendReceipt } from "../domain/message.ts";
import type { Backoff } from "../runtime/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Bell } from "../runtime/signals.ts";

/** A message before it can be acked: everything that is known of the mail itself. */
export type MessageFacts = Omit<InboundMessage, "ack" | "nack" | "reply" | "deliveries">;

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly limits: DeliveryLimits;
  /** Rung when mail may come again. */
  readonly roomBell: Bell;
  /** `number` is given by a message that has been delivered again since: its replies are counted apart. */
  readonly reply: (
    message: InboundMessage,
    markdown: string,
    options: Partial<OutboundMessage> | undefined,
    number: number | undefined,
  ) => Promise<SendReceipt>;
  /** Where each step is written down before it counts. */
  readonly journal: DeliveryJournal;
  /** The mail is dealt with; with `now` resolves when that is written and the server knows, or soon will. */
  readonly onAck: (facts: MessageFacts, when: "now" | "soon") => Promise<void>;
  /** It is not, after all. */
  readonly onTakeBack: (facts: MessageFacts) => void;
  /** Whether a reply to it is in the outbox, whatever became of it there. */
  readonly isAnswered: (id: string) => Promise<boolean>;
  /** A message begins a delivery: the first, or one more. */
  readonly onDeliver: (facts: MessageFacts) => void;
}

export interface DeliveryJournal {
  /** One delivery more; gives its number, or undefined when the mail is not to be delivered any more. */
  deliver(id: string): Promise<number | undefined>;
  retryLater(id: string, dueAt: number, reason: string): Promise<void>;
  giveUp(id: string, reason: string): Promise<void>;
}

export interface DeliveryLimits {
  /** Messages and characters that wait or are in hand at once; above, nothing more is fetched. */
  readonly openMessages: number;
  readonly openChars: number;
  readonly retrying: number;
  readonly maxDeliveries: number;
  readonly retry: Backoff;
}

export const DEFAULT_DELIVERY_LIMITS: DeliveryLimits = {
  openMessages: 500,
  openChars: 8 << 20,
  retrying: 1_000,
  maxDeliveries: 5,
  // Five tries over a quarter of an hour: a model that is down for a while is no reason to give a mail up.
  retry: { baseMs: 1_000, capMs: 15 * 60_000, factor: 10 },
};
