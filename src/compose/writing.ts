import type { Locale } from "../domain/locale.ts";

export type Direction = "ltr" | "rtl";

export interface Writing {
  /** BCP 47. */
  readonly language: string;
  readonly direction: Direction;
}

/** Enough to tell a script; a mail that changes it later says so block by block. */
const LOOKED_AT_CHARS = 4_000;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const LETTER = /\p{L}/u;
const ASCII = /^[\u0000-\u007f]*$/;

interface Script {
  readonly letters: RegExp;
  readonly language: string;
  readonly direction: Direction;
  /** Locales that are written in it too. */
  readonly locales: readonly Locale[];
  /** Letters that only another language has, and that one. */
  readonly unless: readonly [RegExp, string] | undefined;
}

function script(letters: RegExp, language: string, about: Partial<Script> = {}): Script {
  return { letters, language, direction: "ltr", locales: [], unless: undefined, ...about };
}

const SCRIPTS: readonly Script[] = [
  script(/[\p{sc=Hiragana}\p{sc=Katakana}]/gu, "ja"),
  script(/\p{sc=Hangul}/gu, "ko"),
  script(/\p{sc=Han}/gu, "zh", { locales: ["ja"] }),
  script(/\p{sc=Cyrillic}/gu, "ru", { locales: ["uk"], unless: [/[іїєґ]/i, "uk"] }),
  script(/\p{sc=Arabic}/gu, "ar", { direction: "rtl", unless: [/[پچژگ]/, "fa"] }),
  script(/\p{sc=Hebrew}/gu, "he", { direction: "rtl" }),
  script(/\p{sc=Greek}/gu, "el"),
  script(/\p{sc=Thai}/gu, "th"),
  script(/\p{sc=Devanagari}/gu, "hi"),
];

/** A third of the letters: names, code and addresses are Latin in every language. Kana are rarer than the Han between them. */
const TELLING_SHARE = 1 / 3;
const TELLING_KANA_SHARE = 1 / 10;

/** The language for screen readers and hyphenation: what the script tells, otherwise the account's. */
export function writingOf(text: string, locale: Locale): Writing {
  const start = text.slice(0, LOOKED_AT_CHARS);
  if (ASCII.test(start)) return { language: locale, direction: "ltr" };
  const letters = start.match(/\p{L}/gu)?.length ?? 0;
  for (const { letters: own, language, direction, locales, unless } of SCRIPTS) {
    const share = language === "ja" ? TELLING_KANA_SHARE : TELLING_SHARE;
    if ((start.match(own)?.length ?? 0) <= letters * share) continue;
    if (locales.includes(locale)) return { language: locale, direction };
    return { language: unless?.[0].test(start) ? unless[1] : language, direction };
  }
  return { language: locale, direction: "ltr" };
}

export function hasRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

/** The direction of the first letter (Unicode Standard Annex 9, rules P2 and P3); undefined where there is none. */
export function firstDirection(text: string): Direction | undefined {
  const letter = LETTER.exec(text)?.[0];
  return letter === undefined ? undefined : RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr";
}
