import type { InboundMessage, NackOptions } from "../domain/message.ts";
import type { DeliveryOptions } from "./delivery-options.ts";
import type { Item } from "./item.ts";

export interface Handing extends Pick<DeliveryOptions, "reply" | "logger"> {
  readonly ack: () => Promise<void>;
  readonly nack: (options?: NackOptions) => Promise<void>;
  /**
   * The consumer acks for itself. A nack says nothing of the kind: whoever lets the loop ack has it in a catch.
   */
  readonly onAcked: () => void;
}

/** A message as the bot sees it in one delivery. Whoever still holds an earlier one has no say over what came after it. */
export function handedMessage(item: Item, { reply, logger, ack, nack, onAcked }: Handing): InboundMessage {
  const delivery = item.deliveries;
  const isStale = () => item.deliveries !== delivery;
  let replies = 0;
  const message: InboundMessage = {
    ...item.facts,
    deliveries: delivery,
    ack: async () => {
      onAcked();
      if (item.autoAcked && item.state === "done") {
        const sentence = 'acked before its ack(): asking for the next message did it; say ack: "manual"';
        logger.log("warn", sentence, { id: item.facts.id });
      }
      await ack();
    },
    nack: async (options) => (isStale() ? undefined : await nack(options)),
    reply: async (markdown, options) => {
      replies++;
      return await reply(message, markdown, options, isStale() ? replies : undefined);
    },
  };
  return message;
}
