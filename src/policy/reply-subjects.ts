import { decodeWords } from "../domain/encoded-word.ts";

/**
 * How mail programs begin the subject of an answer that nobody wrote, by language: Outlook's and Exchange's own words
 * first, then those of other servers and providers. Lower case, NFC.
 */
const AUTOMATIC_REPLY: Readonly<Record<string, readonly string[]>> = {
  ar: ["رد تلقائي", "الرد التلقائي"],
  bg: ["автоматичен отговор"],
  ca: ["resposta automàtica"],
  cs: ["automatická odpověď", "odpověď v nepřítomnosti"],
  da: ["automatisk svar", "autosvar"],
  de: ["automatische antwort", "automatische rückantwort", "autoantwort", "abwesenheitsnotiz", "abwesenheitsmeldung",
    "abwesenheitsbenachrichtigung", "abwesenheitsassistent", "automatische abwesenheitsnotiz"],
  el: ["αυτόματη απάντηση"],
  en: ["automatic reply", "automatic response", "automated reply", "automated response", "auto reply", "auto-reply", "autoreply",
    "auto response", "auto-response", "autoresponse", "auto responder", "out of office autoreply", "out of office reply",
    "out-of-office reply", "out of office auto-reply", "out of office automatic reply", "vacation reply", "yahoo! auto response",
    "vacation autoreply", "vacation auto-reply", "vacation response"],
  es: ["respuesta automática", "respuesta automatica", "contestación automática"],
  et: ["automaatvastus"],
  eu: ["erantzun automatikoa"],
  fa: ["پاسخ خودکار"],
  fi: ["automaattinen vastaus", "poissaoloilmoitus"],
  fr: ["réponse automatique", "reponse automatique", "message d'absence", "réponse automatique d'absence", "notification d'absence"],
  he: ["תשובה אוטומטית", "מענה אוטומטי"],
  hi: ["स्वचालित उत्तर"],
  hr: ["automatski odgovor"],
  hu: ["automatikus válasz"],
  id: ["balasan otomatis"],
  is: ["sjálfvirkt svar"],
  it: ["risposta automatica"],
  ja: ["自動応答", "自動返信", "不在通知"],
  ko: ["자동 회신", "자동 응답", "자동회신", "부재중 자동 회신"],
  lt: ["automatinis atsakymas"],
  lv: ["automātiska atbilde", "automātiskā atbilde"],
  nb: ["automatisk svar", "fraværsmelding"],
  nl: ["automatisch antwoord", "automatisch bericht", "afwezigheidsbericht", "automatische beantwoording"],
  pl: ["automatyczna odpowiedź", "odpowiedź automatyczna", "autoodpowiedź"],
  pt: ["resposta automática", "resposta automatica"],
  ro: ["răspuns automat", "raspuns automat"],
  ru: ["автоматический ответ", "автоответ", "автоответчик"],
  sk: ["automatická odpoveď", "odpoveď v neprítomnosti"],
  sl: ["samodejni odgovor"],
  sr: ["automatski odgovor", "аутоматски одговор"],
  sv: ["autosvar", "automatiskt svar", "frånvaromeddelande"],
  th: ["การตอบกลับอัตโนมัติ", "ตอบกลับอัตโนมัติ"],
  tr: ["otomatik yanıt", "otomatik cevap"],
  uk: ["автоматична відповідь", "автовідповідь"],
  vi: ["trả lời tự động"],
  zh: ["自动答复", "自动回复", "自動回覆", "自動答覆", "外出自动回复"],
}; // prettier-ignore

