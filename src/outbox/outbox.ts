import type { SendReceipt } from "../domain/message.ts";
import type { OutboxStore } from "../domain/store.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Submit } from "./attempt.ts";
import type { OutboxMail } from "./entry.ts";
import type { OutboxContent } from "./journal.ts";
import type { OutboxStatus } from "./ledger.ts";
import type { OutboxLimits } from "./limits.ts";

export interface OutboxOptions<M extends OutboxMail> {
  readonly submit: Submit<M>;
  readonly store: OutboxStore;
  readonly content: OutboxContent<M>;
  /** Whether what is in the store is sent by the next start. */
  readonly durable: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly limits?: Partial<OutboxLimits>;
}

export interface Outbox<M extends OutboxMail> extends AsyncDisposable {
  /** Takes up what an earlier process left. Done once, by the first `enqueue` if not before. @throws StorageError */
  start(): Promise<void>;
  /**
   * Stores the mail; resolves when its first attempt has ended, or at once while the account is paused. The same key
   * again gives a receipt with status `duplicate`. `admit` is asked once the key is known to be new, and refuses the mail
   * by giving a receipt. @throws InvalidMessageError, StorageError (full, or not to be written), ClosedError
   */
  enqueue(mail: M, key: string, admit?: () => SendReceipt | undefined): Promise<SendReceipt>;
  /** Whether this key would be a duplicate. @throws StorageError */
  has(key: string): Promise<boolean>;
  /** Takes up what a person has put back. To be called every few seconds. @throws StorageError */
  lookForRevived(): Promise<void>;
  /** Waits until nothing is on its way, `ms` at most. Retries that are due later are not waited for. */
  drain(ms: number): Promise<{ unsent: number }>;
  status(): OutboxStatus;
}
