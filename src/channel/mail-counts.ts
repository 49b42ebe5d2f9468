import type { ChannelStatus } from "../domain/channel.ts";
import type { CountMail } from "./gate.ts";

/** What became of mails, by stable reasons, since the start. */
export class MailCounts {
  readonly #counts: Pick<ChannelStatus["counts"], "accepted" | "refused" | "deferred"> = {
    accepted: {},
    refused: {},
    deferred: {},
  };

  readonly add: CountMail = (what, reason) => {
    this.#counts[what][reason] = (this.#counts[what][reason] ?? 0) + 1;
  };

  snapshot(): Pick<ChannelStatus["counts"], "accepted" | "refused" | "deferred"> {
    return structuredClone(this.#counts);
  }
}
