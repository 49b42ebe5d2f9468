import type { ElementLook } from "./element-looks.ts";
import { whyNotRendered } from "./html-elements.ts";
import type { RemovalReason } from "./removed.ts";

/** What an element has become in the output. */
export interface Output {
  /** What closes the element in the output. */
  readonly close: string;
  /** Of a link: where it begins in the output, and how much had been shown and hidden before. */
  readonly link: { readonly at: number; readonly shown: number; readonly hidden: number } | undefined;
  readonly table: "table" | "row" | "cell" | undefined;
}

/** An element that is open. */
export interface Frame extends Output {
  readonly name: string;
  /** Nothing below it is seen by anybody. */
  readonly dropped: RemovalReason | "nothing" | undefined;
  /** Why nobody sees the text in it; a child may be seen all the same. */
  readonly unseen: RemovalReason | undefined;
  readonly look: ElementLook;
}

export const NO_OUTPUT: Output = { close: "", table: undefined, link: undefined };

/** Why neither an element nor anything in it is read. */
export function whyDropped(
  parent: Frame | undefined,
  name: string,
  attributes: Record<string, string>,
): RemovalReason | "nothing" | undefined {
  const reason = whyNotRendered(name, attributes);
  if (reason !== undefined) return reason;
  return parent && isClosed(parent) && name !== "summary" ? "closed-details" : undefined;
}

/** A `details` that nobody has opened shows its summary only. */
export function isClosed({ name, look }: Frame): boolean {
  return name === "details" && look.attributes["open"] === undefined;
}
