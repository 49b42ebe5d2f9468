import { expect, it } from "vitest";
import type { AccountStore, NewInbound, Store } from "../../src/domain/store.ts";
import { content, mail, send } from "../store/records.ts";

type WithStore = (work: (account: AccountStore, store: Store) => Promise<void>) => () => Promise<void>;

/** The mail with this UID, which names those before it. */
function inThread(uid: number, known: readonly string[], names: readonly string[] = []): NewInbound {
  const { record, ...rest } = mail(uid);
  const own = record.metadata.email_message_id;
  const session = { ...record.session, threadId: known.at(-1) ?? own };
  const given = { ...record, session };
  const moved = (root: string) => ({ ...given, session: { ...session, threadId: root, id: `email:${root}` } });
  return { ...rest, record: given, thread: { known, names: [own, ...known, ...names], moved } };
}

export function threads(withStore: WithStore): void {
  it(
    "takes a mail into the conversation of the nearest mail that is known",
    withStore(async ({ inbox }) => {
      await inbox.accept(inThread(1, []));
      await inbox.accept(inThread(2, []));
      expect(await inbox.accept(inThread(3, ["<elsewhere@x>", "<2@example.org>", "<1@example.org>"]))).toMatchObject({
        kind: "new",
        record: { session: { threadId: "<2@example.org>", id: "email:<2@example.org>" } },
      });
      const open = await inbox.open();
      expect(open.map(({ record }) => record.session.threadId)).toEqual([
        "<1@example.org>",
        "<2@example.org>",
        "<2@example.org>",
      ]);
    }),
  );

  it(
    "leaves a mail where it is when that is where it belongs",
    withStore(async ({ inbox }) => {
      await inbox.accept(inThread(1, []));
      expect(await inbox.accept(inThread(2, ["<1@example.org>"]))).toEqual({ kind: "new" });
    }),
  );

  it(
    "knows a conversation by the mails that an accepted one named, and by what we sent in it",
    withStore(async ({ inbox, outbox }) => {
      await inbox.accept(inThread(1, ["<between@x>", "<root@x>"]));
      await outbox.add(send("a"), content(), "<root@x>");
      for (const [uid, name] of [
        [2, "<between@x>"],
        [3, "<a@bot.example.org>"],
      ] as const)
        // prettier-ignore
        expect(await inbox.accept(inThread(uid, [name]))).toMatchObject({ record: { session: { threadId: "<root@x>" } } });
    }),
  );

  it(
    "lets no later mail take an earlier one into another conversation",
    withStore(async ({ inbox }) => {
      await inbox.accept(inThread(1, []));
      await inbox.accept(inThread(2, ["<other@x>"], ["<1@example.org>"]));
      expect(await inbox.accept(inThread(3, ["<1@example.org>"]))).toEqual({ kind: "new" });
    }),
  );

  it(
    "learns nothing from a mail that it has already, and nothing for another account",
    withStore(async ({ inbox }, store) => {
      await inbox.accept(inThread(1, []));
      expect(await inbox.accept(inThread(1, ["<root@x>"]))).toEqual({ kind: "known" });
      const other = store.account("other").inbox;
      const { place, ...rest } = inThread(4, ["<1@example.org>"]);
      expect(await other.accept({ ...rest, place: { ...place, folder: "Other" } })).toEqual({ kind: "new" });
      expect(await inbox.accept(inThread(5, ["<root@x>"]))).toEqual({ kind: "new" });
    }),
  );
}
