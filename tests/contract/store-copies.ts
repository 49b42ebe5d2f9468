import { expect, it } from "vitest";
import { idOf, mail } from "../store/records.ts";
import type { WithStore } from "./store-suite.ts";

export function copies(withStore: WithStore): void {
  it(
    "recognises the same mail elsewhere, and finishes both (M1)",
    withStore(async ({ inbox: box }) => {
      const copy = mail(9, { folder: "Archive", like: 1 });
      await box.accept(mail(1));
      expect(await box.accept(copy)).toEqual({ kind: "copy", settled: false });
      expect(await box.accept(copy)).toEqual({ kind: "known" });
      expect(await box.open()).toHaveLength(1);
      expect(await box.finish([idOf(1)])).toEqual([mail(1).place, copy.place]);
      expect(await box.unflagged("Archive", "7")).toEqual([9]);
    }),
  );

  it(
    "says when the first one has been dealt with",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      await box.finish([idOf(1)]);
      expect(await box.accept(mail(1, { uidValidity: "8", like: 1 }))).toEqual({ kind: "copy", settled: true });
      expect(await box.unflagged("INBOX", "8")).toEqual([1]);
      expect(await box.open()).toEqual([]);
    }),
  );

  it(
    "takes a mail that is given up for not dealt with",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      await box.giveUp(idOf(1), "too often");
      expect(await box.accept(mail(2, { like: 1 }))).toEqual({ kind: "copy", settled: false });
    }),
  );

  it(
    "tells two mails of one Message-ID apart by what is in them (M2)",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      expect(await box.accept(mail(2, { like: 1, fingerprint: "another" }))).toEqual({ kind: "new" });
      expect(await box.accept(mail(3, { fingerprint: "f1" }))).toEqual({ kind: "new" });
    }),
  );

  it(
    "finds a copy in the same moment",
    withStore(async ({ inbox: box }) => {
      const answers = await Promise.all([box.accept(mail(1)), box.accept(mail(2, { like: 1 }))]);
      expect(answers).toEqual([{ kind: "new" }, { kind: "copy", settled: false }]);
    }),
  );
}

export function flags(withStore: WithStore): void {
  it(
    "names what is done with until it is confirmed",
    withStore(async ({ inbox: box }) => {
      for (const uid of [1, 2, 3]) await box.accept(mail(uid));
      await box.finish([idOf(3), idOf(2)]);
      expect(await box.unflagged("INBOX", "7")).toEqual([2, 3]);
      await box.flagged("INBOX", "7", [2, 77]);
      await box.flagged("INBOX", "another", [3]);
      expect(await box.unflagged("INBOX", "7")).toEqual([3]);
      expect(await box.finish([idOf(2), idOf(3)])).toEqual([mail(3).place]);
    }),
  );

  it(
    "does not lose an open mail that is said to be flagged",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      await box.flagged("INBOX", "7", [1]);
      expect(await box.open()).toHaveLength(1);
    }),
  );

  it(
    "takes an ack back",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      await box.deliver(idOf(1));
      await box.finish([idOf(1)]);
      await box.flagged("INBOX", "7", [1]);
      await box.retryLater(idOf(1), 5_000, "nack after ack");
      expect(await box.unflagged("INBOX", "7")).toEqual([]);
      expect(await box.deliver(idOf(1))).toBe(2);
      expect(await box.finish([idOf(1)])).toEqual([mail(1).place]);
    }),
  );
}
