import type { z } from "zod";

/** One sentence for each thing wrong, with its path, what was expected and what was found (never a secret). */
export function problemsOf(error: z.ZodError, input: unknown): string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const sentences = issue.message.split("\n");
      return issue.keys.map((key, index) => `${pathText([...issue.path, key])}: ${sentences[index] ?? "unknown key"}`);
    }
    return [`${pathText(issue.path)}: ${sentence(issue.message, issue.path, input)}`];
  });
}

/** `accounts[0].imapPort`, as one would write it in JavaScript. */
export function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "(whole)";
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index > 0 ? "." : ""}${readable(String(key))}`))
    .join("");
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

function sentence(wanted: string, path: readonly PropertyKey[], input: unknown): string {
  const value = valueAt(input, path);
  if (value === undefined) return `is missing; expected ${wanted}`;
  return `expected ${wanted}, found ${path.some((key) => SECRET_KEY.test(String(key))) ? kindOf(value) : found(value)}`;
}

/** A proxy's address may hold a password too. */
const SECRET_KEY = /password|secret|oauth2|proxy/i;
const MAX_FOUND_CHARS = 60;

function found(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(readable(value));
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return isObject(value) ? "an object" : `a ${typeof value}`;
}

function readable(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
  return clean.length > MAX_FOUND_CHARS ? `${clean.slice(0, MAX_FOUND_CHARS)}…` : clean;
}
