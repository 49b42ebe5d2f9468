import { createHash } from "node:crypto";
import type { ComposedMail } from "../compose/compose-mail.ts";
import type { AccountConfig } from "../config/schema.ts";
import type { ChannelStatus } from "../domain/channel.ts";
import type { OutboundMessage, SendReceipt } from "../domain/message.ts";
import type { SentMails } from "../outbox/sent-mails.ts";
import { CircuitBreaker, type Refusal, type Scope } from "../policy/circuit-breaker.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { inboundId } from "./reply-keys.ts";

export interface ReplyGateOptions {
  readonly limits: AccountConfig["limits"];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sent: Pick<SentMails, "answersWithin">;
}

const HOUR_MS = 3_600_000;
/** Mails whose text is at hand, to see whether an exchange repeats itself: as many as may be in a bot's hands at once. */
const MAX_HEARD = 500;

/** Whether an answer may go out: none to a robot, and none too many to anybody (RFC 3834). */
export class ReplyGate {
  readonly #options: ReplyGateOptions;
  readonly #breaker: CircuitBreaker;
  readonly #heard = new Map<string, string>();
  #starting: Promise<void> | undefined;
  #suppressed = 0;

  constructor(options: ReplyGateOptions) {
    this.#options = options;
    this.#breaker = new CircuitBreaker(options.limits, options.clock);
  }

  /** What an earlier process answered within the hour counts as well. Done once. @throws StorageError */
  async start(): Promise<void> {
    this.#starting ??= this.#restore().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    await this.#starting;
  }

  /** The bot is given this mail. */
  delivered({ id, text }: { readonly id: string; readonly text: string }): void {
    this.#heard.delete(id);
    this.#heard.set(id, text);
    const [oldest] = this.#heard.keys();
    if (this.#heard.size > MAX_HEARD && oldest !== undefined) this.#heard.delete(oldest);
  }

  /** A receipt when the mail must not go out; else it is counted. Mails that answer nothing pass. */
  judge(message: OutboundMessage, { messageId, answers }: ComposedMail): SendReceipt | undefined {
    if (!answers) return undefined;
    const automatic = message.metadata?.email_automatic;
    if (automatic) {
      this.#options.logger.log("info", "reply not sent: the mail is automatic", {
        code: "AUTOMATIC_MAIL",
        sign: automatic,
      });
      const error = `The mail is automatic (${automatic}): nobody is there to read an answer, and two robots answer each other for ever.`;
      return this.#suppress(messageId, { code: "AUTOMATIC_MAIL", message: error });
    }
    const inbound = inboundId(message.metadata) ?? "";
    const heard = this.#heard.get(inbound);
    const exchange = heard === undefined ? undefined : `${fingerprint(heard)} ${fingerprint(message.text)}`;
    const refusal = this.#breaker.admit({ ...answers, exchange });
    // One exchange for each mail: a bot that says "still at it" three times while it works does not repeat an exchange.
    if (!refusal) return void this.#heard.delete(inbound);
    const error = `the limit of replies per hour is reached (limits, ${refusal.scope}): is this a loop?`;
    this.#tell(refusal, answers.sender);
    return {
      ...this.#suppress(messageId, { code: "RATE_LIMIT", message: error }),
      retryAfterMs: refusal.retryAfterMs,
    };
  }

  status(): ChannelStatus["limits"] {
    const now = this.#options.clock.now();
    const open = this.#breaker.open().map(({ scope, sender, suppressed, retryAfterMs }) => ({
      scope,
      sender: sender ?? null,
      suppressed,
      closesAt: new Date(now + retryAfterMs).toISOString(),
    }));
    return { suppressed: this.#suppressed, open };
  }

  /** Loud once, when it opens; what it keeps back from then on is counted in `status()`. */
  #tell({ scope, retryAfterMs, isNew }: Refusal, sender: string): void {
    const about = { code: "RATE_LIMIT", scope, sender, retryAfterMs };
    const { logger } = this.#options;
    if (isNew)
      logger.log(
        "error",
        `reply not sent: ${WHAT_TO_DO[scope]} It passes by itself; until then nothing is sent.`,
        about,
      );
    else logger.log("debug", "reply not sent: the limit is still reached", about);
  }

  #suppress(messageId: string, error: { code: string; message: string }): SendReceipt {
    this.#suppressed++;
    return { messageId, status: "suppressed", accepted: [], rejected: [], error };
  }

  async #restore(): Promise<void> {
    const { sent, limits } = this.#options;
    // No more than the account may send count for anything.
    this.#breaker.restore(await sent.answersWithin(HOUR_MS, limits.repliesPerHour));
  }
}

const DENY = "If a robot answers there, put the sender into denyFrom; if it is a person";
const WHAT_TO_DO: Readonly<Record<Scope, string>> = {
  echo: "the same mail got the same answer again and again in one conversation, which is a loop. If a robot answers there, put the sender into denyFrom.",
  thread: `the limit of replies in one conversation is reached (limits.repliesPerThreadPerHour): is this a loop? ${DENY}, raise the limit.`,
  sender: `the limit of replies to one sender is reached (limits.repliesPerSenderPerHour): is this a loop? ${DENY}, raise the limit.`,
  account:
    "the limit of replies of this account is reached (limits.repliesPerHour): is this a loop, or a flood? See in the log who writes so much; raise the limit if it is meant.",
};

function fingerprint(text: string): string {
  return createHash("sha256").update(text.replace(/\s+/g, " ").trim()).digest("base64url");
}
