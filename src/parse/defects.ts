/**
 * Stable names of what could not be read as it should; they end up in `metadata.email_defects`. `ambiguous` stands beside
 * whatever makes two readers see two different mails (docs/decisions.md says which): then no attachment is saved.
 */
export type DefectName =
  | "ambiguous"
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
  | "malformed-header"
  | "contradictory-names"
  | "untyped-executable"
  | "nested-boundary"
  | "unclosed-part"
  | "parts-after-end"
  | "padded-boundary"
  | "utf-7"
  | "partial-message"
  | "external-body"
  | "uuencoded"
  | "encrypted"
  | "bad-from"
  | "bad-date"
  | "no-date"
  | "no-message-id"
  | `duplicate-header:${string}`
  | `duplicate-parameter:${string}`
  | `broken-parameter:${string}`;

/** A mail of a thousand broken parts has one list of what is wrong, not a thousand. */
const MAX_DEFECTS = 50;

/** Each defect once, in the order found. */
export class Defects {
  readonly #names = new Set<DefectName>();
  #isAmbiguous = false;

  add(name: DefectName): void {
    if (name === "ambiguous") this.#isAmbiguous = true;
    else if (this.#names.size < MAX_DEFECTS) this.#names.add(name);
  }

  /** What may be read in two ways. */
  addAmbiguous(name: DefectName): void {
    this.add(name);
    this.#isAmbiguous = true;
  }

  get isAmbiguous(): boolean {
    return this.#isAmbiguous;
  }

  /** `ambiguous` last, however many there are. */
  names(): DefectName[] {
    return this.#isAmbiguous ? [...this.#names, "ambiguous"] : [...this.#names];
  }
}
