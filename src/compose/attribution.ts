import type { Locale } from "../domain/locale.ts";

/** The line above a quoted mail, as the mail programs of that language write it: {date}, {time} and {name}. */
const LINE: Readonly<Record<Locale, string>> = {
  en: "On {date} at {time}, {name} wrote:",
  de: "Am {date} um {time} schrieb {name}:",
  fr: "Le {date} à {time}, {name} a écrit :",
  es: "El {date} a las {time}, {name} escribió:",
  it: "Il {date} alle {time}, {name} ha scritto:",
  nl: "Op {date} om {time} schreef {name}:",
  pt: "Em {date} às {time}, {name} escreveu:",
  pl: "{date} o {time} {name} napisał(a):",
  ru: "{date} в {time}, {name} написал(а):",
  uk: "{date} о {time}, {name} пише:",
  cs: "{date} v {time} {name} napsal(a):",
  da: "Den {date} kl. {time} skrev {name}:",
  nb: "{date} kl. {time} skrev {name}:",
  sv: "Den {date} kl. {time} skrev {name}:",
  fi: "{name} kirjoitti {date} klo {time}:",
  tr: "{name}, {date} {time} tarihinde şunu yazdı:",
  ja: "{date} {time} {name}:",
  zh: "{name} 于{date} {time}写道：",
  ko: "{date} {time}, {name}님이 작성:",
};

/** Said where the text goes on, but what is quoted does not. */
export const CUT_MARK = "[…]";

const formats = new Map<Locale, Intl.DateTimeFormat>();

/** "On 5 January 2026 at 09:00 UTC, Ann <ann@example.org> wrote:". In UTC: where the reader is nobody knows. */
export function attributionLine(locale: Locale, date: Date, name: string): string {
  const values: Readonly<Record<string, string>> = {
    date: dateFormat(locale).format(date),
    time: `${date.toISOString().slice(11, 16)} UTC`,
    name,
  };
  // One pass: somebody who is called "{date}" stays just that.
  return LINE[locale].replace(/\{(\w+)\}/g, (placeholder, key: string) => values[key] ?? placeholder);
}

function dateFormat(locale: Locale): Intl.DateTimeFormat {
  const known = formats.get(locale);
  if (known) return known;
  // The English of most countries; the American order is the other way round.
  const format = new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, { dateStyle: "long", timeZone: "UTC" });
  formats.set(locale, format);
  return format;
}
