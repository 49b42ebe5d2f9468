import { isObject, valueAt } from "./problems.ts";

/** A key of the contract whose machinery is not built. To build it, delete its line. */
interface NotYet {
  readonly path: readonly string[];
  /** The one value that is meant; absent: any value that asks for something. */
  readonly value?: string;
  readonly instead: string;
}

const ACCOUNT: readonly NotYet[] = [{ path: ["oauth2"], instead: "use password, with most providers an app password" }];

const GATEWAY: readonly NotYet[] = [
  { path: ["bot", "kind"], value: "http", instead: 'use "module" or "command"' },
  { path: ["admin"], instead: "leave it out" },
];

export function notYetInAccount(input: unknown): string[] {
  return refusals(ACCOUNT, input);
}

export function notYetInGateway(input: unknown): string[] {
  return refusals(GATEWAY, input);
}

/** The commands of the contract that a later version has. */
export const COMMANDS_NOT_YET: readonly string[] = ["status", "oauth"];

function refusals(table: readonly NotYet[], input: unknown): string[] {
  return table
    .filter(({ path, value }) =>
      value === undefined ? asksForSomething(valueAt(input, path)) : valueAt(input, path) === value,
    )
    .map(({ path, value, instead }) => {
      // Only what stands in the table is repeated: what stands in the file may be a token.
      const what = value === undefined ? "" : `${JSON.stringify(value)} is `;
      return `${path.join(".")}: ${what}not available in this version (0.1): ${instead}`;
    });
}

/** Absent, false, an empty list and `{ "enabled": false }` ask for nothing. */
function asksForSomething(value: unknown): boolean {
  if (value === undefined || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isObject(value) || Object.keys(value).length !== 1 || value["enabled"] !== false;
}
