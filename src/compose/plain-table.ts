import { displayWidth, wrapLine } from "./plain-wrap.ts";

export interface TableCell {
  readonly text: string;
  readonly align: "left" | "right" | "center";
}

const GAP = " | ";

/** Aligned columns where they fit; otherwise each row as a list of `heading: value`. The first row is the heading. */
export function tableLines(rows: readonly (readonly TableCell[])[], width: number): string[] {
  const [heading = [], ...body] = rows;
  const columns = heading.map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column]?.text ?? "")), 1),
  );
  const total = columns.reduce((sum, columnWidth) => sum + columnWidth + GAP.length, -GAP.length);
  return total <= width || body.length === 0 ? alignedLines(rows, columns) : recordLines(heading, body, width);
}

function alignedLines(rows: readonly (readonly TableCell[])[], columns: readonly number[]): string[] {
  const lines = rows.map((row) =>
    columns
      .map((width, column) => padded(row[column], width))
      .join(GAP)
      .trimEnd(),
  );
  return lines.toSpliced(1, 0, columns.map((width) => "-".repeat(width)).join("-+-"));
}

function padded(cell: TableCell | undefined, width: number): string {
  const text = cell?.text ?? "";
  const space = width - displayWidth(text);
  const before = cell?.align === "right" ? space : cell?.align === "center" ? Math.floor(space / 2) : 0;
  return " ".repeat(before) + text + " ".repeat(space - before);
}

function recordLines(heading: readonly TableCell[], body: readonly (readonly TableCell[])[], width: number): string[] {
  const lines: string[] = [];
  for (const row of body) {
    if (lines.length > 0) lines.push("");
    for (const [column, { text }] of row.entries()) {
      if (text === "") continue;
      const label = heading[column]?.text ?? "";
      const [first, ...rest] = wrapLine(label === "" ? text : `${label}: ${text}`, width - 2);
      lines.push(first?.text ?? "", ...rest.map((line) => `  ${line.text}`));
    }
  }
  return lines;
}
