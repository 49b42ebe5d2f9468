/** What `mailport/testing` offers: a mail server for the tests of bots. */
export type { DraftFile, MailDraft } from "./compose-mail.ts";
export {
  type KeptMail,
  type SentMail,
  startMailServer,
  type TestAccountConfig,
  type TestMailServer,
  type TestMailServerOptions,
  type WaitForMailOptions,
} from "./mail-server.ts";
export { type MailFile, type ReadableMail, readMail } from "./read-mail.ts";
export { type Credentials, selfSignedCertificate } from "./self-signed.ts";
export { MissingPackageError } from "./smtp-receiver.ts";
