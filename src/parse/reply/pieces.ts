import type { Mark } from "./marks.ts";
import { isBlank } from "./plain-line.ts";

/** Lines from one (inclusive) to another (exclusive). */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

export interface MarkedLines {
  readonly lines: string[];
  readonly marks: (Mark | undefined)[] | undefined;
}

/** The pieces with one blank line where something was left out, and none around them. */
export function joined({ lines, marks }: MarkedLines, pieces: readonly Piece[]): MarkedLines {
  const out: string[] = [];
  const outMarks: (Mark | undefined)[] = [];
  let end = -1;
  for (const piece of pieces) {
    const { from, to } = piece.from === end ? { from: piece.from, to: piece.to } : trimmedStart(lines, piece);
    if (from >= to) continue;
    if (out.length > 0 && from !== end) {
      while (out.length > 0 && isBlank(out.at(-1) ?? "")) {
        out.pop();
        outMarks.pop();
      }
      out.push("");
      outMarks.push(undefined);
    }
    for (let index = from; index < to; index++) {
      out.push(lines[index] ?? "");
      outMarks.push(marks?.[index]);
    }
    end = to;
  }
  while (out.length > 0 && isBlank(out.at(-1) ?? "")) {
    out.pop();
    outMarks.pop();
  }
  const last = out.at(-1);
  if (last !== undefined) out[out.length - 1] = last.trimEnd();
  return { lines: out, marks: marks && outMarks };
}

function trimmedStart(lines: readonly string[], piece: Piece): Piece {
  let { from } = piece;
  while (from < piece.to && isBlank(lines[from] ?? "")) from++;
  return { from, to: piece.to };
}
