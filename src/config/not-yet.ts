import { isObject, valueAt } from "./problems.ts";

/** A key of the contract whose machinery is not built. To build it, delete its line. */
interface NotYet {
  readonly path: readonly string[];
  readonly given: (value: unknown) => boolean;
  readonly instead: string;
}

const ACCOUNT: readonly NotYet[] = [
  { path: ["oauth2"], given: present, instead: "use password, with most providers an app password" },
  { path: ["senderVerification"], given: is("require"), instead: 'leave it out, or say "off"' },
  { path: ["trustedAuthservIds"], given: (value) => Array.isArray(value) && value.length > 0, instead: "leave it out" },
  { path: ["attachments", "keepDays"], given: present, instead: "leave it out and clean the folder yourself" },
];

const GATEWAY: readonly NotYet[] = [
  {
    path: ["store", "kind"],
    given: is("sqlite"),
    instead: 'use {"kind": "memory"}; the mail server then holds what is not answered',
  },
  { path: ["bot", "kind"], given: is("http"), instead: 'use "module" or "command"' },
  { path: ["admin"], given: (value) => present(value) && !isDisabled(value), instead: "leave it out" },
];

export function notYetInAccount(input: unknown): string[] {
  return refusals(ACCOUNT, input);
}

export function notYetInGateway(input: unknown): string[] {
  return refusals(GATEWAY, input);
}

/** The commands of the contract that a later version has. */
export const COMMANDS_NOT_YET: readonly string[] = ["explain", "allow", "status", "outbox", "inbox", "oauth"];

function refusals(table: readonly NotYet[], input: unknown): string[] {
  return table
    .map((entry) => ({ ...entry, value: valueAt(input, entry.path) }))
    .filter(({ given, value }) => given(value))
    .map(({ path, value, instead }) => {
      const what = typeof value === "string" ? `${JSON.stringify(value)} is ` : "";
      return `${path.join(".")}: ${what}not available in this version (0.1): ${instead}`;
    });
}

function present(value: unknown): boolean {
  return value !== undefined;
}

function is(wanted: string): (value: unknown) => boolean {
  return (value) => value === wanted;
}

function isDisabled(value: unknown): boolean {
  return (
    value === false ||
    (isObject(value) && Object.keys(value).every((key) => key === "enabled" && value["enabled"] === false))
  );
}
