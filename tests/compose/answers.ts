import { deflateSync } from "node:zlib";
import type { OutboundMessage } from "../../src/domain/message.ts";

export interface Answer {
  readonly name: string;
  readonly message: Partial<OutboundMessage> & { readonly text: string };
}

const LOREM =
  "The order left our warehouse this morning and should reach you on Thursday. If nobody is at home the driver leaves a card, and you can choose another day or a parcel shop near you.";

/** A picture of a small bar chart: 24 by 12 pixels would be too small to judge, so each bar is 40 wide. */
export const CHART: Buffer = png(480, 160, (x, y) => {
  const bar = Math.floor(x / 80);
  const isBar = x % 80 >= 20 && y >= 150 - ([40, 90, 60, 130, 110, 75][bar] ?? 0);
  return isBar ? [26, 115, 232] : [246, 248, 250];
});

/** Answers of every kind that a bot gives, for tests that hold all of them to the same. */
export const ANSWERS: readonly Answer[] = [
  { name: "one-line", message: { text: "Yes, Tuesday at three works." } },
  { name: "letter", message: { text: `Dear Ann,\n\n${LOREM}\n\n${LOREM} ${LOREM}\n\nKind regards\nThe Bot` } },
  {
    name: "headings",
    message: {
      text: `# Quarterly report\n\n${LOREM}\n\n## Sales\n\n${LOREM}\n\n### By region\n\nNorth leads.\n\n#### Detail\n\nSmall print.`,
    },
  },
  {
    name: "lists",
    message: {
      text: `What to bring:\n\n- passport\n- **tickets** (printed)\n  - outward\n  - return\n    1. seat reservation\n    2. bicycle\n- ${LOREM}\n\nThen:\n\n3. third\n4. fourth, and ${LOREM}\n\n1) loose one\n\n2) loose two`,
    },
  },
  {
    name: "tasks",
    message: { text: `- [x] book the room\n- [ ] invite Ben\n- [ ] ${LOREM}\n\n1. [ ] numbered\n2. not a task` },
  },
  {
    name: "table",
    message: {
      text: "| Item | Quantity | Price | Note |\n|:--|:-:|--:|---|\n| Keyboard | 2 | 49.90 € | in stock |\n| Monitor 27″ | 1 | 329.00 € | arrives **Friday** |\n| Cable | 10 | 4.50 € | see [the list](https://shop.example/cables) |",
    },
  },
  {
    name: "wide-table",
    message: {
      text: `| Region | January | February | March | April | May | June | July | August | Remark |\n|${"--|".repeat(10)}\n| Mecklenburg-Vorpommern | ${"12,345.67 | ".repeat(8)} ${LOREM} |\n| Schleswig-Holstein | ${"9,876.54 | ".repeat(8)} ok |`,
    },
  },
  {
    name: "code-js",
    message: {
      text: 'Run this:\n\n```js\n// Fetches the list, oldest first.\nexport async function list(page = 1) {\n  const answer = await fetch(`https://api.example/items?page=${page}`);\n  if (!answer.ok) throw new Error("no answer: " + answer.status);\n  return (await answer.json()).items;\n}\n```\n\nand `await list(2)` gives the next.',
    },
  },
  {
    name: "code-more",
    message: {
      text: '```python\ndef total(prices: list[float]) -> float:\n    """Sum, rounded."""\n    return round(sum(prices), 2)  # cents\n```\n\n```json\n{ "id": 17, "name": "Ann", "tags": ["a", "b"], "active": true }\n```\n\n```sql\nSELECT name, count(*) FROM orders WHERE year = 2026 GROUP BY name; -- all of them\n```\n\n```diff\n@@ -1,2 +1,2 @@\n-old line\n+new line\n```\n\n```html\n<!-- a form --><input type="text" name="q">\n```\n\n```\nno language: <b>as it is</b>\n```',
    },
  },
  {
    name: "code-wide",
    message: {
      text: `\`\`\`sh\n$ curl -X POST "https://api.example/v1/very/long/path" -H "Authorization: Bearer ${"x".repeat(160)}" -d '{"a": 1}'\nFrom here on\n>>> done\n\`\`\``,
    },
  },
  {
    name: "quotes",
    message: {
      text: `You asked:\n\n> ${LOREM}\n>\n> > and before that: when?\n>\n> - one\n> - two\n\nThe answer is no.`,
    },
  },
  {
    name: "rules-strikes-breaks",
    message: {
      text: "First line\nsecond line  \nthird line\n\n---\n\nThe price is ~~50~~ **40** euros, *really*, ***truly***.\n\n2 \\* 3 = 6 & 1 < 2 > 0",
    },
  },
  {
    name: "links",
    message: {
      text: `See [the manual](https://docs.example/a_(b)?q=1&r=2#top), https://example.org/plain_url_here, <https://angle.example> or ann@example.org.\n\nhttps://example.org/${"very-long-path-".repeat(14)}end`,
    },
  },
  {
    name: "footnotes",
    message: {
      text: `The limit is 25 MB[^size], and it is counted on the wire[^wire].\n\nAgain the size[^size].\n\n[^wire]: Base64 makes a file a third larger. ${LOREM}\n[^size]: Since *May*, see [the note](https://example.org/note).\n[^never]: Nobody refers to this.`,
    },
  },
  {
    name: "emoji",
    message: { text: "Done 🎉 👨‍👩‍👧 🇩🇪 ☑️ 👍🏽\n\n| mood | n |\n|--|--:|\n| 🎉 party | 1 |\n| 👨‍👩‍👧 family | 22 |" },
  },
  {
    name: "german",
    message: {
      text: `Sehr geehrte Frau Müller,\n\ndie Größe **paßt**. ${"Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen".repeat(3)}\n\nMit freundlichen Grüßen`,
      subject: "Größe und Maße: „alles gut“",
    },
  },
  {
    name: "japanese",
    message: {
      text: "お問い合わせいただき、ありがとうございます。ご注文の商品は本日発送いたしました。木曜日までにお届けできる予定です。ご不在の場合は、不在票をご確認のうえ、再配達をご依頼ください。（営業時間は9時から18時までです。）\n\n| 商品 | 数量 |\n|--|--:|\n| キーボード | 2 |\n| Monitor | 10 |",
      subject: "ご注文について",
    },
  },
  {
    name: "chinese",
    message: {
      text: `您好！${"您的订单已于今天上午发出，预计星期四送达。".repeat(6)}\n\n- 第一项\n- ${"第二项很长，需要换行。".repeat(8)}`,
    },
  },
  {
    name: "korean",
    message: { text: `안녕하세요. ${"주문하신 상품은 오늘 발송되었으며 목요일에 도착할 예정입니다. ".repeat(4)}` },
  },
  {
    name: "hebrew",
    message: {
      text: "# שלום אן\n\nההזמנה יצאה **הבוקר** ותגיע ביום חמישי. הנה הרשימה:\n\n- פריט ראשון\n- item in English\n\n> ציטוט קצר\n\n| פריט | מחיר |\n|--|--:|\n| מקלדת | 49.90 |\n\n```js\nconst x = 1; // code stays left to right\n```",
      subject: "הזמנה",
    },
  },
  {
    name: "arabic",
    message: {
      text: "مرحبا،\n\nتم إرسال الطلب هذا الصباح. راجع https://example.org/orders/17 للتفاصيل.\n\n1. أولا\n2. ثانيا",
    },
  },
  {
    name: "russian",
    message: {
      text: `Здравствуйте!\n\n${"Ваш заказ отправлен сегодня утром и будет доставлен в четверг. ".repeat(5)}\n\n- первый пункт\n- второй`,
    },
  },
  {
    name: "tricky-lines",
    message: {
      text: "From here on it matters.\n\n\\> not a quote\n\n\\-\\- \n\n```\n  indented\n> shell\nFrom a mailbox\n.\n..dots\n-- \nsig?\n```\n\n.\n\nFrom\n\n-- \n\nend",
    },
  },
  {
    name: "raw-html",
    message: {
      text: "<script>alert(1)</script> and <b>bold?</b> &amp; &copy; ![tracker](https://evil.example/p.png?d=1)",
    },
  },
  {
    name: "inline-image",
    message: {
      text: `The figures as a chart:\n\n![Sales by month](cid:chart@bot)\n\n${LOREM}`,
      attachments: [{ content: CHART, filename: "chart.png", contentType: "image/png", contentId: "chart@bot" }],
    },
  },
  {
    name: "attachments",
    message: {
      text: "Attached: the report, and the same as text.",
      attachments: [
        {
          content: Buffer.from(Array.from({ length: 3_000 }, (_, index) => index % 256)),
          filename: "Bericht 2026 – Größe.pdf",
        },
        { content: "one\ntwo\n", filename: "list.txt" },
        { content: "", filename: "empty.csv" },
      ],
    },
  },
  {
    name: "image-and-attachments",
    message: {
      text: "![チャート](cid:chart@bot)\n\nsee the file",
      attachments: [
        { content: CHART, filename: "グラフ.png", contentType: "image/png", contentId: "chart@bot" },
        { content: "a,b\n1,2\n", filename: `${"long-name-".repeat(12)}.csv` },
      ],
    },
  },
  {
    name: "everything",
    message: {
      text: `# Your order 4711\n\nDear Ann, thank you for your patience. ${LOREM}\n\n## What is in it\n\n| Item | Qty | Price |\n|:--|:-:|--:|\n| Keyboard, German layout | 2 | 99.80 € |\n| Monitor 27″ | 1 | 329.00 € |\n| **Total** | | **428.80 €** |\n\n## What you can do now\n\n1. [Follow the parcel](https://parcel.example/track/00340434161094021501)\n2. Change the day:\n   - with the card\n   - or by \`POST /v1/orders/4711/day\`\n3. Wait\n\n- [x] paid\n- [x] packed\n- [ ] delivered[^when]\n\n> Please ring twice, the bell is broken.\n\nWe have noted that. For the API:\n\n\`\`\`js\n// Asks for another day.\nconst answer = await fetch("https://api.example/v1/orders/4711/day", {\n  method: "POST",\n  body: JSON.stringify({ day: "2026-01-09", ring: 2 }),\n});\n\`\`\`\n\n---\n\nBest wishes ~~from the warehouse~~\nThe Bot 📦\n\n[^when]: Thursday between 9 and 12; the driver calls half an hour before.`,
    },
  },
];

function png(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly [number, number, number],
): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows.set(colour(x, y), y * (1 + width * 3) + 1 + x * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

/** Node 20.19 has no zlib.crc32. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
