import { randomBytes } from "node:crypto";
import { ClosedError } from "../domain/errors.ts";
import type { AccountStore, Store } from "../domain/store.ts";
import { MemoryFolders } from "./memory-folders.ts";
import { MemoryInbox } from "./memory-inbox.ts";
import { MemoryOutbox } from "./memory-outbox.ts";
import { MemoryThreads } from "./memory-threads.ts";

const SECRET_BYTES = 32;

/**
 * For a process whose restart may begin anew: mail that is not done with is still unread on the server. Whoever opens a
 * second channel on the same store goes on where the first one stopped.
 */
export function createMemoryStore(): Store {
  const accounts = new Map<string, AccountStore>();
  const inboxes: MemoryInbox[] = [];
  let closed = false;
  const assertOpen = () => {
    if (closed) throw new ClosedError("The store is closed.");
  };
  return {
    account(id) {
      const known = accounts.get(id);
      if (known) return known;
      const folders = new MemoryFolders(assertOpen);
      const threads = new MemoryThreads();
      const inbox = new MemoryInbox(folders, threads, assertOpen);
      inboxes.push(inbox);
      const secret = randomBytes(SECRET_BYTES);
      const made: AccountStore = {
        folders,
        inbox,
        outbox: new MemoryOutbox(threads, assertOpen),
        secret: async () => (assertOpen(), secret),
      };
      accounts.set(id, made);
      return made;
    },
    async attachmentPaths() {
      const open = await Promise.all(inboxes.map(async (inbox) => await inbox.open()));
      return open.flat().flatMap(({ record }) => record.attachments.flatMap(({ path }) => path ?? []));
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      accounts.clear();
    },
  };
}
