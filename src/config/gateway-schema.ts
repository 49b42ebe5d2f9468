import { z } from "zod";
import type { AccountDraft, AccountDraftInput } from "./account.ts";
import { choice, expected, list, path, strict, text, whole } from "./fields.ts";
import { accountDraftSchema } from "./schema.ts";
import { secretSchema } from "./secret-schema.ts";
import type { Secret } from "./secrets.ts";

export type StoreConfig = { kind: "memory" } | { kind: "sqlite"; path: string; keepDays: number };

export type BotConfig = { timeoutSeconds: number; concurrency: number } & (
  | { kind: "echo" }
  | { kind: "module"; path: string }
  | { kind: "command"; command: string[] }
  | { kind: "http"; url: string; secret: Secret }
);

export interface LogConfig {
  level: "debug" | "info" | "warn" | "error";
  /** `auto`: text on a terminal, JSON otherwise. */
  format: "auto" | "text" | "json";
}

/** The gateway's file: many mailboxes, one bot. */
export interface GatewayConfig {
  $schema?: string | undefined;
  store: StoreConfig;
  accounts: AccountDraft[];
  bot: BotConfig;
  /** Not available in this version; see not-yet.ts. */
  admin: false | Record<string, unknown>;
  log: LogConfig;
  /** What the bot gets to finish its work when the gateway is asked to stop. */
  drainSeconds: number;
}

export interface GatewayConfigInput {
  $schema?: string | undefined;
  store?: { kind: "memory" } | { kind: "sqlite"; path?: string | undefined; keepDays?: number | undefined } | undefined;
  accounts: AccountDraftInput[];
  bot: BotConfig extends infer B
    ? B extends { timeoutSeconds: number; concurrency: number }
      ? Omit<B, "timeoutSeconds" | "concurrency"> & {
          timeoutSeconds?: number | undefined;
          concurrency?: number | undefined;
        }
      : never
    : never;
  admin?: false | Record<string, unknown> | undefined;
  log?: { [K in keyof LogConfig]?: LogConfig[K] | undefined } | undefined;
  drainSeconds?: number | undefined;
}

const DAY_SECONDS = 86_400;

const timeoutSeconds = whole(1, DAY_SECONDS)
  .default(300)
  .describe("The bot may think this long about one mail; then the mail comes again later.");

const concurrency = whole(1, 1_000)
  .default(8)
  .describe("Mails the bot works on at the same time; those of one conversation always one after the other.");

const always = { timeoutSeconds, concurrency };

const store = z.discriminatedUnion(
  "kind",
  [
    strict({ kind: z.literal("memory") }).describe(
      "Nothing on disk: what is not answered is unseen on the mail server and comes again.",
    ),
    strict({
      kind: z.literal("sqlite"),
      path: path("the path of a file").default("mailport.db").describe("A relative path counts from this file."),
      keepDays: whole(1, 36_500)
        .default(30)
        .describe("Days until the text of a mail that is done with is deleted; that it was answered is remembered."),
    }).describe("A file: what is not answered, and what is not sent, outlives the process."),
  ],
  expected('a store: {"kind": "sqlite", "path": "mailport.db"} or {"kind": "memory"}'),
);

const bot = z.discriminatedUnion(
  "kind",
  [
    strict({ kind: z.literal("echo"), ...always }).describe("Answers with what was written. For a first try."),
    strict({ kind: z.literal("module"), path: path("the path of a JavaScript module"), ...always }).describe(
      "An ES module; its default export answers. A relative path counts from this file.",
    ),
    strict({
      kind: z.literal("command"),
      command: list(text("a program or an argument"), "a list: the program and its arguments").min(
        1,
        expected("a list: the program and its arguments"),
      ),
      ...always,
    }).describe(
      "A program: the message as JSON on standard input, the answer on standard output. Runs in this file's folder.",
    ),
    strict({ kind: z.literal("http"), url: z.url(expected("a URL")), secret: secretSchema, ...always }).describe(
      "Not available in this version.",
    ),
  ],
  expected('a bot whose kind is "echo", "module" or "command"'),
);

const log = strict({
  level: choice("debug", "info", "warn", "error").default("info").describe("The least that is written."),
  format: choice("auto", "text", "json").default("auto").describe("auto: text on a terminal, JSON otherwise."),
});

const gateway = strict({
  $schema: z
    .string(expected("a path or URL of the JSON Schema"))
    .optional()
    .describe("For editors: ./config.schema.json"),
  store: store.prefault({ kind: "sqlite" }).describe("Where mail is kept until it is answered."),
  accounts: list(accountDraftSchema, "a list of accounts")
    .min(1, expected("at least one account"))
    .describe("The mailboxes. An account that is not enabled may be incomplete."),
  bot: bot.describe("Who answers."),
  admin: z
    .union([z.literal(false), z.looseObject({})], expected("false or an object"))
    .default(false)
    .describe("Not available in this version."),
  log: log.prefault({}).describe("The log, on standard error."),
  drainSeconds: whole(0, 3_600).default(30).describe("What the bot gets to finish its work after SIGTERM."),
});

/** The gateway's file as it stands; `load.ts` adds what no single key shows. */
export const gatewaySchema: z.ZodType<GatewayConfig, GatewayConfigInput> = gateway;

type Same<A, B> = [A, B, keyof A, keyof B] extends [B, A, keyof B, keyof A] ? true : never;
const interfacesMatch: [
  Same<z.output<typeof gateway>, GatewayConfig>,
  Same<z.input<typeof gateway>, GatewayConfigInput>,
] = [true, true];
void interfacesMatch;

/** What `mailport schema` prints: of the file as a person writes it, so that keys with a default may be left out. */
export function gatewayJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(gatewaySchema, { io: "input" }), title: "mailport" };
}
