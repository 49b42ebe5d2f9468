import type { MessageFacts } from "./delivery-options.ts";

type ItemState = "waiting" | "in hand" | "retrying" | "done" | "dead";

export interface Item {
  readonly facts: MessageFacts;
  readonly lane: string;
  readonly sequence: number;
  state: ItemState;
  deliveries: number;
  /** Ends the wait of a retrying one. */
  hurry: AbortController | undefined;
  /** Settled by asking for the next message, not by the consumer's own word. */
  autoAcked: boolean;
}
