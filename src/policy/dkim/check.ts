import { createHash, verify } from "node:crypto";
import { BodyHash } from "./body-hash.ts";
import type { DkimKey } from "./key-record.ts";
import { type Canonicalization, type RawField, canonicalField } from "./raw-header.ts";
import { type Signature, withoutSignature } from "./signature.ts";

/**
 * Fields that a mail has once (RFC 5322 section 3.6, RFC 2045). A second one, which no signature covers, would change what
 * is read of a signed mail: such a signature proves nothing (RFC 6376 section 8.15).
 */
const ONCE = new Set([
  "from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
  "mime-version", "content-type", "content-transfer-encoding", "content-disposition",
]); // prettier-ignore

/** Whether the key made the signature, of these header fields and of the body hash that it names. */
export function headerSigned(fields: readonly RawField[], signature: Signature, key: DkimKey): boolean {
  if (key.type !== signature.algorithm || (key.strict && signature.forSubdomain)) return false;
  const signed = signedFields(fields, signature.signedNames);
  if (signed === undefined) return false;
  const { headerMethod, bytes, field } = signature;
  const lines = [...signed, withoutSignature(field)].map((one) => canonicalField(one, headerMethod));
  const data = Buffer.from(lines.join("\r\n"), "latin1");
  // RFC 8463 section 3: Ed25519 signs the hash.
  if (key.type === "ed25519") return verify(null, createHash("sha256").update(data).digest(), key.key, bytes);
  return verify("sha256", data, key.key, bytes);
}

/** Each name of h= takes the lowest field of that name that is left (RFC 6376 section 5.4.2); undefined when one that must not be is left over. */
function signedFields(fields: readonly RawField[], names: readonly string[]): RawField[] | undefined {
  const byName = new Map<string, RawField[]>();
  for (const field of fields) {
    const same = byName.get(field.name);
    if (same) same.push(field);
    else byName.set(field.name, [field]);
  }
  const many = [...byName].filter(([name, all]) => all.length > 1 && ONCE.has(name)).map(([name]) => name);
  const signed = names.map((name) => byName.get(name)?.pop()).filter((field) => field !== undefined);
  return many.every((name) => byName.get(name)?.length === 0) ? signed : undefined;
}

/** Those of the signatures whose body hash is the body's, which is read once. */
export async function bodySigned(
  signatures: readonly Signature[],
  body: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<Signature[]> {
  const hashes = new Map<Canonicalization, BodyHash>();
  for (const { bodyMethod } of signatures) hashes.set(bodyMethod, hashes.get(bodyMethod) ?? new BodyHash(bodyMethod));
  if (body instanceof Uint8Array) for (const hash of hashes.values()) hash.update(body);
  else for await (const piece of body) for (const hash of hashes.values()) hash.update(piece);
  const digests = new Map([...hashes].map(([method, hash]) => [method, hash.digest()]));
  return signatures.filter(({ bodyMethod, bodyHash }) => digests.get(bodyMethod)?.equals(bodyHash));
}
