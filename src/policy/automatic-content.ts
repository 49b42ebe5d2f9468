import { CALENDAR_ANSWERS, REPORT_TYPES } from "./automatic.ts";
import { isBounceSubject, isChallengeSubject, isReceiptSubject, isRecallSubject } from "./bounce-subjects.ts";
import { type HeaderFields, valuesOf } from "./header-fields.ts";
import { keywordOf, parameterOf } from "./header-token.ts";
import { isPassedOn, replySubject } from "./reply-subjects.ts";

/** One part, as a quick look shows it; the mail itself comes first. */
export interface ContentPart {
  readonly type: string;
  readonly contentType: string;
  readonly depth: number;
}

export interface MailContent {
  /** Looked for when somebody asks: most mails need none of it. */
  readonly parts: () => readonly ContentPart[];
  /** Whether this stands anywhere in the mail as it came. */
  readonly says: (pattern: RegExp) => boolean;
  /** Decoded text of the n-th part. */
  readonly textOf: (index: number) => string;
}

/** Robots say at once what they are; what stands further below may be quoted. */
const OPENING_CHARS = 1_500;

/**
 * Why nobody should answer this mail, where only its body shows it: a report or a calendar's answer inside of another part,
 * and what robots write that know no header for it. Asked only of mail in whose header `automaticSign` found nothing.
 */
export function automaticContent(header: HeaderFields, content: MailContent): string | undefined {
  const [subject = ""] = valuesOf(header, "subject");
  const type = keywordOf(valuesOf(header, "content-type")[0] ?? "");
  const hasStructure = type.startsWith("multipart/") || type === "text/calendar";
  return (hasStructure ? structureSign(content, isPassedOn(subject)) : undefined) ?? wordSign(subject, content);
}

/** What a report or a calendar's answer cannot do without. */
const MACHINE_PART = /(?:delivery-status|disposition-notification|feedback-report|multipart\/report|text\/calendar)/i;

function structureSign({ parts: partsOf, says, textOf }: MailContent, passedOn: boolean): string | undefined {
  if (!says(MACHINE_PART)) return undefined;
  const parts = partsOf();
  for (const [index, { type, contentType, depth }] of parts.entries()) {
    // A report that a person passes on comes as an attached mail, or behind what they write.
    if (REPORT_TYPES.has(type) && (!passedOn || parts.slice(1, index).every(isWrapping))) return "report-inside";
    if (type !== "text/calendar" || depth > 2) continue;
    const method =
      parameterOf(contentType, "method") ?? /^METHOD:\s*(\w+)\s*$/im.exec(textOf(index).slice(0, 4_000))?.[1];
    if (CALENDAR_ANSWERS.has(method?.toLowerCase() ?? "")) return "calendar-answer";
  }
  return undefined;
}

/** Nothing has been said yet: every part before is one that only holds others. */
function isWrapping({ type }: ContentPart): boolean {
  return type.startsWith("multipart/");
}

function wordSign(subject: string, { parts, textOf }: MailContent): string | undefined {
  const kind = kindOf(subject);
  if (kind === undefined) return undefined;
  const index = parts().findIndex(({ type }) => type === "text/plain" || type === "text/html");
  const opening = index < 0 ? "" : plain(textOf(index)).slice(0, OPENING_CHARS);
  return SIGNS[kind].some((pattern) => pattern.test(opening)) ? `${kind}-by-its-words` : undefined;
}

type Kind = keyof typeof SIGNS;

function kindOf(subject: string): Kind | undefined {
  if (isBounceSubject(subject)) return "bounce";
  if (isReceiptSubject(subject)) return "receipt";
  if (isRecallSubject(subject)) return "recall";
  if (isChallengeSubject(subject)) return "challenge";
  const said = replySubject(subject);
  return said === "absent" ? "absence" : said && "reply";
}

