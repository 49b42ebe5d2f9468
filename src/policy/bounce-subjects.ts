import { plainSubject } from "./reply-subjects.ts";

/** What mail servers write over a mail that they bring back; each stands at the very beginning. */
const BOUNCES: readonly RegExp[] = [
  /^undelivered mail returned to sender\b/,
  /^undeliverable(?: mail| message| e-?mail)?(?::|$)/,
  /^mail delivery (?:failed|failure|error)\b/,
  /^mail system error\b/,
  /^(?:notice|warning): (?:mail delivery status|delayed mail)\b/,
  /^(?:your )?(?:e?-?mail|message|mail) (?:could not be delivered|not delivered|undeliverable|is undeliverable|was not delivered|delivery problem)\b/,
  /^undelivered (?:mail|message)s?$/,
  /^message delivery (?:failed|failure|has failed)\b/,
  /^(?:delivery|non-delivery|nondelivery) (?:status )?(?:notification|report|failure|has failed)\b/,
  /^delivery (?:failed|failure|delayed|to the following recipients? failed)\b/,
  /^failure notice$/,
  /^failed mail\b|^failed delivery\b/,
  /^returned mail:/,
  /^returned (?:to sender|message)\b/,
  /^warning: (?:could not send message|message .{1,40} delayed|mail delivery)/,
  /^(?:unzustellbar|unzustellbare nachricht|nicht zustellbar|zustellung fehlgeschlagen|nachricht nicht zustellbar)\b/,
  /^(?:non remis|non délivrable|échec de la remise|échec de remise|non distribuable)\b/,
  /^(?:no se puede entregar|no entregado|error de entrega|mensaje no entregado)\b/,
  /^(?:non recapitabile|recapito non riuscito|mancato recapito)\b/,
  /^(?:não entregue|não é possível entregar|não foi possível entregar)(?=[\s:]|$)/,
  /^(?:onbestelbaar|kan niet worden bezorgd)\b/,
  /^(?:ikke levert|kan ikke leveres|går ikke att leverera|det går inte att leverera|olevererbart|toimittaminen ei onnistu)(?=[\s:]|$)/,
  /^(?:niedostarczone|nie można dostarczyć|nedoručitelné|nedoručiteľné|kézbesíthetetlen|nelivrabil)(?=[\s:]|$)/,
  /^(?:недоставлено|не удалось доставить|невозможно доставить|teslim edilemedi|δεν είναι δυνατή η παράδοση)(?=[\s:]|$)/,
  /^(?:配信不能|配信できません|メール配信|メッセージを配信できません|未配信|无法送达|無法傳遞|無法送達|배달되지 않음|배달할 수 없음)/,
];

export function isBounceSubject(subject: string): boolean {
  const text = plainSubject(subject);
  return BOUNCES.some((pattern) => pattern.test(text));
}

/** The server goes on trying. */
export function isDelaySubject(subject: string): boolean {
  return /^(?:warning: |.{0,40}\bdelay(?:ed)?\b|delivery status notification \(delay\))/.test(plainSubject(subject));
}

export function isReceiptSubject(subject: string): boolean {
  return /^(?:read|not read|gelesen|ungelesen|lu|non lu|leído|letto|gelezen|lido|läst|læst|lest|przeczytano|прочитано|既読|已读) ?[:：]/.test(
    plainSubject(subject),
  );
}

export function isRecallSubject(subject: string): boolean {
  return /^(?:recall|rückruf|rappel|message recall[\w ]*) ?:/.test(plainSubject(subject));
}

export function isChallengeSubject(subject: string): boolean {
  return /^(?:\[?please (?:confirm|verify) (?:your|that|this|you)|confirm(?:ation)? (?:your|required|request|of your)|verif(?:y|ication) (?:your|required|request|of your)|your (?:message|e-?mail) .{0,40}(?:confirm|verif|approval|held|waiting)|action required .{0,60}(?:deliver|verif|confirm)|.{0,80}\(verification (?:required|needed)\)$)/.test(
    plainSubject(subject),
  );
}
