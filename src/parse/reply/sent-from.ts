/** `Sent from my iPhone` and what other programs and languages write in its place. */

const APPS =
  "iphon\\p{L}*|ipad\\p{L}*|ipod|i-phone|ios|android|galaxy|samsung|huawei|honor|xiaomi|redmi|oneplus|pixel|oppo|vivo|nokia|motorola|sony|xperia|blackberry|windows|outlook|yahoo|gmail|google|proton|protonmail|k-9|k9|fairemail|mail\\.ru|майл|почт\\p{L}*|yandex|яндекс\\p{L}*|qq|foxmail|163|126|网易\\p{L}*|邮箱\\p{L}*|spark|superhuman|front|missive|thunderbird|mailspring|bluemail|aquamail|nine|zoho|mymail|hey|airmail|canary|edison|fastmail|tuta|tutanota|web\\.de|gmx|t-online|freenet|aol|orange|free|laposte|libero|icloud|apple|mail|posteo|mailbox\\.org|hcl|notes|verse|hushmail|typeapp|boxer|newton|polymail|shortwave|roundcube|rainloop|sogo|horde|evolution|kmail|claws|mailbird|postbox|emclient|huawei|phone|smartphone|mobile|mobil|mobilen|mobiltelefon\\p{L}*|handy|telefon\\p{L}*|tablet|tablette|téléphone|móvil|movil|celular|teléfono|telefono|cellulare|telemóvel|telefoon|mobiel|komórk\\p{L}*|telefonu|телефон\\p{L}*|смартфон\\p{L}*|мобильн\\p{L}*|мобільн\\p{L}*|puhelime\\p{L}*|cep|手机|手機|휴대폰|スマートフォン|携帯|device|gerät";
const APP = new RegExp(`(?:^|[^\\p{L}\\p{N}])(?:${APPS})|iphon|ipad|android|outlook|手机|手機|邮箱|郵箱`, "iu");

/** Verbs that such a line begins with. */
const BEGINS =
  /^[\s*_<([\-–—]*(?:sent (?:from|with|via|using|by|through)|sent securely (?:from|with)|composed on|written on|typed on|dictated|get (?:outlook|bluemail|typeapp)|gesendet (?:von|mit|aus|via|über)|diese nachricht wurde (?:von|mit|aus)|von (?:meinem|meiner|unterwegs|mein)|mit (?:meinem|der) .{0,40}gesendet|verfasst (?:mit|auf|von)|outlook für|laden sie outlook|holen sie sich outlook|envoy[ée]e? (?:de|depuis|à partir|avec|via|par)|télécharge[rz]? outlook|obtenir outlook|obtene[rz]? outlook|enviado (?:desde|con|do|de|da|a partir|pelo|através|via|por|mediante)|enviada (?:desde|do|de|a partir)|obtén outlook|obter o outlook|obtenha o outlook|baixe o outlook|inviato (?:da|dal|dall|con|tramite|mediante)|inviata (?:da|dal)|scarica outlook|ottieni outlook|verstuurd (?:vanaf|met|via|vanuit)|verzonden (?:vanaf|met|via|vanuit)|outlook voor|download outlook|outlook downloaden|wysłan[eoy] (?:z|ze|za|przy)|pobierz |uzyskaj |отправлено (?:с|из|со|через|от)|скачать outlook|отримайте outlook|надіслано (?:з|із|через|від)|відправлено (?:з|із)|завантажити outlook|odesláno (?:z|ze|pomocí|přes)|odesláno|stáhnout outlook|získat outlook|odoslané z|skicka(?:t|des) (?:från|med|via)|hämta outlook|sendt (?:fra|med|via|gennem)|hent outlook|få outlook|lähetetty |hanki outlook|lataa outlook|saadetud |küldve |elküldve |trimis (?:de pe|din|de la|cu|prin)|obțineți outlook|descărcați outlook|στάλθηκε (?:από|με)|εστάλη (?:από|με)|αποστολή από|λήψη του outlook|ottenere outlook|发自(?:我的)?|發自(?:我的)?|来自(?:我的)?|從我的|从我的|傳送自|寄件自|获取 ?outlook|取得 ?outlook|下载 ?outlook|나의 |내 |iphoneから|ipadから|androidから|スマートフォンから|أُرسلت من|أرسلت من|مرسل من|تم الإرسال من|מכשיר|נשלח מ|נשלח מתוך|poslano (?:z|s|iz)|outlook(?: для| for| til| pro| pour| para| per) |yahoo mail)/iu;

/** Verbs that such a line ends with, in languages that put them there. */
const ENDS =
  /(?:gesendet|verschickt|verfasst|geschrieben|herunterladen|beziehen|abrufen|から送信|から送信されました|を入手|をダウンロード|에서 보냄|에서 전송|다운로드|gönderildi|gönderilmiştir|edinin|indirin|alın|küldve|elküldve|küldött(?:e|em)|saadetud|lähetetty|发送|發送|傳送|寄出)[\s.!*_>)\]]*$/iu;

const MAX_CHARS = 120;
const MAX_WORDS = 16;
/** With a link. */
const MAX_LINE_CHARS = 700;

/** `line` without links. Only a whole line says such a thing: a sentence that merely begins like one goes on. */
export function isSentFrom(line: string): boolean {
  if (line.length < 6 || line.length > MAX_LINE_CHARS) return false;
  const bare = line
    .replace(/[<([]?\s?https?:\/\/[^\s>)\]]{0,500}[>)\]]?/g, "")
    .replace(/[\u00a0\u202f]/g, " ")
    .replace(/[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "")
    .trim();
  if (bare.length < 6 || bare.length > MAX_CHARS || !APP.test(line)) return false;
  if (
    bare.split(/\s+/).length > MAX_WORDS ||
    /[?:;]$|[.!?]\s+\p{Lu}\p{Ll}+\s+\p{Ll}+\s+\p{Ll}+\s+\p{Ll}+\s+\p{Ll}+/u.test(bare)
  )
    return false;
  return (BEGINS.test(bare) && !CONTINUES.test(bare)) || ENDS.test(bare);
}

/** `Sent from my phone was not what I meant`, `Get Outlook to work`. */
const CONTINUES =
  /\s(?:was|is|were|are|isn't|wasn't|does|doesn't|did|didn't|will|won't|can|cannot|can't|crash\w*|fail\w*|not|to work|working|ist|war|wird|kann|geht|est|était|es|era|è)(?=\s|$)/iu;
