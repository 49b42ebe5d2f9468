const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Hours east of Greenwich; every other name is UTC with an unknown offset (RFC 5322 section 4.3). */
const ZONES: Readonly<Record<string, number>> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  CET: 1,
  CEST: 2,
  MSK: 3,
  JST: 9,
};

const DATE_TIME =
  /(?:^|[\s,])(\d{1,2})[\s-]{1,9}([a-z]{3})[a-z]{0,9}\.?[\s,-]{1,9}(\d{2,4})[\s,]{1,9}(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d{1,9})?\s{0,9}(.*)$/is;

/** An honest date has 31 characters and perhaps a comment. */
const MAX_DATE_CHARS = 200;

/** ISO 8601 of a Date header, read tolerantly (RFC 5322 sections 3.3 and 4.3); empty when it is no date. */
export function isoDate(value: string): string {
  const text = value.slice(0, MAX_DATE_CHARS).trim();
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) return toIso(Date.parse(text));
  const match = DATE_TIME.exec(text);
  if (!match) return "";
  const [, day = "", monthName = "", year = "", hour = "", minute = "", second = "0", zone = ""] = match;
  const month = MONTHS.indexOf(monthName.toLowerCase());
  const at = [Number(hour), Number(minute), Number(second)] as const;
  if (month < 0 || Number(day) < 1 || Number(day) > 31 || at[0] > 23 || at[1] > 59 || at[2] > 60) return "";
  return toIso(Date.UTC(fullYear(year), month, Number(day), ...at) - offsetMs(zone));
}

/** RFC 5322 section 4.3: two digits below 50 are this century, all other short years count from 1900. */
function fullYear(year: string): number {
  const value = Number(year);
  if (year.length === 2 && value < 50) return value + 2000;
  return year.length < 4 ? value + 1900 : value;
}

function offsetMs(zone: string): number {
  const numeric = /^(?:GMT|UTC?|Z)?\s?([+-])(\d{2}):?(\d{2})/i.exec(zone);
  if (numeric) {
    const [, sign, hours, minutes] = numeric;
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  }
  const [name = ""] = /^[a-z]+/i.exec(zone) ?? [];
  return (ZONES[name.toUpperCase()] ?? 0) * 3_600_000;
}

function toIso(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < MAX_DATE_MS ? new Date(ms).toISOString() : "";
}

/** Where the JavaScript calendar ends (ECMA-262 section 21.4.1.1). */
const MAX_DATE_MS = 8.64e15;