/** What a person may write as well, to say when they are away: no sign without a second one. */
const ABSENT: readonly string[] = [
  "out of office", "out of the office", "out-of-office", "ooo", "on vacation", "on holiday", "vacation", "away from my mail",
  "abwesend", "abwesenheit", "nicht im büro", "urlaub", "absent", "absence", "absence du bureau", "absent du bureau", "en congé",
  "fuera de la oficina", "fuera de oficina", "ausencia", "fuori ufficio", "fuori sede", "assenza", "fora do escritório",
  "ausência temporária", "afwezig", "afwezigheid", "niet op kantoor", "frånvarande", "ikke til stede", "fraværende", "poissa",
  "nieobecność", "nieobecność w biurze", "mimo kancelář", "házon kívül", "в отпуске", "нет на работе", "вне офиса", "ofis dışında",
  "不在", "外出", "휴가", "εκτός γραφείου",
]; // prettier-ignore

const STRONG = new Set(Object.values(AUTOMATIC_REPLY).flat());
const WEAK = new Set(ABSENT);
const LONGEST = Math.max(...[...STRONG, ...WEAK].map((phrase) => phrase.length));

/** Lotus Notes and Domino: "AUTO: Ann Lee is out of the office (returning 01/12/2026)". */
const DOMINO = /^auto: .{1,100} (?:is out of the office|is out of office|ist außer haus|est absent)/;
const BRACKETED = /^[[(]([^\])]{4,40})[\])]/;
const ALREADY_ANSWERED = /^(?:re|fwd?|fw|aw|wg|sv|vs|tr|rv|antw|odp|ynt|回复|答复|转发)\s*[:：]/;

/**
 * What a subject says about its mail, and only what mail programs write at its very beginning: `automatic`; or what wants a
 * second sign, since people talk of automatic replies (`perhaps`) and of their own holidays (`absent`).
 */
export function replySubject(subject: string): "automatic" | "perhaps" | "absent" | undefined {
  const text = plainSubject(subject);
  const phrase = leadingPhrase(text, COLON);
  if (STRONG.has(phrase)) return text.length > phrase.length + 1 ? "automatic" : "perhaps";
  if (DOMINO.test(text) || STRONG.has(BRACKETED.exec(text)?.[1]?.trim() ?? "")) return "automatic";
  if (STRONG.has(leadingPhrase(text, OTHER_ENDS))) return "perhaps";
  return WEAK.has(phrase) ? "absent" : undefined;
}

/** A person has answered or forwarded it. */
export function isPassedOn(subject: string): boolean {
  return ALREADY_ANSWERED.test(plainSubject(subject));
}

/** Several rules ask for the same one, one after the other. */
let lastAsked = { subject: "", plain: "" };

/** Decoded, lower case, blanks made plain; what is longer says nothing more. `subject` has a character for each byte. */
export function plainSubject(subject: string): string {
  if (subject !== lastAsked.subject) lastAsked = { subject, plain: madePlain(subject) };
  return lastAsked.plain;
}

function madePlain(subject: string): string {
  const text = subject.slice(0, MAX_SUBJECT_CHARS);
  // As most are: nothing to decode.
  if (/^[!-_a-~]+(?: [!-_a-~]+)*$/.test(text) && !text.includes("=?")) return text.toLowerCase();
  const utf8 = Buffer.from(text, "latin1").toString("utf8");
  return decodeWords(utf8.includes("\ufffd") ? text : utf8)
    .normalize("NFC")
    .replace(/[\s\u00a0\u202f\ufeff\u200e\u200f]+/g, " ")
    .replace(/[’‘`´]/g, "'")
    .trim()
    .toLowerCase();
}

const MAX_SUBJECT_CHARS = 1_000;

const COLON = /[:：]/;
/** "Auto-Reply from Ann", "Automatic reply - Lunch". */
const OTHER_ENDS = / from | - | – | \(|$/;

/** Up to where it ends, or all of it; empty when that is longer than any phrase. */
function leadingPhrase(text: string, end: RegExp): string {
  const at = text.slice(0, LONGEST + 3).search(end);
  return (at < 0 ? text.slice(0, LONGEST + 3) : text.slice(0, at)).replace(/[.!]+$/, "").trim();
}
