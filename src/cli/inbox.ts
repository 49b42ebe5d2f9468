import type { InboundEntry, MessageRecord } from "../domain/store.ts";
import type { Command } from "./command.ts";
import { type Counter, deskCommand, shown, shownText } from "./desk-command.ts";

type Entry = InboundEntry & { readonly record?: MessageRecord | undefined };

const RETRY: readonly string[] = ["dead", "retrying", "dropped"];
const DROP: readonly string[] = ["waiting", "retrying", "dead"];

const inbox: Counter<Entry> = {
  name: "inbox",
  summary: "the mail that has come in: what waits, what is dead, and putting it back",
  states: ["waiting", "in hand", "retrying", "done", "dead", "copy", "dropped"],
  idName: "ID",
  list: (desk, filter) => desk.inbound(filter),
  one: (desk, id) => desk.inboundOne(id),
  retry: (desk, id) => desk.retryInbound(id),
  drop: (desk, id) => desk.dropInbound(id),
  line: ({ id, state, deliveries, receivedAt, senderId, subject, reason }) =>
    [
      state.padEnd(8),
      `${deliveries}x`,
      receivedAt,
      shown(senderId, 40),
      shown(subject, 50),
      id,
      ...(reason ? [shown(reason, 80)] : []),
    ].join("  "),
  page: ({ record, ...entry }) => {
    const facts = Object.entries(entry).map(
      ([name, value]) => `${`${name}:`.padEnd(12)} ${shown(String(value ?? "-"), 400)}`,
    );
    return [...facts, "", record ? shownText(record.fullText) : "(its text has been deleted)"].join("\n");
  },
  objection({ state, record }, action) {
    if (!(action === "retry" ? RETRY : DROP).includes(state)) return OBJECTIONS[state]?.[action];
    if (action === "retry" && record === undefined) return "its text has been deleted (store.keepDays)";
    return undefined;
  },
};

const ANSWERED = { retry: "it has been answered; a second answer would be one too many", drop: "it is done with" };
const COPY = {
  retry: "it is a copy of another mail, which is answered for both",
  drop: "it is a copy of another mail",
};
const OBJECTIONS: Readonly<Record<string, { retry: string; drop: string }>> = {
  waiting: { retry: "it is waiting already", drop: "" },
  "in hand": { retry: "the bot has it now", drop: "the bot has it now; wait until it is done, or stop the gateway" },
  done: ANSWERED,
  copy: COPY,
  dropped: { retry: "", drop: "it has been dropped already" },
};

export const inboxCommand: Command = deskCommand(inbox);
