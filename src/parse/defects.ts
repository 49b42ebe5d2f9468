/** Stable names of what could not be read as it should; they end up in `metadata.email_defects`. */
export type DefectName =
  | "header-too-large"
  | "too-many-parts"
  | "too-many-lines"
  | "nested-too-deep"
  | "unreadable"
  | "truncated"
  | "missing-boundary"
  | "missing-parts"
  | "text-too-long"
  | "html-too-large"
  | "html-too-deep"
  | "css-too-large"
  | "plain-differs-from-html"
  | "unknown-charset"
  | "undecodable-text"
  | "bad-base64"
  | "bad-quoted-printable"
  | "unknown-encoding"
  | "bad-content-type"
  | "encrypted"
  | "bad-from"
  | "bad-date"
  | "no-date"
  | "no-message-id"
  | `duplicate-header:${string}`
  | `duplicate-parameter:${string}`;

/** A mail of a thousand broken parts has one list of what is wrong, not a thousand. */
const MAX_DEFECTS = 50;

/** Each defect once, in the order found. */
export class Defects {
  readonly #names = new Set<DefectName>();

  add(name: DefectName): void {
    if (this.#names.size < MAX_DEFECTS) this.#names.add(name);
  }

  names(): DefectName[] {
    return [...this.#names];
  }
}
