import type { OutboundEntry } from "../domain/store.ts";
import type { Command } from "./command.ts";
import { type Counter, deskCommand, shown } from "./desk-command.ts";

type Entry = OutboundEntry & { readonly mail?: unknown };

const RETRY: readonly string[] = ["failed", "retrying", "unknown"];
const DROP: readonly string[] = ["pending", "retrying", "unknown", "failed"];

const outbox: Counter<Entry> = {
  name: "outbox",
  summary: "the mail that goes out: what waits, what failed, and trying it again",
  states: ["pending", "sending", "retrying", "sent", "failed", "unknown", "dropped"],
  idName: "MESSAGE-ID",
  list: (desk, filter) => desk.outbound(filter),
  one: (desk, id) => desk.outboundOne(messageId(id)),
  retry: (desk, id) => desk.retryOutbound(messageId(id)),
  drop: (desk, id) => desk.dropOutbound(messageId(id)),
  line: ({ messageId: id, state, attempts, enqueuedAt, nextAttemptAt, details }) =>
    [
      state.padEnd(8),
      `${attempts}x`,
      enqueuedAt,
      id,
      ...(nextAttemptAt === null ? [] : [`next ${nextAttemptAt}`]),
      ...(errorOf(details) === undefined ? [] : [shown(errorOf(details) ?? "", 100)]),
    ].join("  "),
  page: ({ mail, details, ...entry }) =>
    [
      ...Object.entries(entry).map(([name, value]) => `${`${name}:`.padEnd(14)} ${shown(String(value ?? "-"), 400)}`),
      `details:       ${shown(JSON.stringify(details), 4_000)}`,
      "",
      mail === undefined ? "(its text has been deleted)" : JSON.stringify(mail, undefined, 2),
    ].join("\n"),
  objection({ state, mail }, action) {
    if (!(action === "retry" ? RETRY : DROP).includes(state)) return OBJECTIONS[state]?.[action];
    if (action === "retry" && mail === undefined) return "its text has been deleted (store.keepDays)";
    return undefined;
  },
};

const OBJECTIONS: Readonly<Record<string, { retry: string; drop: string }>> = {
  pending: { retry: "it has not been tried yet; it will be", drop: "" },
  sending: { retry: "it is being sent now", drop: "it is being sent now" },
  sent: { retry: "it has been sent", drop: "it has been sent" },
  dropped: { retry: "it has been dropped", drop: "it has been dropped already" },
};

/** With its angle brackets, which a shell would take for something else. */
function messageId(id: string): string {
  return id.startsWith("<") ? id : `<${id}>`;
}

function errorOf(details: unknown): string | undefined {
  const error: unknown = typeof details === "object" && details !== null ? Reflect.get(details, "error") : undefined;
  if (typeof error !== "object" || error === null) return undefined;
  return `${String(Reflect.get(error, "code"))} ${String(Reflect.get(error, "message"))}`;
}

export const outboxCommand: Command = deskCommand(outbox);
