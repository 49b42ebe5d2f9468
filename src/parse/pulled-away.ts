import type { ElementLook } from "./element-looks.ts";
import type { RemovalReason } from "./removed.ts";

interface Box {
  readonly name: string;
  readonly look: ElementLook;
  readonly dropped: unknown;
}

/** In which margins do not reach what is outside of it. */
const CLOSED_BOXES = new Set("td th caption button fieldset".split(" "));
/** Whose vertical margins move nothing. */
const INLINE = new Set("span a b i u em strong font small big sub sup s strike code tt img br label q".split(" "));

/** Tells what a margin of an earlier element has pulled out of sight, with the rest of its line or of the box that it stands in. */
export class PulledAway {
  /** Until so many boxes are open. */
  #until: number | undefined;
  #line = false;

  get reason(): RemovalReason | undefined {
    return this.#until === undefined && !this.#line ? undefined : "off-screen";
  }

  newLine(): void {
    this.#line = false;
  }

  /** `open`: those around the one that has been closed. */
  closed({ name, look }: Box, open: readonly Box[]): void {
    if (this.#until !== undefined) {
      if (open.length < this.#until) this.#until = undefined;
      return;
    }
    if (look.margins === "pull-left" && INLINE.has(name)) this.#line = open.at(-1)?.dropped === undefined;
    if (look.margins !== "pull-up" || INLINE.has(name) || CLOSED_BOXES.has(name) || open.at(-1)?.dropped !== undefined)
      return;
    const box = open.findLastIndex((one) => one.look.margins === "end-here" || CLOSED_BOXES.has(one.name));
    this.#until = box + 1;
  }
}
