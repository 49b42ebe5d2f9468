import { COLOUR_OF_CODE, type CodeColour } from "./html-style.ts";

/**
 * Colours for code: comments, strings, numbers, keywords and names, which is what helps somebody who reads code in a mail.
 * Each language is one pattern that never looks at a character more than a few times.
 */
interface Language {
  readonly pattern: RegExp;
  readonly keywords: ReadonlySet<string>;
  readonly ignoreCase: boolean;
  /** Whether what stands before a colon is a name (JSON, YAML, CSS). */
  readonly hasKeys: boolean;
}

const STRING = String.raw`"[^"\\\n]*(?:\\[^][^"\\\n]*)*"?|'[^'\\\n]*(?:\\[^][^'\\\n]*)*'?`;
const TEMPLATE = "`[^`\\\\]*(?:\\\\[^][^`\\\\]*)*`?";
const TRIPLE = String.raw`"""[^]*?(?:"""|(?![^]))|'''[^]*?(?:'''|(?![^]))`;
const SLASHES = String.raw`\/\/[^\n]*|\/\*[^]*?(?:\*\/|(?![^]))`;
const STARS = String.raw`\/\*[^]*?(?:\*\/|(?![^]))`;
const HASH = String.raw`(?<![^\s;({])#[^\n]*`;
const WORD = String.raw`[\p{L}_$@][\w$-]*`;
const PLAIN_WORD = String.raw`[\p{L}_$@][\w$]*`;
const NUMBER = String.raw`\d[\w.]*`;

const JS =
  "abstract as async await break case catch class const continue debugger default delete do else enum export extends false finally for from function get if implements import in instanceof interface keyof let new null of private protected public readonly return satisfies set static super switch this throw true try type typeof undefined var void while with yield";
const PYTHON =
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return self try while with yield";
const C =
  "abstract async auto await bool boolean break byte case catch char class const constexpr continue default defer delete do double else enum explicit export extends extern false final finally float fn for foreach fun func function go goto guard if impl implements import in inline int interface internal is let long loop match mod module mut namespace new nil null nullptr operator override package private protected pub public range readonly ref return sealed self short signed sizeof static string struct super switch template this throw throws trait true try type typedef typename union unsafe unsigned use using val var virtual void volatile when where while yield chan map select echo";
const SHELL =
  "alias break case cd continue do done echo elif else esac eval exec exit export fi for function if in local read return set shift source sudo then trap unset until while";
const SQL =
  "add all alter and as asc begin between by case check column commit constraint create cross database default delete desc distinct drop else end exists explain foreign from full group having if in index inner insert into is join key left like limit not null offset on or order outer over partition primary references returning right rollback select set table then transaction union unique update using values view when where with";
const RUBY =
  "BEGIN END alias and begin break case class def defined? do else elsif end ensure false for if in module next nil not or redo require rescue retry return self super then true undef unless until when while yield puts function repeat local";

const LANGUAGES: Readonly<Record<string, Language>> = {
  js: language([SLASHES, STRING, TEMPLATE, PLAIN_WORD, NUMBER], JS),
  c: language([SLASHES, STRING, TEMPLATE, PLAIN_WORD, NUMBER], C),
  python: language([HASH, TRIPLE, STRING, PLAIN_WORD, NUMBER], PYTHON),
  ruby: language([HASH, STRING, PLAIN_WORD, NUMBER], RUBY),
  lua: language([String.raw`--[^\n]*`, STRING, PLAIN_WORD, NUMBER], RUBY),
  shell: language([HASH, STRING, WORD, NUMBER], SHELL),
  sql: language([String.raw`--[^\n]*`, STARS, STRING, PLAIN_WORD, NUMBER], SQL, { ignoreCase: true }),
  json: language([SLASHES, STRING, PLAIN_WORD, NUMBER], "true false null", { hasKeys: true }),
  yaml: language([HASH, STRING, WORD, NUMBER], "true false null yes no on off", { hasKeys: true }),
  css: language([STARS, STRING, WORD, NUMBER], "", { hasKeys: true }),
  markup: language(
    [String.raw`<!--[^]*?(?:-->|(?![^]))`, String.raw`<[/!?]?[\w:.-]*`, STRING, String.raw`[\w:.-]+=?`],
    "",
  ),
  diff: language([String.raw`^[^\n]+`], ""),
};

