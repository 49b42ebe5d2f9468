/** Red, green and blue from 0 to 255, opacity from 0 to 1. */
export interface Color {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly a: number;
}

export const WHITE: Color = { r: 255, g: 255, b: 255, a: 1 };
export const BLACK: Color = { r: 0, g: 0, b: 0, a: 1 };

/** CSS Color Module Level 4, section 6.1. */
const NAMED = new Map(
  `aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc bisque ffe4c4 black 000000
blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a burlywood deb887 cadetblue 5f9ea0 chartreuse 7fff00
chocolate d2691e coral ff7f50 cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b darkcyan
008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 darkkhaki bdb76b darkmagenta 8b008b
darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc darkred 8b0000 darksalmon e9967a darkseagreen 8fbc8f
darkslateblue 483d8b darkslategray 2f4f4f darkslategrey 2f4f4f darkturquoise 00ced1 darkviolet 9400d3 deeppink ff1493
deepskyblue 00bfff dimgray 696969 dimgrey 696969 dodgerblue 1e90ff firebrick b22222 floralwhite fffaf0 forestgreen 228b22
fuchsia ff00ff gainsboro dcdcdc ghostwhite f8f8ff gold ffd700 goldenrod daa520 gray 808080 green 008000 greenyellow adff2f
grey 808080 honeydew f0fff0 hotpink ff69b4 indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa
lavenderblush fff0f5 lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 lightcoral f08080 lightcyan e0ffff
lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 lightpink ffb6c1 lightsalmon ffa07a
lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899 lightslategrey 778899 lightsteelblue b0c4de lightyellow
ffffe0 lime 00ff00 limegreen 32cd32 linen faf0e6 magenta ff00ff maroon 800000 mediumaquamarine 66cdaa mediumblue 0000cd
mediumorchid ba55d3 mediumpurple 9370db mediumseagreen 3cb371 mediumslateblue 7b68ee mediumspringgreen 00fa9a
mediumturquoise 48d1cc mediumvioletred c71585 midnightblue 191970 mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5
navajowhite ffdead navy 000080 oldlace fdf5e6 olive 808000 olivedrab 6b8e23 orange ffa500 orangered ff4500 orchid da70d6
palegoldenrod eee8aa palegreen 98fb98 paleturquoise afeeee palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9 peru
cd853f pink ffc0cb plum dda0dd powderblue b0e0e6 purple 800080 rebeccapurple 663399 red ff0000 rosybrown bc8f8f royalblue
4169e1 saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d silver c0c0c0
skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa springgreen 00ff7f steelblue 4682b4 tan
d2b48c teal 008080 thistle d8bfd8 tomato ff6347 turquoise 40e0d0 violet ee82ee wheat f5deb3 white ffffff whitesmoke f5f5f5
yellow ffff00 yellowgreen 9acd32 windowtext 000000 window ffffff canvas ffffff canvastext 000000 buttontext 000000
buttonface efefef background ffffff`
    .split(/\s+/)
    .flatMap((word, index, all) => (index % 2 === 0 ? [[word, all[index + 1] ?? ""] as const] : [])),
);

/** Of a lower-case CSS value that is one colour; undefined for what is none, and for colour spaces that mail does not have. */
export function parseColor(value: string): Color | undefined {
  if (value === "transparent") return { r: 0, g: 0, b: 0, a: 0 };
  if (value.startsWith("#")) return hexColor(value.slice(1));
  const named = NAMED.get(value);
  if (named !== undefined) return hexColor(named);
  const call = /^(rgba?|hsla?|hwb|lab|oklab|lch|oklch|color)\(([^()]{1,200})\)$/.exec(value);
  return call ? functionColor(call[1] ?? "", call[2] ?? "") : undefined;
}

