import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type HeaderFields, valuesOf } from "./header-fields.ts";

const FIELD = "x-mailport-loop";
const NONCE_CHARS = 24;
/** 128 bits: nobody guesses one. */
const TAG_CHARS = 32;
const FORM = new RegExp(`^([0-9a-f]{${NONCE_CHARS}})\\.([0-9a-f]{${TAG_CHARS}})$`);
/** A mail that has been through more of our hands than this is stopped by its Received fields. */
const MAX_FIELDS = 20;

/**
 * What a mail of ours carries in `X-Mailport-Loop`, the same on every attempt: a name for it, and a keyed hash of that
 * (RFC 2104).
 *
 * It shows a mail of this account that comes back with another From and another Message-ID, as forwarders and some lists
 * make it. It does not show one whose header fields were removed: that is what the counts are for. Without the secret nobody
 * can make a valid one; whoever has got a mail from us can copy it, into mails that they send themselves and that are
 * then ignored, but never into anybody else's. It is no proof that a mail is genuine, and nothing is let in for it.
 */
export function loopTag(secret: Uint8Array, messageId: string): string {
  const nonce = createHash("sha256").update(messageId).digest("hex").slice(0, NONCE_CHARS);
  return `${nonce}.${mac(secret, nonce)}`;
}

/** Whether the mail with this header is one of this account's own. Another instance's tag is nothing to us. */
export function hasOwnLoopTag(secret: Uint8Array, header: HeaderFields): boolean {
  return valuesOf(header, FIELD)
    .slice(0, MAX_FIELDS)
    .some((value) => {
      const [, nonce, tag] = FORM.exec(value) ?? [];
      return (
        nonce !== undefined && tag !== undefined && timingSafeEqual(Buffer.from(mac(secret, nonce)), Buffer.from(tag))
      );
    });
}

function mac(secret: Uint8Array, nonce: string): string {
  return createHmac("sha256", secret).update(`mailport loop ${nonce}`).digest("hex").slice(0, TAG_CHARS);
}
