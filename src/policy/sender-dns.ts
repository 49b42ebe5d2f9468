import { DnsError } from "../domain/errors.ts";
import { type Clock, within } from "../runtime/clock.ts";
import { type DkimKey, readKeyRecord } from "./dkim/key-record.ts";
import { type DmarcPolicy, NO_POLICY, policyIn, policyNames } from "./dmarc.ts";
import { DnsTexts, type ResolveText } from "./dns-texts.ts";

/** A group of mails waits for the slowest of its domains, and no longer than this. */
const WAIT_MS = 6_000;

/** What came of a question: an answer, or the DnsError that there is instead. */
export type Answer<T> =
  { readonly value: T; readonly error?: never } | { readonly value?: never; readonly error: unknown };

export interface Answers {
  readonly policy: Answer<DmarcPolicy>;
  /** Of each name that was asked for, in that order. */
  readonly keys: readonly Answer<readonly DkimKey[]>[];
}

/** What the DNS says about senders: DMARC policies and DKIM keys. */
export class SenderDns {
  readonly #texts: DnsTexts;
  readonly #clock: Clock;
  /** By what the DNS said, for as long as that is remembered. */
  readonly #parsed = new WeakMap<readonly string[], readonly DkimKey[]>();

  constructor(resolve: ResolveText, clock: Clock) {
    this.#texts = new DnsTexts(resolve, clock);
    this.#clock = clock;
  }

  /**
   * All questions at once, and however many there are within one time limit; what is remembered costs no waiting.
   * `organization` is where the policy of `domain` may stand at the highest.
   */
  async ask(domain: string, organization: string, keyNames: readonly string[]): Promise<Answers> {
    const names = policyNames(domain, organization);
    const remembered = this.#remembered(names, keyNames);
    if (remembered !== undefined) return remembered;
    const asked = Promise.all([
      answer(this.#policy(names)),
      Promise.all(keyNames.map(async (name) => await answer(this.#keys(name)))),
    ]);
    const answers = await within(this.#clock, WAIT_MS, asked);
    if (answers === undefined) throw new DnsError(`the DNS took longer than ${WAIT_MS} ms over ${domain}`);
    return { policy: answers[0], keys: answers[1] };
  }

  close(): void {
    this.#texts.close();
  }

  /** Undefined when anything of it has to be asked for. */
  #remembered(names: readonly string[], keyNames: readonly string[]): Answers | undefined {
    const keys: Answer<readonly DkimKey[]>[] = [];
    for (const name of keyNames) {
      const texts = this.#texts.remembered(name);
      if (texts === undefined) return undefined;
      keys.push({ value: this.#read(texts) });
    }
    for (const name of names) {
      const texts = this.#texts.remembered(name);
      if (texts === undefined) return undefined;
      const policy = policyIn(texts);
      if (policy !== undefined) return { policy: { value: policy }, keys };
    }
    return { policy: { value: NO_POLICY }, keys };
  }

  async #policy(names: readonly string[]): Promise<DmarcPolicy> {
    for (const name of names) {
      const policy = policyIn(await this.#texts.lookUp(name));
      if (policy !== undefined) return policy;
    }
    return NO_POLICY;
  }

  async #keys(name: string): Promise<readonly DkimKey[]> {
    return this.#read(await this.#texts.lookUp(name));
  }

  #read(texts: readonly string[]): readonly DkimKey[] {
    const keys = this.#parsed.get(texts) ?? texts.map(readKeyRecord).filter((key) => key !== undefined);
    this.#parsed.set(texts, keys);
    return keys;
  }
}

async function answer<T>(promise: Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}