const ALIASES: Readonly<Record<string, readonly string[]>> = {
  js: ["javascript", "jsx", "ts", "tsx", "typescript", "mjs", "cjs", "node"],
  c: [
    "cpp",
    "c++",
    "h",
    "cs",
    "csharp",
    "c#",
    "java",
    "go",
    "golang",
    "rust",
    "rs",
    "kotlin",
    "kt",
    "swift",
    "php",
  ].concat(["scala", "dart", "objc", "zig", "proto", "groovy"]),
  python: ["py", "python3", "gd"],
  ruby: ["rb", "elixir", "ex", "crystal"],
  shell: [
    "sh",
    "bash",
    "zsh",
    "fish",
    "console",
    "terminal",
    "dockerfile",
    "docker",
    "makefile",
    "make",
    "powershell",
    "ps1",
  ],
  sql: ["mysql", "postgres", "postgresql", "plsql", "sqlite"],
  json: ["json5", "jsonc"],
  yaml: ["yml", "toml", "ini", "properties", "env", "conf"],
  css: ["scss", "less"],
  markup: ["html", "xml", "svg", "vue", "xhtml"],
  diff: ["patch"],
};

const BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.keys(LANGUAGES).flatMap((name) => [name, ...(ALIASES[name] ?? [])].map((alias) => [alias, name] as const)),
);

/** The code as HTML, or undefined for a language that is not known: then it stands as it is. */
export function highlighted(code: string, languageName: string, escape: (text: string) => string): string | undefined {
  const name = BY_NAME.get(languageName.toLowerCase());
  const known = name === undefined ? undefined : LANGUAGES[name];
  if (known === undefined) return undefined;
  let html = "";
  let end = 0;
  for (const { 0: piece, index } of code.matchAll(known.pattern)) {
    const colour = name === "diff" ? diffColour(piece) : colourOf(piece, code, index + piece.length, known);
    html += escape(code.slice(end, index)) + coloured(escape(piece), colour);
    end = index + piece.length;
  }
  return html + escape(code.slice(end));
}

function language(
  pieces: readonly string[],
  keywords: string,
  { ignoreCase = false, hasKeys = false }: Partial<Language> = {},
): Language {
  return { pattern: new RegExp(pieces.join("|"), "gmu"), keywords: new Set(keywords.split(" ")), ignoreCase, hasKeys };
}

function colourOf(piece: string, code: string, end: number, known: Language): CodeColour | undefined {
  if (/^(?:\/[/*]|#|--|<!--)/.test(piece)) return "comment";
  const next = /\S/.exec(code.slice(end, end + MAX_GAP))?.[0];
  if (known.hasKeys && next === ":") return "name";
  if (/^["'`]/.test(piece)) return "string";
  if (/^\d/.test(piece)) return "number";
  if (piece.startsWith("<")) return "keyword";
  if (piece.endsWith("=")) return "name";
  if (known.keywords.has(known.ignoreCase ? piece.toLowerCase() : piece)) return "keyword";
  return next === "(" ? "name" : undefined;
}

/** Between a name and what makes it one. */
const MAX_GAP = 4;

function diffColour(line: string): CodeColour | undefined {
  if (/^(?:@@|diff |index |\+\+\+|---)/.test(line)) return "name";
  return line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : undefined;
}

function coloured(html: string, colour: CodeColour | undefined): string {
  return colour === undefined
    ? html
    : `<span class="mp-${colour}" style="color:${COLOUR_OF_CODE[colour].light}">${html}</span>`;
}
