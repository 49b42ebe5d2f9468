import { isIP } from "node:net";
import { z } from "zod";
import { addressRule } from "../policy/allow-list.ts";

/** What a field wants, in words that follow "expected". */
export function expected(wanted: string): { error: string } {
  return { error: wanted };
}

export function whole(min: number, max: number): z.ZodInt {
  const wanted = expected(`a whole number from ${min} to ${max}`);
  return z.int(wanted).min(min, wanted).max(max, wanted);
}

export function flag(): z.ZodBoolean {
  return z.boolean(expected("true or false"));
}

export function choice<const T extends readonly string[]>(...values: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(
    values,
    expected(
      values
        .map((value) => JSON.stringify(value))
        .join(", ")
        .replace(/, ([^,]*)$/, " or $1"),
    ),
  );
}

/** Text on one line: it ends up in headers, commands and logs. */
export function text(what: string): z.ZodString {
  const wanted = expected(what);
  return z.string(wanted).min(1, wanted).max(MAX_TEXT_CHARS, wanted).regex(NO_CONTROL_CHARACTERS, wanted);
}

/** No setting is a document. */
const MAX_TEXT_CHARS = 4_096;
const NO_CONTROL_CHARACTERS = /^[^\u0000-\u001f\u007f]*$/;

/** A path, which no program can open when it holds a NUL. */
export function path(what: string): z.ZodString {
  return text(what);
}

export function list<T extends z.ZodType>(item: T, what: string): z.ZodArray<T> {
  return z.array(item, expected(what));
}

/** An object that refuses keys it does not know, and says which one was probably meant. */
export function strict<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => didYouMean(key, known)).join("\n") : "an object",
  });
}

export const host: z.ZodString = z
  .string(expected("a host name such as mail.example.org"))
  .refine(isHost, expected("a host name alone, such as mail.example.org: no scheme, no port, no path, no spaces"));

export const address: z.ZodString = z
  .string(expected("an address such as bot@example.org"))
  .refine(isAddress, expected("one bare address such as bot@example.org"));

export const allowEntry: z.ZodString = z
  .string(expected("an address or a domain in quotes"))
  .refine(
    (value) => value.split("@").length === 2 && addressRule(value) !== undefined,
    expected('one of the three forms "a@b.org", "@b.org" (everyone there) or "*@*.b.org" (its subdomains)'),
  );

export const authservId: z.ZodString = z
  .string(expected("an authserv-id in quotes"))
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/,
    expected('an authserv-id such as mx.example.org, as the server writes it, or "microsoft365"'),
  );

export const port: z.ZodInt = whole(1, 65_535);

const LABEL = "[\\p{L}\\p{N}_](?:[\\p{L}\\p{N}_-]{0,61}[\\p{L}\\p{N}_])?";
const HOST = new RegExp(`^${LABEL}(?:\\.${LABEL})*\\.?$`, "u");
/** RFC 5321 section 4.1.2: a dot-string before the @, here with the letters of RFC 6531. */
const LOCAL_PART = /^[^\s@<>()[\]\\,;:"\p{C}]{1,64}$/u;

function isHost(value: string): boolean {
  return isIP(value) !== 0 || (value.length <= 253 && HOST.test(value));
}

function isAddress(value: string): boolean {
  const at = value.lastIndexOf("@");
  return LOCAL_PART.test(value.slice(0, Math.max(0, at))) && HOST.test(value.slice(at + 1)) && at > 0;
}

/** A longer list helps nobody. */
const MAX_NAMED_KEYS = 10;

function didYouMean(key: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance, name }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)[0];
  if (near) return `unknown key; did you mean "${near.name}"?`;
  return known.length > MAX_NAMED_KEYS
    ? "unknown key; `mailport schema` lists the known ones"
    : `unknown key; known here: ${known.join(", ")}`;
}

/** Letters to add, take away, change or swap with the next. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? change) + 1 : change;
      row.push(Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change, swapped));
    }
    [before, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
