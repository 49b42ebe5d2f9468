import type { Logger } from "../runtime/logger.ts";
import type { OutboxMail } from "./entry.ts";
import { isOpen } from "./item.ts";
import type { Journal } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import { recovered, revived } from "./recover.ts";
import { reportFound } from "./report.ts";
import type { Moment, SchedulePolicy } from "./schedule.ts";

export interface TakeUpParts<M extends OutboxMail> {
  readonly ledger: Ledger<M>;
  readonly journal: Journal<M>;
  readonly policy: SchedulePolicy;
  readonly moment: () => Moment;
  readonly logger: Logger;
}

/** What an earlier process left in the store. @throws StorageError, before anything has been taken up */
export async function takeUpOpen<M extends OutboxMail>(parts: TakeUpParts<M>): Promise<void> {
  const { ledger, journal, policy, moment, logger } = parts;
  const all = await journal.open();
  const back = new Set((await journal.revived()).map(({ item }) => item.key));
  for (const { item: found, mail } of all) {
    // Put back while no process ran; that one has nobody left to go to says so even where the store does not.
    const isBack = back.has(found.key) || found.recipients.length === 0;
    const item = isBack ? revived(found, mail.envelope.to, moment().nowMs) : recovered(found, moment(), policy);
    if (found.state === "sending") reportFound(logger, found, item);
    if ((isBack || found.state === "sending") && !(await journal.settle(item))) continue;
    const entry = ledger.add(mail, item, "waiting");
    if (!isOpen(item)) ledger.close(entry);
  }
}

/** What a person has put back. @throws StorageError, before anything has been taken up */
export async function takeUpRevived<M extends OutboxMail>(parts: TakeUpParts<M>): Promise<number> {
  const { ledger, journal, moment } = parts;
  const all = await journal.revived();
  for (const { item: found, mail } of all) {
    const { nowMs } = moment();
    const entry = ledger.openOne(found.key) ?? ledger.add(mail, found, "waiting");
    if (entry.standing !== "waiting") {
      // It is being tried at this moment, which is what the person wants.
      entry.item = { ...entry.item, enqueuedAtMs: nowMs };
      continue;
    }
    entry.standing = "in hand";
    entry.item = revived({ ...found, attempts: entry.item.attempts }, mail.envelope.to, nowMs);
    // Whether it has been dropped again meanwhile turns out when it is tried.
    await journal.settle(entry.item);
    entry.standing = "waiting";
    if (!isOpen(entry.item)) ledger.close(entry);
  }
  return all.length;
}
