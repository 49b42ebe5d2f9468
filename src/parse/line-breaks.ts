import { EMPTY_LINE } from "./reply/marks.ts";

/**
 * What a `br` does in a browser: at the end of a block it only ends the line, which ends there anyway; alone in a block it
 * is an empty line. Each method gives what has to be written first.
 */
export class LineBreaks {
  #lineIsEmpty = true;
  #waiting: "after-text" | "after-nothing" | undefined;

  text(): string {
    const due = this.#waiting === undefined ? "" : "<br>";
    this.#waiting = undefined;
    this.#lineIsEmpty = false;
    return due;
  }

  lineBreak(): string {
    const due = this.#waiting === undefined ? "" : "<br>";
    this.#waiting = this.#lineIsEmpty ? "after-nothing" : "after-text";
    this.#lineIsEmpty = true;
    return due;
  }

  /** A block begins or ends. */
  block(): string {
    const due = this.#waiting === "after-nothing" ? EMPTY_LINE : "";
    this.#waiting = undefined;
    this.#lineIsEmpty = true;
    return due;
  }
}
