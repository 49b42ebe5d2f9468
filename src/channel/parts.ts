import type { AccountConfig } from "../config/schema.ts";
import type { Store } from "../domain/store.ts";
import type { DeliveryLimits } from "../inbox/delivery-options.ts";
import { DEFAULT_IMAP_TIMING, type ImapTiming } from "../mailbox/imap-client.ts";
import { DEFAULT_WATCH_TIMING, type WatchTiming } from "../mailbox/watch.ts";
import { MailReader } from "../parse/mail-reader.ts";
import type { OutboxLimits } from "../outbox/send-loop.ts";
import type { PolicyOptions } from "../policy/decide.ts";
import type { ResolveText } from "../policy/dns-texts.ts";
import type { SenderVerifier } from "../policy/verify-sender.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { type Logger, lineLogger, neverThrows, withFields } from "../runtime/logger.ts";
import { Rules } from "./rules.ts";
import { SenderVerifiers } from "./sender-verifiers.ts";

/** What every stage of one channel shares. */
export interface Parts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly rules: Rules;
  /** As the rules stand at this moment, like policy and verifier. */
  readonly account: AccountConfig;
  readonly policy: PolicyOptions;
  readonly verifier: SenderVerifier;
  readonly reader: MailReader;
  readonly timing: { readonly imap: ImapTiming; readonly watch: WatchTiming };
}

/** Everything that is not configuration; all of it has a default. */
export interface ChannelDeps {
  /**
   * Where mail is kept between the servers and the bot. Default: in memory, so that a restart begins with what is unread on
   * the server. Whoever gives one closes it, after the channel.
   */
  readonly store?: Store;
  /** Default: warnings and errors as lines on standard error. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  /**
   * TXT records for DKIM and DMARC: `(name, "TXT")` to each record in its pieces, as `dns.promises.resolve` gives them;
   * rejects with the `code` ENOTFOUND or ENODATA when there are none, and with anything else when it cannot tell. Default:
   * the name servers of the machine. Answers are remembered for ten minutes.
   */
  readonly dns?: ResolveText;
  /** From 0 up to 1; spreads retries. */
  readonly random?: () => number;
  readonly timing?: { readonly imap?: Partial<ImapTiming>; readonly watch?: Partial<WatchTiming> };
  readonly delivery?: Partial<DeliveryLimits>;
  readonly outbox?: Partial<OutboxLimits>;
}

export function makeParts(account: AccountConfig, deps: ChannelDeps): Parts {
  const clock = deps.clock ?? systemClock;
  const logger =
    deps.logger ??
    lineLogger({
      level: "warn",
      format: "text",
      now: () => clock.now(),
      write: (line) => void process.stderr.write(line),
    });
  const rules = new Rules(account);
  const verifiers = new SenderVerifiers(deps.dns);
  return {
    clock,
    random: deps.random ?? Math.random,
    logger: withFields(neverThrows(logger), { account: account.id }),
    get verifier() {
      return verifiers.for(rules.account);
    },
    reader: new MailReader(clock),
    rules,
    get account() {
      return rules.account;
    },
    get policy() {
      return rules.policy;
    },
    timing: {
      imap: { ...DEFAULT_IMAP_TIMING, ...deps.timing?.imap },
      watch: { ...DEFAULT_WATCH_TIMING, ...deps.timing?.watch },
    },
  };
}
