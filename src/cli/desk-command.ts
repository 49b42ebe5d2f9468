import { parseArgs } from "node:util";
import { loadConfig } from "../config/load.ts";
import { ConfigError } from "../domain/errors.ts";
import type { ListFilter, StoreDesk } from "../domain/store.ts";
import { openStoreDesk } from "../store/store-desk.ts";
import { type Command, needConfig, type Surroundings, UsageError } from "./command.ts";
import { EXIT } from "./exit-code.ts";

/** What `inbox` and `outbox` have of their own. */
export interface Counter<E> {
  readonly name: "inbox" | "outbox";
  readonly summary: string;
  readonly states: readonly string[];
  readonly idName: string;
  list(desk: StoreDesk, filter: ListFilter): readonly E[];
  one(desk: StoreDesk, id: string): E | undefined;
  retry(desk: StoreDesk, id: string): boolean;
  drop(desk: StoreDesk, id: string): boolean;
  /** One line of `list`. */
  line(entry: E): string;
  /** What `show` prints. */
  page(entry: E): string;
  /** Why this may not be retried (dropped) as it is; undefined: it may. */
  objection(entry: E, action: "retry" | "drop"): string | undefined;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

const OPTIONS = {
  config: { type: "string" },
  state: { type: "string" },
  account: { type: "string" },
  limit: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** `list`, `show`, `retry` and `drop` over one half of the store. They work beside a running gateway. */
export function deskCommand<E>(counter: Counter<E>): Command {
  return {
    summary: counter.summary,
    usage: `list|show|retry|drop [${counter.idName}] --config FILE [--state ${counter.states.join("|")}] [--account ID] [--limit 1-${MAX_LIMIT}] [--json]`,
    async run(args, surroundings) {
      const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
      const [action = "", id = "", ...rest] = positionals;
      if (!["list", "show", "retry", "drop"].includes(action))
        throw new UsageError(`say what to do: list, show, retry or drop${action ? `, not "${action}"` : ""}`);
      if (rest.length > 0 || (action === "list" && id !== "")) throw new UsageError("too many arguments");
      if (action !== "list" && id === "") throw new UsageError(`which one? ${counter.idName} is missing`);
      const filter = filterOf(counter, values);
      using desk = await openDesk(needConfig(values.config));
      const print = printer(surroundings, values.json);
      if (action === "list") return list(counter, desk, { filter, print });
      return single(counter, desk, { action, id, print, err: surroundings.err });
    },
  };
}

type Print = <T>(value: T, text: (value: T) => string) => void;

function printer({ out }: Surroundings, json: boolean): Print {
  return (value, text) => out(json ? JSON.stringify(value) : text(value));
}

function filterOf<E>(
  { states }: Counter<E>,
  { state, account, limit = String(DEFAULT_LIMIT) }: { state?: string; account?: string; limit?: string },
): ListFilter {
  if (state !== undefined && !states.includes(state)) throw new UsageError(`--state is one of: ${states.join(", ")}`);
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > MAX_LIMIT)
    throw new UsageError(`--limit is a whole number from 1 to ${MAX_LIMIT}`);
  return { state, account, limit: count };
}

async function openDesk(path: string): Promise<StoreDesk> {
  const { config } = await loadConfig(path);
  const { store } = config;
  if (store.kind === "sqlite") return openStoreDesk(store.path);
  throw new ConfigError(['store: kind "memory" keeps nothing that could be shown; use {"kind": "sqlite"}'], path);
}

function list<E>(
  counter: Counter<E>,
  desk: StoreDesk,
  { filter, print }: { filter: ListFilter; print: Print },
): number {
  const entries = counter.list(desk, filter);
  print(entries, () => (entries.length === 0 ? "nothing" : entries.map((entry) => counter.line(entry)).join("\n")));
  return EXIT.ok;
}

interface Asked {
  readonly action: string;
  readonly id: string;
  readonly print: Print;
  readonly err: (text: string) => void;
}

function single<E>(counter: Counter<E>, desk: StoreDesk, { action, id, print, err }: Asked): number {
  const refuse = (sentence: string): number => (err(`mailport ${counter.name} ${action}: ${sentence}`), EXIT.usage);
  const entry = counter.one(desk, id);
  if (entry === undefined) return refuse(`there is no ${id}; see mailport ${counter.name} list`);
  if (action === "show") {
    print(entry, (one) => counter.page(one));
    return EXIT.ok;
  }
  const isRetry = action === "retry";
  const objection = counter.objection(entry, isRetry ? "retry" : "drop");
  if (objection !== undefined) return refuse(objection);
  const done = isRetry ? counter.retry(desk, id) : counter.drop(desk, id);
  if (!done) return refuse("it has changed at this very moment; look at it again");
  print({ id, done: isRetry ? "retried" : "dropped" }, () =>
    isRetry ? "put back; a running gateway takes it within seconds, another at its start" : "dropped",
  );
  return EXIT.ok;
}

/** One line, without what a stranger may have put into it to move the cursor. */
export function shown(text: string, maxChars: number): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, " ").trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line;
}

/** The same for text of several lines. */
export function shownText(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => shown(line, 10_000))
    .join("\n");
}
