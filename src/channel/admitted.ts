import type { PolicyOptions } from "../policy/decide.ts";
import type { HeaderFields } from "../policy/header-fields.ts";

/** What let a mail in by its whole header, kept so that nothing is read or decided twice. */
export class Admitted {
  readonly address: string;
  readonly header: HeaderFields;
  /** The rules of that moment. */
  readonly policy: PolicyOptions;

  constructor({ address, header, policy }: Pick<Admitted, "address" | "header" | "policy">) {
    this.address = address;
    this.header = header;
    this.policy = policy;
  }
}