/** What must stand in the text as well, since a person may choose the same subject. Each is linear: no nested repeats. */
const SIGNS = {
  bounce: [
    /\b[45]\.\d{1,3}\.\d{1,3}\b|\b[45]\d\d[ -][#\w]|smtp; ?\d/,
    /(?:could not|cannot|couldn't|unable to) be delivered|(?:did not|didn't|does not) reach|not been delivered|delivery (?:has |to the following recipients? )?failed|wasn't able to deliver|unable to deliver|(?:user|mailbox|recipient) (?:is )?(?:unknown|full|unavailable|not found)|unknown user|no such user/,
    /konnte nicht zugestellt|nicht zugestellt werden|n'a pas pu être|n'a pas été remis|no se (?:pudo|ha podido) entregar|impossibile recapitare|non è stato possibile|não (?:foi|pôde) ser entregue|kon niet worden|kunne ikke leveres|kunde inte levereras|не удалось доставить|не был[оa]? доставлен|配信できません|无法送达|無法傳遞/,
  ],
  receipt: [
    /^(?:your (?:message|e-?mail)|ihre nachricht|votre message|el mensaje|il messaggio|uw bericht)\b.{0,800}\b(?:was (?:read|deleted)|gelesen|gelöscht|a été lu|se leyó|è stato letto)(?![a-z])/,
  ],
  recall: [/would like to recall the message|möchte die nachricht .{0,200}zurückrufen|souhaite rappeler le message/],
  challenge: [
    /(?:click|visit|follow|reply to this|go to).{0,300}(?:confirm|verif|deliver|approve|release|human|authenticat)/,
    /(?:prove|confirm|verify).{0,80}(?:human|real person|not a robot|not spam|legitimate sender)/,
  ],
  // A person tells a bot of holidays, too; but does not thank it for its mail.
  absence: [
    /auto(?:matic|mated|matically)?[ -]?(?:ally )?(?:generated|reply|response|responder)|thank(?:s| you) (?:very much )?for (?:your|the) (?:e-?mail|mail|message)|your (?:e-?mail|mail|message) (?:will|has|is|was)|i (?:will|shall) (?:respond|reply|answer|get back)|limited access to (?:my )?e-?mail/,
    /(?:ihre|deine) (?:nachricht|e-?mail|mail)|wird nicht weitergeleitet|votre (?:message|courriel|e-?mail|mail)|(?:su|tu) (?:mensaje|correo)|(?:suo|tuo) messaggio|sua mensagem|seu e-?mail|uw (?:bericht|e-?mail|mail)|(?:ditt|din) (?:meddelande|mejl|mail|besked|e-post)|viestisi|wiadomość|zpráv/,
    /ваше (?:письмо|сообщение)|メールありがとう|ご連絡|ご返信|您的(?:邮件|来信|郵件)|이메일을 (?:보내|확인)/,
  ],
  reply: [
    /auto(?:matic|mated|matically)?[ -]?(?:ally )?(?:generated|reply|response|message|responder)|do not (?:reply|respond)/,
    /(?:i am|i'm|i will be|we are|is currently) (?:currently |now )?(?:out of|away|on (?:vacation|holiday|leave|annual|parental|maternity))|out of (?:the )?office (?:until|from|and|with|on|through|today|this)|limited access to (?:my )?e-?mail|will (?:respond|reply|get back) .{0,60}(?:return|back)/,
    /nicht im (?:büro|hause)|außer haus|bin (?:bis|ab|vom|zur zeit|derzeit)|(?:abwesend|im urlaub)|wird nicht weitergeleitet/,
    /absente? (?:du|jusqu|à partir)|je suis (?:actuellement )?(?:absent|en congé)|je serai (?:absent|de retour)/,
    /(?:estoy|estaré) (?:fuera|ausente|de vacaciones)|sono (?:assente|fuori|in ferie)|sarò (?:assente|fuori)|estou (?:ausente|de férias|fora)|estarei (?:ausente|fora)/,
    /ben (?:ik )?(?:afwezig|niet aanwezig|met vakantie)|är (?:inte|på semester|frånvarande)|er (?:ikke|på ferie|fraværende)|olen (?:poissa|lomalla)/,
    /jestem (?:poza|nieobecn|na urlopie)|nejsem (?:v kanceláři|přítom)|nebudu|nie som|szabadságon|ofis(?:te|in) (?:değil|dışında)|izindeyim/,
    /в отпуске|отсутству|вернусь|у відпустці|λείπω|απουσιάζω|休暇|不在|外出|出差|休假|부재|휴가/,
  ],
} as const satisfies Record<string, readonly RegExp[]>;

/** Lower case, without markup, on one line. */
function plain(text: string): string {
  return text
    .slice(0, 40_000)
    .replace(/<style[^>]{0,200}>[^<]*<\/style>/gi, " ")
    .replace(/<[^<>]{0,2000}>/g, " ")
    .replace(/&nbsp;|[\s\u00a0]+/g, " ")
    .replace(/[’‘]|&#39;|&rsquo;/g, "'")
    .trim()
    .toLowerCase()
    .normalize("NFC");
}
