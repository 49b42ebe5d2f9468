/** What mail servers call themselves when they report (RFC 3834 section 2; Exchange's own, with its fixed number). */
const DAEMONS = /^(?:mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|microsoftexchange[0-9a-f]{32}|mdaemon)$/;
const LISTS = /^owner-|-request$|-bounces?(?:$|[-+=])|^bounces?(?:$|[-+=])|^(?:listserv|majordomo|mailman)$/;
const NOBODY = /(?:^|[-_.+])(?:no|do[-_.]?not|dont)[-_.]?reply(?:$|[-_.+])/;
const RESPONDERS = /^(?:auto[-_.]?(?:reply|respond|responder|response|confirm|notify|mailer))(?:$|[-_.+])/;

/** RFC 5321 section 4.5.3.1.1 allows 64; more is no mailbox, and not to be searched. */
const MAX_CHARS = 200;

function localPart(address: string): string {
  const at = address.lastIndexOf("@");
  return (at < 0 ? address : address.slice(0, at)).slice(0, MAX_CHARS).toLowerCase();
}

/** A mail server that tells of other mails. */
export function isDaemon(address: string): boolean {
  return DAEMONS.test(localPart(address));
}

/** The mailbox of a list, where nobody reads what is answered. */
export function isListMailbox(address: string): boolean {
  return LISTS.test(localPart(address));
}

/** Nobody is behind this address. */
export function isRobot(address: string): boolean {
  const local = localPart(address);
  return DAEMONS.test(local) || LISTS.test(local) || NOBODY.test(local) || RESPONDERS.test(local);
}
