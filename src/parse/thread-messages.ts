import type { ParsedMail, ParseOptions } from "./assemble.ts";
import type { LargeMailParts } from "./parse-large-mail.ts";

/** What a thread is asked to read. Of a mail that streams, the pieces come one by one, as it asks for them. */
export type Job =
  | { readonly kind: "whole"; readonly source: Uint8Array<ArrayBuffer> }
  | { readonly kind: "stream" }
  | { readonly kind: "large"; readonly parts: LargeMailParts };

export type ToThread = { readonly id: number } & (
  | { readonly kind: "read"; readonly job: Job; readonly options: ParseOptions }
  | { readonly kind: "piece"; readonly piece: Uint8Array<ArrayBuffer> }
  | { readonly kind: "end"; readonly failed: boolean }
);

export type FromThread = { readonly id: number } & (
  | { readonly kind: "more" }
  /** A Buffer becomes a Uint8Array on its way. */
  | { readonly kind: "parsed"; readonly mail: Omit<ParsedMail, "rawHeader"> & { readonly rawHeader: Uint8Array } }
  | { readonly kind: "failed"; readonly message: string; readonly storage: boolean }
);

/** The bytes as something that can change threads: a view of a larger buffer would take all of that along. */
export function movable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isAll = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isAll ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
