/** What mail programs write around a quotation, in the languages in which they are used. All in lower case. */

/** `wrote`; in scripts without spaces the verb stands at the end of the name. */
const WROTE_WORDS =
  "wrote|writes|quoting|zitat von|citando|citaat van|cytowanie|écrit|ecrit|schrieb|geschrieben|escribió|escribio|escribe|scritto|scrive|schreef|geschreven|escreveu|napisał|napisała|napisał\\(a\\)|pisze|написал|написала|написал\\(а\\)|писал|писала|писали|пишет|пишете|пише|написав|написала|написав\\(-ла\\)|писав|napsal|napsala|napsal\\(a\\)|píše|napísal|napísala|skrev|skriver|kirjoitti|kirjoittaa|yazdı|yazmış|írta|irta|scris|έγραψε|έγραψαν|kirjutas|rakstīja|rašė|napisao|napisala|viết|menulis|كتب|كتبت|كتابة|כתב|כתבה|כתב/ה|מאת|בנושא";
const WROTE_ENDINGS = "のメール|書きました|書いた|写道|寫道|写到|写于|作成|작성|작성했습니다|썼습니다|님이 쓴 글|เขียน";
export const WROTE: RegExp = new RegExp(
  `(?:^|[^\\p{L}\\p{N}])(?:${WROTE_WORDS})(?![\\p{L}\\p{N}])|${WROTE_ENDINGS}`,
  "iu",
);

/** How an attribution begins: `On`, `Am`, a weekday, a dash, or a number. */
export const OPENER: RegExp =
  /^(?:[-–—*\s]*)(?:(?:on|at|am|le|el|il giorno|il|op|em|no dia|na|a|w dniu|dnia|dne|dňa|den|pe|în data|la|στις|kuupäev|kirjutas|på|i|в|у|на|ngày|pada|vào|بتاريخ|في|في يوم|בתאריך|ב-|ביום|mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|mo|di|mi|do|fr|sa|so|pon|wt|śr|czw|pt|sob|niedz|po|út|st|čt|pá|so|ne|пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|понеділок|вівторок|середа|четвер|п.ятниця|субота|неділя|ma|ti|ke|to|pe|la|su|man|tir|ons|tor|tirs|tors|fre|lør|søn|h|k|sze|cs|p|szo|v)(?=[\s.,\d])|在|于|於|\d)/iu;

/** Words in `----- … -----`, for a mail that was answered. */
export const ORIGINAL: RegExp =
  /original|ursprüng|ursprung|d['’]origine|oorspronkelijk|oryginaln|pierwotn|исходн|оригинал|původní|pôvodn|oprindelig|opprinnelig|alkuperäi|orijinal|özgün|eredeti|αρχικ|algne|algkiri|元のメッセージ|元のメール|原始|原邮件|原郵件|原件|원본|원래|מקורי|الأصلي|replied|回复|回覆|答复/iu;

/** Words in `----- … -----` and `Begin …:`, for a mail that was passed on. */
export const FORWARDED: RegExp =
  /forward|weitergeleitet|transf[eé]r[eé]|réexpédi|reenviad|encaminhad|inoltrat|doorgestuurd|przekazan|przekazywan|przesłan|пересыл|пересла|перенаправ|переадрес|přeposlan|preposlan|videresend|vidarebefordr|vidaresend|välitetty|edelleen|letilen|yönlendiril|továbbít|redirecțion|transmis|προωθημέν|προώθηση|edastat|転送|转发|轉寄|轉發|전달|הועבר|מועבר|معاد توجيه|المُعاد|محول|إعادة توجيه/iu;

const labels = (text: string): string[] => text.split("|");

export type HeaderKind = "from" | "date" | "to" | "cc" | "subject" | "other" | "raw";

const LABELS: Readonly<Record<HeaderKind, readonly string[]>> = {
  from: labels(
    "from|von|absender|de|expéditeur|remitente|da|mittente|van|afzender|remetente|od|nadawca|от|от кого|отправитель|від|від кого|відправник|odesílatel|odosielateľ|fra|afsender|avsender|från|avsändare|lähettäjä|kimden|gönderen|feladó|de la|expeditor|από|αποστολέας|saatja|kellelt|差出人|送信者|发件人|發件人|寄件者|寄件人|보낸 사람|보낸사람|보낸 이|발신|من|מאת|no|nuo|từ|dari|จาก",
  ),
  date: labels(
    "sent|date|sent at|date sent|gesendet|gesendet am|datum|envoyé|envoyé le|enviado|enviado el|enviado em|enviada em|enviada|enviado a|fecha|data|data/ora|inviato|inviato il|verzonden|verzonden op|wysłano|wysłane|wysłany|отправлено|отправлен|дата|дата отправки|надіслано|відправлено|odesláno|odoslané|dátum|poslano|sendt|dato|skickat|skickades|lähetetty|päivämäärä|päiväys|pvm|gönderildi|gönderme tarihi|gönderilme tarihi|gönderim|tarih|elküldve|küldve|trimis|dată|ημερομηνία|στάλθηκε|εστάλη|saadetud|kuupäev|送信日時|送信日|日付|日時|发送时间|发送日期|时间|日期|寄件日期|傳送時間|發送時間|時間|보낸 날짜|보낸날짜|날짜|전송 시간|보낸 시간|التاريخ|تاريخ|تم الإرسال|أرسلت|أُرسلت|נשלח|תאריך|ngày|tanggal",
  ),
  to: labels(
    "to|an|empfänger|à|a|para|destinataire|destinatario|aan|ontvanger|do|adresat|кому|получатель|komu|pro|til|modtager|mottaker|till|mottagare|vastaanottaja|kime|alıcı|címzett|către|catre|προς|παραλήπτης|kellele|saaja|宛先|收件人|收件者|받는 사람|받는사람|받는 이|수신|إلى|אל|kam|kepada|đến",
  ),
  cc: labels(
    "cc|c/c|kopie|copie|copie à|copia|cópia|копия|копія|kopia|kopi|kopio|dw|dw.|do wiadomości|másolat|másolatot kap|κοιν.|κοιν|κοινοποίηση|koopia|抄送|副本|抄送人|cc:|참조|نسخة|עותק|bilgi|tembusan|ｃｃ",
  ),
  subject: labels(
    "subject|betreff|objet|asunto|oggetto|onderwerp|assunto|temat|тема|předmět|predmet|emne|ämne|aihe|konu|tárgy|subiect|θέμα|teema|件名|主题|主旨|主題|标题|標題|제목|الموضوع|נושא|tēma|tema|chủ đề|subjek|หัวข้อ",
  ),
  other: labels(
    "reply-to|reply to|antwort an|antworten an|répondre à|responder a|rispondi a|antwoord aan|svar til|svara till|responder para|bcc|bcc:|blindkopie|importance|priority|wichtigkeit|priorität|prioridad|priorità|prioriteit|attachments|attachment|anlagen|anhänge|anhang|pièces jointes|adjuntos|datos adjuntos|allegati|bijlagen|anexos|załączniki|вложения|ответить|reply-to:|organization|cc list|返信先|添付|添付ファイル|附件|첨부|list-id|mailing list",
  ),
  raw: labels(
    "message-id|received|mime-version|content-type|content-transfer-encoding|return-path|delivered-to|dkim-signature|authentication-results|x-mailer|x-originating-ip|in-reply-to|references|user-agent",
  ),
};

export const HEADER_LABELS: ReadonlyMap<string, HeaderKind> = new Map(
  (Object.keys(LABELS) as HeaderKind[]).flatMap((kind) => LABELS[kind].map((label) => [label, kind] as const)),
);
