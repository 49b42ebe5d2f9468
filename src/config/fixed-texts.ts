import type { Locale } from "../domain/locale.ts";
import type { TextsConfig } from "./account.ts";

/** What the bot reads in place of a text, and for each attachment. The English ones are part of the contract. */
const FIXED_TEXTS: Readonly<Record<Locale, TextsConfig>> = {
  en: { noText: "[No text content]", attachment: "[Attachment: {filename} ({type}, {size})] → {path}" },
  de: { noText: "[Keine Textinhalte]", attachment: "[Anhang: {filename} ({type})] → {path}" },
  fr: { noText: "[Aucun texte]", attachment: "[Pièce jointe : {filename} ({type}, {size})] → {path}" },
  es: { noText: "[Sin texto]", attachment: "[Adjunto: {filename} ({type}, {size})] → {path}" },
  it: { noText: "[Nessun testo]", attachment: "[Allegato: {filename} ({type}, {size})] → {path}" },
  nl: { noText: "[Geen tekst]", attachment: "[Bijlage: {filename} ({type}, {size})] → {path}" },
  pt: { noText: "[Sem texto]", attachment: "[Anexo: {filename} ({type}, {size})] → {path}" },
  pl: { noText: "[Brak tekstu]", attachment: "[Załącznik: {filename} ({type}, {size})] → {path}" },
  ru: { noText: "[Нет текста]", attachment: "[Вложение: {filename} ({type}, {size})] → {path}" },
  uk: { noText: "[Немає тексту]", attachment: "[Вкладення: {filename} ({type}, {size})] → {path}" },
  cs: { noText: "[Žádný text]", attachment: "[Příloha: {filename} ({type}, {size})] → {path}" },
  da: { noText: "[Ingen tekst]", attachment: "[Vedhæftet fil: {filename} ({type}, {size})] → {path}" },
  nb: { noText: "[Ingen tekst]", attachment: "[Vedlegg: {filename} ({type}, {size})] → {path}" },
  sv: { noText: "[Ingen text]", attachment: "[Bilaga: {filename} ({type}, {size})] → {path}" },
  fi: { noText: "[Ei tekstiä]", attachment: "[Liite: {filename} ({type}, {size})] → {path}" },
  tr: { noText: "[Metin yok]", attachment: "[Ek: {filename} ({type}, {size})] → {path}" },
  ja: { noText: "[本文なし]", attachment: "[添付ファイル: {filename} ({type}, {size})] → {path}" },
  zh: { noText: "[无文本内容]", attachment: "[附件: {filename} ({type}, {size})] → {path}" },
  ko: { noText: "[본문 없음]", attachment: "[첨부 파일: {filename} ({type}, {size})] → {path}" },
};

/** Texts of one's own come first. */
export function fixedTexts(
  locale: Locale,
  own: { readonly [K in keyof TextsConfig]?: TextsConfig[K] | undefined },
): TextsConfig {
  const { noText, attachment } = FIXED_TEXTS[locale];
  return { noText: own.noText ?? noText, attachment: own.attachment ?? attachment };
}
