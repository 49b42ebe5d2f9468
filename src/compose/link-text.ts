/** A host name, as people write one: alone, behind a scheme, or before a path. */
const SHOWN_PLACE =
  /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^\s/@]+@)?((?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,})\.?(?::\d+)?(?:[/?#]\S*)?$/iu;
/** What nobody sees must not make two names different, or alike. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * Whether a link's text names another place than the one it leads to, or hides it behind a user name: then the reader is
 * shown the real one too. A text that is no address promises nothing.
 */
export function showsAnotherPlace(text: string, href: string): boolean {
  const target = placeOf(href);
  if (target === undefined) return false;
  if (target.isDisguised) return true;
  const words = text.replace(INVISIBLE, "").trim().split(/\s+/).slice(0, MAX_WORDS);
  return words.some((word) => {
    const host = shownHost(word.replace(/^[<("'[]+|[>)"'\],;:!?]+$/g, ""));
    return host !== undefined && host !== target.host && `www.${host}` !== target.host;
  });
}

/** A link's text is a few words; what is longer is no address that somebody reads. */
const MAX_WORDS = 50;

function shownHost(word: string): string | undefined {
  const host = word.length > MAX_ADDRESS_CHARS ? undefined : SHOWN_PLACE.exec(word)?.[2];
  // "report.pdf" has the form of a host name; without a scheme only what looks like one of the net's is taken for it.
  if (host === undefined || (!word.includes("://") && !word.includes("@") && FILE_ENDING.test(host))) return undefined;
  return asciiHost(host);
}

const MAX_ADDRESS_CHARS = 2_000;
const FILE_ENDING =
  /\.(?:bmp|cc|cfg|cpp|css|csv|doc|docx|eml|gif|go|gz|htm|html|ico|ini|java|jpeg|jpg|js|json|log|md|mjs|odt|pdf|png|ppt|pptx|py|rb|rs|rtf|sh|sql|svg|tar|toml|ts|tsx|txt|webp|xls|xlsx|xml|yaml|yml|zip)$/i;

interface Place {
  readonly host: string;
  readonly isDisguised: boolean;
}

/** Undefined for what leads nowhere that has a host. */
function placeOf(href: string): Place | undefined {
  if (/^mailto:/i.test(href)) {
    const host = /@([^\s@?&]+)/.exec(href)?.[1];
    return host === undefined ? undefined : { host: asciiHost(host) ?? host, isDisguised: false };
  }
  if (!URL.canParse(href)) return undefined;
  const { hostname, username, password } = new URL(href);
  return hostname === "" ? undefined : { host: hostname.replace(/\.$/, ""), isDisguised: username + password !== "" };
}

function asciiHost(host: string): string | undefined {
  const url = `http://${host.toLowerCase()}/`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, "") : undefined;
}
