import type { RemovedText } from "../domain/message.ts";

/** Stable names of why text was taken out of what the bot reads; they end up in `message.removed`. */
export type RemovalReason =
  | "comment"
  | "not-rendered"
  | "hidden-attribute"
  | "aria-hidden"
  | "closed-details"
  | "display-none"
  | "mso-hide"
  | "visibility-hidden"
  | "opacity"
  | "tiny-text"
  | "transparent-text"
  | "same-color"
  | "collapsed"
  | "clipped"
  | "off-screen"
  | "tracking-pixel"
  | "zero-width"
  | "bidi-control"
  | "soft-hyphen"
  | "tag-character"
  | "variation-selector"
  | "invisible-filler"
  | "padding";

/** What was taken out of one mail, counted by reason. */
export class Removed {
  readonly #chars = new Map<RemovalReason, number>();

  add(reason: RemovalReason, chars: number): void {
    if (chars > 0) this.#chars.set(reason, (this.#chars.get(reason) ?? 0) + chars);
  }

  /** White space is not counted: there is nothing to read in it. */
  addText(reason: RemovalReason, text: string): void {
    this.add(reason, charCount(text));
  }

  addAll(other: Removed): void {
    for (const [reason, chars] of other.#chars) this.add(reason, chars);
  }

  list(): RemovedText[] {
    return [...this.#chars].map(([reason, chars]) => ({ reason, chars }));
  }
}

function charCount(text: string): number {
  return text.replace(/[\s\p{Default_Ignorable_Code_Point}]+/gu, " ").trim().length;
}
