/** Languages of the fixed texts (BCP 47). */
export const LOCALES = [
  "en",
  "de",
  "fr",
  "es",
  "it",
  "nl",
  "pt",
  "pl",
  "ru",
  "uk",
  "cs",
  "da",
  "nb",
  "sv",
  "fi",
  "tr",
  "ja",
  "zh",
  "ko",
] as const;

export type Locale = (typeof LOCALES)[number];
