/** What mail servers call themselves when they report (RFC 3834 section 2; Exchange's own, with its fixed number). */
const DAEMONS =
  /^(?:mailer[-_.]?daemon|mail[-_.]?daemon|post[-_.]?master|mail[-_.]?delivery(?:[-_.]?(?:sub)?system)?|microsoftexchange[0-9a-f]{32}|mdaemon)$/;
const LISTS = /^owner-|-request$|-bounces?(?:$|[-+=])|^(?:listserv|majordomo|mailman)$/;
/** Of a From only: providers send people's own mail with such a return path. */
const BOUNCES = /^bounces?(?:$|[-+=])/;
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

/** Nobody reads what is sent to this address. */
export function isRobot(address: string): boolean {
  const local = localPart(address);
  return DAEMONS.test(local) || LISTS.test(local) || NOBODY.test(local) || RESPONDERS.test(local);
}

/** The same of an address in From. */
export function isRobotAuthor(address: string): boolean {
  return isRobot(address) || BOUNCES.test(localPart(address));
}

/** A From that begins with the name that mail servers give themselves. */
export function isDaemonName(from: string): boolean {
  return /^"?(?:internet )?(?:mail delivery (?:sub)?system|mailer[- ]daemon)"?(?: on [\w.-]{1,80})? *</i.test(from);
}
