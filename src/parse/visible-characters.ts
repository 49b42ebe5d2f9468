import type { RemovalReason, Removed } from "./removed.ts";

/** Whatever draws nothing, or only turns the direction of what stands around it (Unicode Standard Annex 44). */
const SUSPECT = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800\ufff9-\ufffb]/u;
const SUSPECTS = new RegExp(SUSPECT, "gu");

/** Spaces that are not the usual one, in runs longer than anybody uses to arrange something. */
const PADDING = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000](?:[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]{15,})/g;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Scripts whose letters join, or are kept apart, by what stands between them. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Tibetan}]/u;
/** Scripts without spaces: where a line may be broken is written down. */
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const EMOJI_BEFORE = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\u20e3]/u;
const PICTOGRAPH = /\p{Extended_Pictographic}/u;
const VARIED_BY_FE0 = /[\p{Script=Han}\p{Sm}\p{Script=Myanmar}\p{Script=Phags_Pa}\p{Emoji}]/u;

/** Flags of England, Scotland and Wales (Unicode Technical Standard 51, section 2.6.3): all that are in use. */
const FLAGS = ["gbeng", "gbsct", "gbwls"].map(
  (region) => `${region.replace(/./g, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0)))}\u{e007f}`,
);
const FLAG = "\u{1f3f4}";

/**
 * The text without characters that nobody sees. What scripts and emoji are written with stays: joiners between letters
 * that join and between pictographs, direction marks in texts from right to left, one variation selector where one is of use.
 */
export function visibleCharacters(text: string, removed: Removed): string {
  const shown = SUSPECT.test(text) ? withoutInvisible(text, removed) : text;
  if (!PADDING.test(shown)) return shown;
  return shown.replace(PADDING, (run) => {
    removed.add("padding", run.length - 1);
    return " ";
  });
}

function withoutInvisible(text: string, removed: Removed): string {
  const rightToLeft = RIGHT_TO_LEFT.test(text);
  let flagEnd = 0;
  return text.replace(SUSPECTS, (character: string, at: number) => {
    if (at < flagEnd) return character;
    const place = { text, at, next: at + character.length, rightToLeft };
    const flag = flagAt(place);
    if (flag !== undefined) {
      flagEnd = at + flag.length;
      return character;
    }
    if (isOfUse(character, place)) return character;
    // A mark of the encoding is no text, and so is nothing that is missing.
    if (!(character === "\ufeff" && at === 0)) removed.add(reasonOf(character.codePointAt(0) ?? 0), 1);
    return character === "\u2800" ? " " : "";
  });
}

interface Place {
  readonly text: string;
  readonly at: number;
  readonly next: number;
  readonly rightToLeft: boolean;
}

function flagAt({ text, at }: Place): string | undefined {
  return text.startsWith(FLAG, at - FLAG.length) ? FLAGS.find((flag) => text.startsWith(flag, at)) : undefined;
}

function isOfUse(character: string, place: Place): boolean {
  const before = characterBefore(place);
  const after = characterAt(place.text, place.next);
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x200d)
    return (EMOJI_BEFORE.test(before) && PICTOGRAPH.test(after)) || (JOINING.test(before) && !SUSPECT.test(after));
  if (code === 0x200c) return JOINING.test(before) && JOINING.test(after);
  if (code === 0x200b) return UNSPACED.test(before) && UNSPACED.test(after);
  if (code === 0x200e || code === 0x200f || code === 0x061c) return place.rightToLeft && !SUSPECT.test(before);
  if (code === 0x2800) return /[\u2801-\u28ff]/.test(before + after);
  if (code >= 0xfe00 && code <= 0xfe0f) return isVariation(code, before, after);
  if (code >= 0xe0100 && code <= 0xe01ef) return /\p{Script=Han}/u.test(before);
  if (code >= 0x180b && code <= 0x180f) return /\p{Script=Mongolian}/u.test(before) && !SUSPECT.test(before);
  // Jamo of old Korean, with a place left empty.
  if (code === 0x115f || code === 0x1160)
    return /[\u1100-\u11ff]/.test(`${before}${after}`.replace(/[\u115f\u1160]/g, ""));
  return (code === 0x17b4 || code === 0x17b5) && /\p{Script=Khmer}/u.test(before) && !SUSPECT.test(before);
}

function isVariation(code: number, before: string, after: string): boolean {
  // A digit is a pictograph only as the top of a key.
  if (/[0-9#*]/.test(before)) return code === 0xfe0f && after === "\u20e3";
  return VARIED_BY_FE0.test(before) && !SUSPECT.test(before);
}

function characterBefore({ text, at }: Place): string {
  const last = text.charCodeAt(at - 1);
  return at === 0 ? "" : text.slice(last >= 0xdc00 && last <= 0xdfff ? at - 2 : at - 1, at);
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

function reasonOf(code: number): RemovalReason {
  if (code === 0xad) return "soft-hyphen";
  if (code >= 0xe0000 && code <= 0xe007f) return "tag-character";
  if ((code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef)) return "variation-selector";
  if (
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x206f) ||
    code === 0x200e ||
    code === 0x200f ||
    code === 0x61c
  )
    return "bidi-control";
  const fillers = new Set([0x115f, 0x1160, 0x3164, 0xffa0, 0x2800, 0x17b4, 0x17b5]);
  return fillers.has(code) ? "invisible-filler" : "zero-width";
}
