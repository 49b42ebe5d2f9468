/** Marks of direction and width that programs put around names and dates, and that nobody reads. */
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
const SPACES = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g;

/** As a person reads it: without marks that nobody sees, with usual spaces, without those at its ends. */
export function plainLine(line: string): string {
  const trimmed = line.trim();
  return /[^\u0000-\u007f]/.test(trimmed) ? trimmed.replace(UNSEEN, "").replace(SPACES, " ").trim() : trimmed;
}

export function isBlank(line: string): boolean {
  if (line === "") return true;
  const first = line.charCodeAt(0);
  // Cheap for nearly all: a printable character of ASCII begins the line.
  if (first > 0x20 && first < 0x7f) return false;
  return !/[^\s\u200b\u200e\u200f\u2060\ufeff]/.test(line);
}

/** RFC 3676 section 4.5; some programs put a space before it. */
export function isQuoted(line: string): boolean {
  const first = line.charCodeAt(0);
  return first === 0x3e || (first === 0x20 && line.charCodeAt(1) === 0x3e);
}

export function unquoted(line: string): string {
  return line.replace(/^ ?> ?/, "");
}
