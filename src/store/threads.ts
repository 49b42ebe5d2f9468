import type { MessageRecord, ThreadLinks } from "../domain/store.ts";

/** One account's conversations: which root belongs to whatever names a mail. */
export interface Threads {
  rootOf(known: readonly string[]): string | undefined;
  /** What is known already stays as it is: a later mail cannot take an earlier one out of its conversation. */
  learn(names: readonly string[], root: string): void;
}

/** The record in the conversation to which the mail turns out to belong; undefined when it is there already. */
export function joined(
  threads: Threads,
  record: MessageRecord,
  links: ThreadLinks | undefined,
): MessageRecord | undefined {
  if (!links) return undefined;
  const own = record.session.threadId;
  const root = threads.rootOf(links.known) ?? own;
  threads.learn(links.names, root);
  return root === own ? undefined : links.moved(root);
}
