import { EMPTY_LINE } from "./reply/marks.ts";

/**
 * What a `br` does in a browser: at the end of a block it only ends the line, which ends there anyway; alone in a block it
 * is an empty line. Each method gives what has to be written first.
 */
export class LineBreaks {
  #lineIsEmpty = true;
  #waiting: "after-text" | "after-nothing" | undefined;
  #spaces = "";

  text(): string {
    const due = (this.#waiting === undefined ? "" : "<br>") + this.#spaces;
    this.#waiting = undefined;
    this.#spaces = "";
    this.#lineIsEmpty = false;
    return due;
  }

  /** `&nbsp;` at the beginning of a line: alone in it, it is how Outlook writes an empty one. */
  holds(text: string): boolean {
    if (!this.#lineIsEmpty || !text.includes("\u00a0") || /[^\s\u00a0]/.test(text)) return false;
    this.#spaces += text.replace(/[^\u00a0]+/g, "");
    return true;
  }

  lineBreak(): string {
    const due = this.#waiting === undefined ? "" : "<br>";
    this.#spaces = "";
    this.#waiting = this.#lineIsEmpty ? "after-nothing" : "after-text";
    this.#lineIsEmpty = true;
    return due;
  }

  /** A block begins or ends. */
  block(): string {
    const alone = this.#lineIsEmpty && this.#spaces !== "" && this.#waiting === undefined;
    const due = alone || this.#waiting === "after-nothing" ? EMPTY_LINE : "";
    this.#spaces = "";
    this.#waiting = undefined;
    this.#lineIsEmpty = true;
    return due;
  }
}
