import { type KeyObject, createPublicKey } from "node:crypto";
import { readBase64, readTags } from "./tag-list.ts";

/** A public key out of the DNS (RFC 6376 section 3.6.1). */
export interface DkimKey {
  readonly type: "rsa" | "ed25519";
  readonly key: KeyObject;
  /** t=s: only for the domain itself, not for what i= names below it. */
  readonly strict: boolean;
}

/** RFC 8301 section 3.2 wants 1024 at least; what is longer than 4096 costs more than it proves. */
const MIN_RSA_BITS = 1_024;
const MAX_RSA_BITS = 4_096;
/** RFC 8410 section 4: what stands before the 32 bytes of an Ed25519 key in DER. */
const ED25519_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Undefined for what is no key, one that was revoked, or one that is not meant for mail or SHA-256. */
export function readKeyRecord(text: string): DkimKey | undefined {
  const tags = readTags(text);
  if (tags === undefined || (tags.get("v") ?? "DKIM1") !== "DKIM1") return undefined;
  const type = (tags.get("k") ?? "rsa").toLowerCase();
  const bytes = readBase64(tags.get("p"));
  if (bytes === undefined || (type !== "rsa" && type !== "ed25519")) return undefined;
  if (!allows(tags.get("h"), "sha256") || !allows(tags.get("s"), "email")) return undefined;
  const key = type === "rsa" ? rsaKey(bytes) : ed25519Key(bytes);
  return key && { type, key, strict: listed(tags.get("t")).includes("s") };
}

function listed(value: string | undefined): string[] {
  return (value ?? "")
    .toLowerCase()
    .split(":")
    .map((item) => item.trim());
}

function allows(value: string | undefined, wanted: string): boolean {
  return value === undefined || listed(value).some((item) => item === wanted || item === "*");
}

/** RFC 6376 says SubjectPublicKeyInfo in its examples and RSAPublicKey in its text; both are found. */
function rsaKey(bytes: Buffer): KeyObject | undefined {
  const key = publicKey(bytes, "spki") ?? publicKey(bytes, "pkcs1");
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  return key?.asymmetricKeyType === "rsa" && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS ? key : undefined;
}

function ed25519Key(bytes: Buffer): KeyObject | undefined {
  return bytes.length === 32 ? publicKey(Buffer.concat([ED25519_PREFIX, bytes]), "spki") : undefined;
}

function publicKey(key: Buffer, type: "spki" | "pkcs1"): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: "der", type });
  } catch {
    return undefined;
  }
}
