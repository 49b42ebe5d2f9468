import type { ImapTiming } from "../mailbox/imap-client.ts";
import type { WatchTiming } from "../mailbox/watch.ts";
import type { MailReader } from "../parse/mail-reader.ts";
import type { PolicyOptions } from "../policy/decide.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";

/** What every stage of one channel shares. */
export interface Parts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly policy: PolicyOptions;
  readonly reader: MailReader;
  readonly timing: { readonly imap: ImapTiming; readonly watch: WatchTiming };
}
