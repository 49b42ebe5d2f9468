import type { HeaderFields } from "./header-fields.ts";

/** Stable: the same string is the log field, the metric label and the test name. */
export type RefusalReason =
  | "header-malformed"
  | "from-missing"
  | "from-ambiguous"
  | "from-invalid"
  | "from-deceptive"
  | "own-message"
  | "denied"
  | "not-allowed"
  | "automatic"
  | "not-addressed"
  | "loop"
  | "results-forged"
  | "results-failed"
  | "dmarc-failed"
  | "return-path-foreign"
  | "not-verified";

export interface Accepted {
  readonly verdict: "accept";
  readonly address: string;
  /** What was read, so that later rules need not read it again. */
  readonly header: HeaderFields;
}

export interface Refused {
  readonly verdict: "refuse";
  readonly reason: RefusalReason;
  /** Which header or rule decided; never content. */
  readonly detail: string;
  /** It may be a delivery report about a mail of ours: the body is worth a look. */
  readonly mayReport?: boolean;
}

export type Decision = Accepted | Refused;

export function refuse(reason: RefusalReason, detail: string): Refused {
  return { verdict: "refuse", reason, detail };
}
