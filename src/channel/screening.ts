import { messageIds } from "../domain/message-id.ts";
import { headerEnd } from "../domain/header-end.ts";
import type { ReturnedRecipient } from "../outbox/returned.ts";
import type { SentMails } from "../outbox/sent-mails.ts";
import { readDeliveryReport, readPlainReport, type ReportedRecipient } from "../parse/delivery-report.ts";
import { OUTLINE_BYTES, outlineOf, outlineText } from "../parse/outline.ts";
import type { MailContent } from "../policy/automatic-content.ts";
import { isDelaySubject } from "../policy/bounce-subjects.ts";
import { automaticMailSign, decideContent, type PolicyOptions, reportKind } from "../policy/decide.ts";
import { type Refused, refuse } from "../policy/decision.ts";
import { type HeaderFields, readHeaderFields, valuesOf } from "../policy/header-fields.ts";
import { hasOwnLoopTag } from "../policy/loop-tag.ts";
import type { Logger } from "../runtime/logger.ts";

export interface ScreeningOptions {
  /** Of the moment. */
  readonly policy: () => PolicyOptions;
  readonly sent: Pick<SentMails, "has" | "returned">;
  readonly secret: () => Promise<Uint8Array>;
  readonly logger: Logger;
}

/** More Message-IDs than one are a forgery or a fault; a few are looked up all the same. */
const MAX_LOOKUPS = 5;

/** The second look at a mail, with its body there: whether it is our own, a robot's, or a report about one of ours. */
export class Screening {
  readonly #options: ScreeningOptions;

  constructor(options: ScreeningOptions) {
    this.#options = options;
  }

  /** For mail that policy let in by its header. `mail` is the whole of it or its beginning. @throws StorageError */
  async judge(mail: Buffer, header: HeaderFields = headerOf(mail)): Promise<Refused | undefined> {
    const policy = this.#options.policy();
    // Never to the bot, also where automatic mail is delivered: what it says is in the outbox.
    if (reportKind(header) !== undefined && (await this.takeReport(mail)))
      return refuse("automatic", "delivery-report");
    return (await this.#ownSign(header)) ?? decideContent(header, contentOf(mail), policy);
  }

  /** Why the bot should not answer a mail that it gets all the same; where it gets none, nothing is looked for. */
  automaticSign(bytes: Uint8Array): string | undefined {
    if (this.#options.policy().automaticMail === "ignore") return undefined;
    const mail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return automaticMailSign(headerOf(mail), contentOf(mail), this.#options.policy());
  }

  /**
   * A report counts only when it quotes the Message-ID of a mail of ours, which nobody can guess who has not got that mail.
   * What a recipient can forge with it is that the own mail has not come. True: it was about one of ours. @throws StorageError
   */
  async takeReport(mail: Buffer): Promise<boolean> {
    const header = headerOf(mail);
    const subject = valuesOf(header, "subject")[0] ?? "";
    const plain = reportKind(header) === "by-name" ? readPlainReport(mail) : undefined;
    const report = readDeliveryReport(mail) ?? (isDelaySubject(subject) ? undefined : plain);
    if (!report) return false;
    const returned = report.recipients.filter(({ action }) => action === "failed").map(returnedRecipient);
    for (const id of report.messageIds) {
      if (returned.length === 0 ? await this.#isDelayed(id) : await this.#options.sent.returned(id, returned))
        return true;
    }
    return false;
  }

  async #isDelayed(messageId: string): Promise<boolean> {
    if (!(await this.#options.sent.has(messageId))) return false;
    this.#options.logger.log("info", "a report about a mail that was sent: nobody has refused it", { messageId });
    return true;
  }

  async #ownSign(header: HeaderFields): Promise<Refused | undefined> {
    const { sent, secret } = this.#options;
    if (hasOwnLoopTag(await secret(), header)) return refuse("own-message", "X-Mailport-Loop");
    const ids = valuesOf(header, "message-id").flatMap((value) => messageIds(value));
    for (const id of ids.slice(0, MAX_LOOKUPS)) if (await sent.has(id)) return refuse("own-message", "Message-ID");
    return undefined;
  }
}

function headerOf(mail: Buffer): HeaderFields {
  return readHeaderFields(mail.subarray(0, headerEnd(mail)));
}

function contentOf(mail: Buffer): MailContent {
  let outline: ReturnType<typeof outlineOf> | undefined;
  const parts = () => (outline ??= outlineOf(mail));
  return {
    parts,
    says: (pattern) => pattern.test(mail.toString("latin1", 0, OUTLINE_BYTES)),
    textOf: (index) => {
      const part = parts()[index];
      return part ? outlineText(part) : "";
    },
  };
}

function returnedRecipient({ addresses, status, diagnostic }: ReportedRecipient): ReturnedRecipient {
  const reason = diagnostic.includes(status) ? diagnostic : `${status} ${diagnostic}`.trim();
  return { addresses, reason: reason || "The mail came back as undeliverable; the report says no more." };
}
