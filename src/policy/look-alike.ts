import { domainToUnicode } from "node:url";

/** Scripts that people write together (Unicode Technical Standard 39, "highly restrictive"): these, with Latin beside them. */
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u;
const SCRIPTS = [
  "Latin", "Cyrillic", "Greek", "Armenian", "Hebrew", "Arabic", "Georgian", "Coptic", "Cherokee", "Devanagari", "Bengali",
  "Gurmukhi", "Gujarati", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Thai", "Lao", "Tibetan", "Myanmar",
  "Ethiopic", "Khmer", "Mongolian", "Thaana", "Syriac", "Oriya",
].map((name) => ({ name, letters: new RegExp(`\\p{Script=${name}}`, "u") })); // prettier-ignore

/**
 * Whether an address mixes letters of several scripts in one word, or has letters that only look different from others
 * (full width, mathematical): made to be taken for another.
 */
export function looksLikeAnother(address: string): boolean {
  if (!/[^\u0000-\u007f]|xn--/.test(address)) return false;
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  if (local.normalize("NFKC") !== local) return true;
  const labels = domainToUnicode(address.slice(at + 1)).split(".");
  return [...local.split(/[^\p{L}\p{M}]+/u), ...labels].some(mixesScripts);
}

function mixesScripts(word: string): boolean {
  const scripts = new Set<string>();
  for (const letter of word.match(/\p{L}/gu) ?? []) scripts.add(scriptOf(letter));
  if (scripts.has("East Asian")) scripts.delete("Latin");
  scripts.delete("Common");
  return scripts.size > 1;
}

function scriptOf(letter: string): string {
  if (EAST_ASIAN.test(letter)) return "East Asian";
  if (/[\p{Script=Common}\p{Script=Inherited}]/u.test(letter)) return "Common";
  return SCRIPTS.find(({ letters }) => letters.test(letter))?.name ?? "another";
}
