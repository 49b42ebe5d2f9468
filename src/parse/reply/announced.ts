/**
 * `My answers are below in red`: then what would be history holds the answers, and nothing in a plain text tells them apart.
 */
const ANNOUNCED =
  /\b(?:(?:answers?|comments?|repl(?:y|ies)|responses?|remarks|notes|thoughts|feedback|see|answered|replied|responded|commented)\b.{0,40}\b(?:in-?line|below in (?:red|blue|green|bold)|in (?:red|blue|green|bold|colou?r|caps)|interspersed|between the lines)\b|\b(?:my|our) (?:answers?|comments?|replies|responses) (?:are |follow )?below)|(?:antwort(?:en)?|anmerkung(?:en)?|kommentare?|siehe|geantwortet)\s.{0,40}(?:inline|in (?:rot|blau|grün|farbe)|(?:rot|blau|grün|farbig) (?:markiert|geschrieben)|im text|direkt im text|zwischen den zeilen)|(?:réponses?|commentaires?|répondu|remarques?)\s.{0,40}(?:en (?:rouge|bleu|vert|couleur|gras)|dans le texte|dans le corps|ci-dessous en)|(?:respuestas?|comentarios?|respondo|contesto)\s.{0,40}(?:en (?:rojo|azul|verde|color|negrita)|entre líneas|en el texto)|(?:rispost[ae]|commenti|rispondo)\s.{0,40}(?:in (?:rosso|blu|verde|grassetto)|nel testo)|(?:antwoord(?:en)?|opmerkingen|reactie|gereageerd)\s.{0,40}(?:in (?:het )?(?:rood|blauw|groen)|in de tekst|inline)|(?:respostas?|comentários?|respondi)\s.{0,40}(?:(?:a|em|in) (?:vermelho|azul|verde|negrito)|no texto|no corpo)|(?:odpowiedzi?|komentarze|uwagi)\s.{0,40}(?:na (?:czerwono|niebiesko|zielono)|w treści|w tekście)|(?:ответ\p{L}*|комментари\p{L}*)\s.{0,40}(?:красным|синим|зел[её]ным|в тексте|по тексту)|(?:відповід\p{L}*|коментар\p{L}*)\s.{0,40}(?:червоним|синім|в тексті|у тексті)|(?:odpověd\p{L}*|komentáře?)\s.{0,40}(?:červeně|modře|v textu)|(?:svar|kommentar(?:er)?)\s.{0,40}(?:(?:i|med) (?:rødt|rött|blåt|blått|blå|grøn)|inline|i teksten|i texten)|(?:vastaukse\p{L}*|kommentit)\s.{0,40}(?:punaisella|sinisellä|tekstissä)|(?:cevap\p{L}*|yanıt\p{L}*)\s.{0,40}(?:kırmızı|mavi)|(?:赤字|青字|インライン).{0,30}(?:回答|返信|記入|追記|お答え)|(?:红色|紅色|蓝色|藍色|红字|紅字|蓝字).{0,20}(?:回复|回覆|标注|標註|答复|答覆)|(?:빨간색|파란색|붉은색).{0,20}(?:답변|표시|작성)/iu;

/** Who only announces says little else. */
const MAX_CHARS = 500;

export function announcesInlineAnswers(words: string): boolean {
  return words.length <= MAX_CHARS && ANNOUNCED.test(words.replace(/\s+/g, " "));
}
