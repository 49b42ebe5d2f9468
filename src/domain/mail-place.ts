import type { EmailMetadata } from "./message.ts";
import type { MailPlace } from "./store.ts";

type PlaceKeys = "email_account" | "email_folder" | "email_uid_validity" | "email_uid";

/** Whether metadata that a bot has kept says in full where the mail lies. */
export function namesPlace<M extends Partial<EmailMetadata>>(
  metadata: M | undefined,
): metadata is M & Pick<EmailMetadata, PlaceKeys> {
  if (metadata === undefined) return false;
  const { email_account, email_folder, email_uid_validity, email_uid } = metadata;
  return [email_account, email_folder, email_uid_validity, email_uid].every((value) => value !== undefined);
}

export function placeOf({
  email_folder,
  email_uid_validity,
  email_uid,
}: Pick<EmailMetadata, Exclude<PlaceKeys, "email_account">>): MailPlace {
  return { folder: email_folder, uidValidity: email_uid_validity, uid: email_uid };
}
