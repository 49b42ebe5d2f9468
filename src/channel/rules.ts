import { type AccountConfig, type AccountConfigInput, parseAccount } from "../config/schema.ts";
import { startupWarnings } from "../config/warnings.ts";
import { ConfigError } from "../domain/errors.ts";
import { AllowList } from "../policy/allow-list.ts";
import type { PolicyOptions } from "../policy/decide.ts";

/** What is looked at anew for every mail. Everything else is part of a connection, of the store or of what is under way. */
export const LIVE_KEYS = [
  "allowFrom", "denyFrom", "aliases", "automaticMail", "answerSuppressed",
  "requireAddressed", "senderVerification", "trustedAuthservIds", "limits", "texts",
  "quotedText", "attachments", "attachFrom", "fromName",
] as const; // prettier-ignore

/**
 * Keys that are left out, or undefined, stay as they are, but for `attachFrom` and `fromName`: undefined takes them away. A
 * section (`limits`, `texts`, `attachments`) is replaced whole.
 */
export type ChannelRules = Pick<AccountConfigInput, (typeof LIVE_KEYS)[number]>;

/** A channel whose rules can change while it runs. */
export interface AdjustableChannel {
  /**
   * Applies to every mail that is judged, and every answer that is composed, from now on; no connection is touched. What
   * the bot has been promised already still comes.
   * @throws ConfigError naming every mistake; then nothing has changed.
   */
  update(rules: ChannelRules): void;
}

const WITHOUT_DEFAULT: ReadonlySet<string> = new Set(["attachFrom", "fromName"]);

/** The account as it stands now, and what policy makes of it. */
export class Rules {
  #account: AccountConfig;
  #policy: PolicyOptions;

  constructor(account: AccountConfig) {
    this.#account = account;
    this.#policy = policyOf(account);
  }

  get account(): AccountConfig {
    return this.#account;
  }

  get policy(): PolicyOptions {
    return this.#policy;
  }

  /** Gives the warnings that the old rules did not deserve. @throws ConfigError */
  update(rules: ChannelRules): string[] {
    // A list that is undefined by accident must not become the default, which lets everybody in.
    const given = Object.fromEntries(
      Object.entries(rules).filter(([key, value]) => value !== undefined || WITHOUT_DEFAULT.has(key)),
    );
    const live: readonly string[] = LIVE_KEYS;
    const fixed = Object.keys(given).filter((key) => !live.includes(key));
    const problems = fixed.map((key) => `${key}: cannot change while the channel runs; make a new channel`);
    const account = parsed({ ...this.#account, ...given }, problems);
    if (!account || problems.length > 0) throw new ConfigError(problems, "channel rules");
    const warned = startupWarnings(this.#account);
    this.#account = account;
    this.#policy = policyOf(account);
    return startupWarnings(account).filter((warning) => !warned.includes(warning));
  }
}

/** What policy reads of an account. */
export function policyOf(account: AccountConfig): PolicyOptions {
  return {
    allowList: new AllowList(account.allowFrom, account.denyFrom),
    ownAddresses: [account.fromAddress, ...account.aliases],
    automaticMail: account.automaticMail,
    answerSuppressed: new AllowList(account.answerSuppressed, []),
    requireAddressed: account.requireAddressed,
  };
}

function parsed(input: unknown, problems: string[]): AccountConfig | undefined {
  try {
    return parseAccount(input);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // A key that may not change is named once, whatever was written there.
    problems.push(...error.problems.filter((problem) => !problems.some((known) => samePath(known, problem))));
    return undefined;
  }
}

function samePath(a: string, b: string): boolean {
  return a.slice(0, a.indexOf(":")) === b.slice(0, b.indexOf(":"));
}
