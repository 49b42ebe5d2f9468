import type { InboundMessage, OutboundAttachment } from "./message.ts";

export interface BotAnswer {
  /** Markdown. */
  readonly text: string;
  readonly attachments?: readonly OutboundAttachment[];
  readonly subject?: string;
}

/** Whoever thinks of the answer. It never learns that the medium is email. */
export interface BotPort extends AsyncDisposable {
  /** Undefined: no answer is owed. A rejection brings the message again later. */
  answer(message: InboundMessage, signal: AbortSignal): Promise<BotAnswer | undefined>;
}
