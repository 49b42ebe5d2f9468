import { homedir } from "node:os";
import { resolve, sep } from "node:path";
import { addressRule } from "../policy/allow-list.ts";
import { canonicalAddress } from "../policy/from-header.ts";
import type { AccountDraft } from "./account.ts";
import type { FindingRule } from "./finding-rules.ts";

/** Anybody can have an address there, so that the whole domain is no circle of people. */
const PUBLIC_PROVIDERS: ReadonlySet<string> = new Set([
  "126.com", "163.com", "aol.com", "duck.com", "fastmail.com", "free.fr", "freenet.de", "gmail.com", "gmx.at", "gmx.ch",
  "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hey.com", "hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.fr",
  "icloud.com", "laposte.net", "libero.it", "live.com", "mac.com", "mail.com", "mail.ru", "mailbox.org", "me.com", "msn.com",
  "naver.com", "orange.fr", "outlook.com", "outlook.de", "outlook.fr", "pm.me", "posteo.de", "proton.me", "protonmail.com",
  "qq.com", "rediffmail.com", "seznam.cz", "t-online.de", "tuta.com", "tutanota.com", "web.de", "wp.pl", "yahoo.co.jp",
  "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
]); // prettier-ignore

/** A person writes less than this; a loop does not. */
const SANE_PER_SENDER = 200;
const SANE_PER_ACCOUNT = 5_000;

/** Who is let in, what is answered, what may leave this machine. */
export const ACCESS_RULES: readonly FindingRule[] = [
  {
    id: "allow-from-public-domain",
    severity: "warning",
    path: "allowFrom",
    when: (account) => publicDomains(account).length > 0,
    message: (account) =>
      `allowFrom lets in everybody at ${publicDomains(account).join(", ")}, where anybody can have an address`,
    fix: "list the addresses themselves",
  },
  {
    id: "allow-from-too-wide",
    severity: "warning",
    path: "allowFrom",
    when: (account) => tooWide(account).length > 0,
    message: (account) => `allowFrom lets in a whole top-level domain (${tooWide(account).join(", ")})`,
    fix: "name the domains that are meant",
  },
  {
    id: "own-address-allowed",
    severity: "warning",
    path: "allowFrom",
    when: (account) => ownEntry(account) !== undefined,
    message: (account) =>
      `allowFrom has the bot's own address ${ownEntry(account)}; mail from it is refused all the same (own-message)`,
    fix: "take it out",
  },
  {
    id: "allowed-and-denied",
    severity: "warning",
    path: "denyFrom",
    when: ({ allowFrom, denyFrom }) => denyFrom.some((denied) => allowFrom.some((entry) => sameText(entry, denied))),
    message: "an entry is in allowFrom and in denyFrom; denyFrom wins",
    fix: "take it out of one of the two",
  },
  {
    id: "deny-shadows-allow",
    severity: "warning",
    path: "denyFrom",
    when: (account) => shadowed(account) !== undefined,
    message: (account) => {
      const { entry, denied } = shadowed(account) ?? {};
      return `"${denied}" of denyFrom takes away all that "${entry}" of allowFrom gives; denyFrom wins`;
    },
    fix: "take one of the two out, or make the one in denyFrom narrower",
  },
  {
    id: "sender-verification-off",
    severity: "warning",
    path: "senderVerification",
    when: ({ senderVerification }) => senderVerification === "off",
    message: "senderVerification is off: anybody can write an allowed address into From and is let in",
    fix: 'remove it ("auto" is the default), or set it to "require"',
  },
  {
    id: "require-without-authserv-id",
    severity: "info",
    path: "trustedAuthservIds",
    when: ({ senderVerification, trustedAuthservIds }) =>
      senderVerification === "require" && trustedAuthservIds.length === 0,
    message:
      "senderVerification is require and no server's Authentication-Results are believed: DKIM alone can prove a sender",
    fix: "name your own mail server's authserv-id, if it writes one",
  },
  {
    id: "automatic-mail-delivered",
    severity: "warning",
    path: "automaticMail",
    when: ({ automaticMail }) => automaticMail === "deliver",
    message: "automaticMail is deliver: the bot gets mail from robots, and an answer to a robot may start a loop",
    fix: "remove it, unless the bot knows which mails to leave without an answer",
  },
  {
    id: "limits-high",
    severity: "warning",
    path: "limits",
    when: ({ limits }) => limits.repliesPerSenderPerHour > SANE_PER_SENDER || limits.repliesPerHour > SANE_PER_ACCOUNT,
    message: ({ limits }) =>
      `limits allow ${limits.repliesPerSenderPerHour} answers an hour to one sender and ${limits.repliesPerHour} in all: they would not stop a loop`,
    fix: `at most ${SANE_PER_SENDER} to one sender and ${SANE_PER_ACCOUNT} in all are more than people need`,
  },
  {
    id: "limits-sender-above-all",
    severity: "info",
    path: "limits.repliesPerSenderPerHour",
    when: ({ limits }) => limits.repliesPerSenderPerHour > limits.repliesPerHour,
    message: "one sender may have more answers than the account as a whole: one of them can silence the bot for all",
    fix: "lower repliesPerSenderPerHour below repliesPerHour",
  },
  {
    id: "attach-from-too-wide",
    severity: "warning",
    path: "attachFrom",
    when: (account) => wideFolder(account) !== undefined,
    message: (account) =>
      `attachFrom has ${wideFolder(account)}: whoever can talk the bot into it gets any file of this user by mail`,
    fix: "name a folder that holds nothing but what may be sent",
  },
];

function publicDomains({ allowFrom }: AccountDraft): string[] {
  return allowFrom.filter((entry) =>
    PUBLIC_PROVIDERS.has((/^\*?@(?:\*\.)?(.+)$/.exec(entry)?.[1] ?? "").toLowerCase()),
  );
}

function tooWide({ allowFrom }: AccountDraft): string[] {
  return allowFrom.filter((entry) => /^\*?@(?:\*\.)?[^.]+$/.test(entry) && !/^\*?@localhost$/i.test(entry));
}

function ownEntry({ allowFrom, fromAddress, aliases }: AccountDraft): string | undefined {
  const own = [...(fromAddress === undefined ? [] : [fromAddress]), ...aliases];
  return allowFrom.find((entry) => own.some((address) => sameText(entry, address)));
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** An address that an entry lets in and that stands for all of them: no rule names its parts. */
function sampleOf(entry: string): string {
  const sample = entry.replace(/^\*?@/, "nobody-in-particular@").replace("@*.", "@nowhere-in-particular.");
  return canonicalAddress(sample) ?? sample;
}

function shadowed({ allowFrom, denyFrom }: AccountDraft): { entry: string; denied: string } | undefined {
  for (const denied of denyFrom) {
    const rule = addressRule(denied);
    const entry = allowFrom.find((each) => !sameText(each, denied) && rule?.matches(sampleOf(each)));
    if (entry !== undefined) return { entry, denied };
  }
  return undefined;
}

/** The root, the home folder, and what holds it. */
function wideFolder({ attachFrom }: AccountDraft): string | undefined {
  const home = resolve(homedir());
  return attachFrom?.find((folder) => {
    const path = resolve(folder);
    return home === path || home.startsWith(path.endsWith(sep) ? path : `${path}${sep}`);
  });
}