/** Every colour that is written in a value. */
export function colorsIn(value: string): Color[] {
  const single = parseColor(value);
  if (single) return [single];
  const words = value.match(/#[\da-f]{3,8}\b|\b(?:rgb|hsl)a?\([^()]{1,200}\)|\b[a-z]{3,30}\b/g) ?? [];
  return words.flatMap((word) => parseColor(word) ?? []);
}

/** `bgcolor` and `<font color>` read nearly anything as a colour (HTML section 2.3.7). */
export function legacyColor(value: string): Color | undefined {
  const text = value.trim().toLowerCase().slice(0, 128);
  if (text === "" || text === "transparent") return undefined;
  const named = NAMED.get(text);
  if (named !== undefined) return hexColor(named);
  if (/^#[\da-f]{3}$/.test(text)) return hexColor(text.slice(1));
  let digits = text.replace(/^#/, "").replace(/[^\da-f]/g, "0");
  while (digits.length === 0 || digits.length % 3 !== 0) digits += "0";
  const third = digits.length / 3;
  const parts = [0, 1, 2].map((index) => digits.slice(index * third, (index + 1) * third).slice(-8));
  const length = Math.max(1, Math.min(2, third));
  const [r = 0, g = 0, b = 0] = parts.map((part) => Number.parseInt(part.slice(0, length), 16));
  return { r, g, b, a: 1 };
}

function hexColor(hex: string): Color | undefined {
  if (!/^(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/.test(hex)) return undefined;
  const full = hex.length <= 4 ? hex.replace(/./g, "$&$&") : hex;
  const [r = 0, g = 0, b = 0, a = 255] = (full.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return { r, g, b, a: a / 255 };
}

function functionColor(name: string, inside: string): Color | undefined {
  const words = inside.split(/[\s,/]+/).filter((word) => word !== "");
  if (name === "color") words.shift();
  if (words.length < 3) return undefined;
  const [first = 0, second = 0, third = 0] = words.slice(0, 3).map((word) => Number.parseFloat(word) || 0);
  const percent = words.slice(0, 3).map((word) => word.endsWith("%"));
  const a = alpha(words[3]);
  if (name.startsWith("rgb")) {
    const [r, g, b] = [first, second, third].map((part, index) => byte(percent[index] ? part * 2.55 : part));
    return { r: r ?? 0, g: g ?? 0, b: b ?? 0, a };
  }
  if (name === "color") return { r: byte(first * 255), g: byte(second * 255), b: byte(third * 255), a };
  if (name.startsWith("hsl")) return hslColor({ hue: first, saturation: second / 100, lightness: third / 100, a });
  if (name === "hwb")
    return hslColor({ hue: first, saturation: 1, lightness: (second / 100 + (1 - third / 100)) / 2, a });
  // Only whether it is nearly white or nearly black is of interest: the lightness.
  const scale = percent[0] === true || !name.startsWith("ok") ? 100 : 1;
  const grey = byte((first / scale) * 255);
  return { r: grey, g: grey, b: grey, a };
}

function alpha(word: string | undefined): number {
  if (word === undefined) return 1;
  const number = Number.parseFloat(word);
  if (Number.isNaN(number)) return 1;
  return Math.min(1, Math.max(0, word.endsWith("%") ? number / 100 : number));
}

function hslColor({ hue, saturation, lightness, a }: Record<"hue" | "saturation" | "lightness" | "a", number>): Color {
  const channel = (offset: number): number => {
    const k = (offset + hue / 30 + 1200) % 12;
    return byte(
      255 * (lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1))),
    );
  };
  return { r: channel(0), g: channel(8), b: channel(4), a };
}

function byte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

/** What is seen where `above` lies on something opaque. */
export function over(above: Color, below: Color): Color {
  if (above.a >= 1) return above;
  const mix = (top: number, bottom: number): number => top * above.a + bottom * (1 - above.a);
  return { r: mix(above.r, below.r), g: mix(above.g, below.g), b: mix(above.b, below.b), a: 1 };
}

/** Palest text that people read: footers go down to #ddd on white (1.36), what nobody is to see is at 1.16 (#eee) and below. */
const MIN_CONTRAST = 1.25;
/** Colours of one brightness may still be told apart, as red and green are. */
const MIN_DISTANCE = 80;

export function canBeRead(text: Color, background: Color): boolean {
  const seen = over(text, background);
  const [lighter, darker] = [luminance(seen), luminance(background)].toSorted((one, other) => other - one);
  if (((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05) >= MIN_CONTRAST) return true;
  return Math.hypot(seen.r - background.r, seen.g - background.g, seen.b - background.b) >= MIN_DISTANCE;
}

/** WCAG 2.2, relative luminance. */
function luminance({ r, g, b }: Color): number {
  const linear = (part: number): number => (part <= 10.31 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
