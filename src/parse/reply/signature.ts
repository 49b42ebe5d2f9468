import { isBlank, plainLine } from "./plain-line.ts";
import { isSentFrom } from "./sent-from.ts";

/** RFC 3676 section 4.3. */
const DELIMITER = "-- ";
/** Without its space it may be something else; then no more than this is taken for a signature. */
const MAX_LINES = 14;
const MAX_CHARS = 1_200;

/** A signature, a footer and a disclaimer may stand below one another. */
const MAX_ROUNDS = 6;

const MIN_DISCLAIMER_CHARS = 120;
const MAX_DISCLAIMER_CHARS = 6_000;
const MAX_DISCLAIMER_PARAGRAPHS = 5;
const SAYS_THIS_MAIL =
  /(?:this|the) (?:e-?mail|message|communication|transmission)|diese[rs]? (?:e-?mail|nachricht)|ce (?:message|courriel|mail|courrier)|este (?:correo|mensaje|e-?mail)|esta (?:mensagem|comunicaç)|(?:questa|presente|questo) (?:e-?mail|messaggio|comunicazione)|dit (?:e-?mail)?bericht|deze e-?mail|(?:niniejsza|ta) wiadomość|(?:настоящее|данное|это) (?:сообщение|письмо|электронное)|(?:tento e-?mail|tato zpráva)|(?:detta|dette|denne) (?:e-?post|e-?mail|mail|meddelande)|本(?:邮件|郵件|メール|电子邮件|電子メール)|이 (?:메일|이메일|전자우편)|bu e-?posta|tämä (?:viesti|sähköposti)/iu;
const SAYS_CONFIDENTIAL =
  /confidential|privileged|vertraulich|confidentiel|confidencial|riservat|vertrouwelijk|poufn|конфиденциальн|důvěrn|konfidentiell|fortrolig|機密|机密|保密|기밀|gizli|luottamuksel/i;
const SAYS_RECIPIENT =
  /recipient|addressee|addressed|empfänger|adressat|destinataire|destinatari|geadresseerde|ontvanger|adresat|получател|адресат|příjemc|mottagare|modtager|mottaker|受信者|宛先|收件人|수신|alıcı|vastaanottaja/iu;

/** What the paragraphs of one speak of. */
const SAYS_LEGAL = new RegExp(
  `${SAYS_THIS_MAIL.source}|${SAYS_CONFIDENTIAL.source}|${SAYS_RECIPIENT.source}|environment|umwelt|environnement|medio ambiente|printing|ausdrucken|imprimer|virus|liab|haftung|registered|registergericht`,
  "iu",
);

/**
 * Where the person's words end between two lines: below them stand a signature, `Sent from my iPhone`, a mailing list's
 * footer or a lawyers' text, and nothing else. A name or a greeting without any of these is part of the words.
 */
export function endOfWords(lines: readonly string[], from: number, to: number): number {
  let end = trimmedEnd(lines, from, to);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = end;
    end = trimmedEnd(lines, from, beforeDelimiter(lines, from, end));
    end = trimmedEnd(lines, from, beforeFooter(lines, from, end));
    end = trimmedEnd(lines, from, beforeSentFrom(lines, from, end));
    end = trimmedEnd(lines, from, beforeDisclaimer(lines, from, end));
    if (end === before) break;
  }
  return end;
}

export function trimmedEnd(lines: readonly string[], from: number, to: number): number {
  let end = to;
  while (end > from && isBlank(lines[end - 1] ?? "")) end--;
  return end;
}

function beforeDelimiter(lines: readonly string[], from: number, to: number): number {
  for (let index = from; index < to; index++) {
    const line = lines[index] ?? "";
    if (line === DELIMITER || line === "-- \u00a0" || line === "--\u00a0") return index;
  }
  let chars = 0;
  for (let index = to - 1; index >= from && to - index <= MAX_LINES; index--) {
    const line = lines[index] ?? "";
    chars += line.length;
    if (chars > MAX_CHARS) return to;
    if (line.length > 4 || !/^(?:--|—)$/.test(plainLine(line))) continue;
    const alone = index === from || isBlank(lines[index - 1] ?? "");
    const above = index === to - 1 || !isBlank(lines[index + 1] ?? "");
    return alone && above ? index : to;
  }
  return to;
}

/** Mailman: a row of underscores, the list's name, its address and its page. */
function beforeFooter(lines: readonly string[], from: number, to: number): number {
  for (let index = to - 1; index >= from && to - index <= 6; index--) {
    const line = lines[index] ?? "";
    if (!/^_{40,60}$/.test(line)) continue;
    return /mailing list|-- ?$/i.test(lines[index + 1] ?? "") ? index : to;
  }
  return to;
}

/** One line, or two when it was wrapped or its link stands below it. */
function beforeSentFrom(lines: readonly string[], from: number, to: number): number {
  if (to <= from) return to;
  const last = lines[to - 1] ?? "";
  if (last.length > 600) return to;
  if (isSentFrom(last)) return to - 1;
  const above = to - 2 >= from ? (lines[to - 2] ?? "") : "";
  if (above === "" || above.length > 600) return to;
  if (/^\s*<?https?:\/\/\S{1,500}$/.test(last) && isSentFrom(above)) return to - 2;
  return last.length < 60 && isBlank(lines[to - 3] ?? "") && isSentFrom(`${above} ${last}`) && !isBlank(above)
    ? to - 2
    : to;
}

/** Only the last paragraphs, only below others, and only when they say all that a disclaimer says. */
function beforeDisclaimer(lines: readonly string[], from: number, to: number): number {
  let text = "";
  let paragraph = "";
  let start = to;
  let paragraphs = 0;
  for (let index = to - 1; index >= from && text.length <= MAX_DISCLAIMER_CHARS; index--) {
    const line = lines[index] ?? "";
    text = `${line} ${text}`;
    paragraph = `${line} ${paragraph}`;
    if (!isBlank(line) || paragraph.trim() === "") continue;
    if (!SAYS_LEGAL.test(paragraph)) break;
    if (isDisclaimer(text)) start = index + 1;
    if (start < to || ++paragraphs >= MAX_DISCLAIMER_PARAGRAPHS) break;
    paragraph = "";
  }
  const above = trimmedEnd(lines, from, start);
  // What is introduced with a colon is shown.
  if (start === to || above === from || /[:：]$/.test(plainLine(lines[above - 1] ?? ""))) return to;
  const title = plainLine(lines[above - 1] ?? "");
  const isTitle =
    title.length < 40 &&
    (/^(?:confidentiality|disclaimer|legal|haftungsausschluss|vertraulich|aviso|avis)/i.test(title) ||
      /^[-_=*]{3,}$/.test(title));
  return isTitle ? above - 1 : start;
}

function isDisclaimer(text: string): boolean {
  return (
    text.length >= (/[\u3040-\u9fff\uac00-\ud7af]/.test(text) ? MIN_DISCLAIMER_CHARS / 3 : MIN_DISCLAIMER_CHARS) &&
    SAYS_CONFIDENTIAL.test(text) &&
    SAYS_THIS_MAIL.test(text) &&
    SAYS_RECIPIENT.test(text)
  );
}
