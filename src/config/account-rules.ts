import { isObject } from "./problems.ts";
import { notYetInAccount } from "./not-yet.ts";

const CONNECTION_KEYS = ["imapHost", "smtpHost", "username", "password", "fromAddress"];

/**
 * Mistakes that no single key shows. Looks at what was written, whatever its types, so that they are reported together
 * with the others.
 */
export function accountRuleProblems(input: unknown): string[] {
  if (!isObject(input)) return [];
  return [...notYetInAccount(input), ...contradictions(input), ...repeatedFolders(input["folders"])];
}

/** What an enabled account of the gateway's file lacks. */
export function missingConnection(input: unknown): string[] {
  if (!isObject(input) || input["enabled"] !== true) return [];
  return CONNECTION_KEYS.filter((key) => input[key] === undefined).map(
    (key) => `${key}: is missing; an enabled account needs it`,
  );
}

function contradictions({ tls, imapStarttls }: Record<string, unknown>): string[] {
  if (tls !== false || imapStarttls !== true) return [];
  return ["imapStarttls: cannot be true while tls is false; take one of the two out"];
}

function repeatedFolders(folders: unknown): string[] {
  if (!Array.isArray(folders)) return [];
  // RFC 3501 section 5.1: INBOX in any case is the same folder.
  const names = folders.map((name) => (/^inbox$/i.test(String(name)) ? "INBOX" : String(name)));
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [`folders[${index}]: ${JSON.stringify(name)} is there twice`] : [],
  );
}
