/** A data table is set in columns; wider or longer ones, and those used for layout, are read cell after cell. */
const MAX_DATA_CELLS = 2_000;
const MAX_DATA_COLUMNS = 20;
const MAX_DATA_CELL_CHARS = 80;

type TableTag = "table" | "tr" | "td" | "th";

interface Table {
  /** Places in the output, and what stands there if this turns out to be a data table. */
  readonly marks: { at: number; data: string }[];
  rows: number;
  cells: number;
  cellsInRow: number;
  widestRow: number;
  narrowestRow: number;
  cellChars: number;
  longestCell: number;
  headings: boolean;
  nested: boolean;
}

/**
 * Mail is full of tables that only arrange things. Each is written as blocks first; at its end, when it is known to
 * hold data, its marks in the output are replaced by those of a table.
 */
export class TableLayout {
  readonly #out: string[];
  readonly #tables: Table[] = [];

  constructor(out: string[]) {
    this.#out = out;
  }

  open(tag: TableTag, attributes: Readonly<Record<string, string>>): "table" | "row" | "cell" {
    if (tag === "table") {
      const outer = this.#tables.at(-1);
      if (outer) outer.nested = true;
      this.#tables.push(newTable());
      this.#mark("<div>", "<table>");
      return "table";
    }
    const table = this.#tables.at(-1);
    if (tag === "tr") {
      if (table) {
        table.rows++;
        table.cellsInRow = 0;
      }
      this.#mark("<div>", "<tr>");
      return "row";
    }
    if (table) {
      table.cells++;
      table.cellsInRow++;
      table.cellChars = 0;
      if (tag === "th") table.headings = true;
      if (attributes["colspan"] !== undefined && attributes["colspan"] !== "1") table.nested = true;
    }
    this.#mark(" ", tag === "th" ? "<th>" : "<td>");
    return "cell";
  }

  close(kind: "table" | "row" | "cell"): void {
    const table = this.#tables.at(-1);
    if (kind === "cell") {
      if (table) table.longestCell = Math.max(table.longestCell, table.cellChars);
      this.#mark(" ", "</td>");
    } else if (kind === "row") {
      if (table && table.cellsInRow > 0) {
        table.widestRow = Math.max(table.widestRow, table.cellsInRow);
        table.narrowestRow = Math.min(table.narrowestRow, table.cellsInRow);
      }
      this.#mark("</div>", "</tr>");
    } else {
      this.#mark("</div>", "</table>");
      this.#tables.pop();
      if (table && isData(table)) for (const { at, data } of table.marks) this.#out[at] = data;
    }
  }

  text(text: string): void {
    const table = this.#tables.at(-1);
    if (table) table.cellChars += text.trim().length;
  }

  /** A block inside a cell: the cell is more than a datum, unless it is a mere line break or paragraph. */
  block(name: string): void {
    const table = this.#tables.at(-1);
    if (table && name !== "br" && name !== "p" && name !== "div" && name !== "caption") table.nested = true;
  }

  #mark(layout: string, data: string): void {
    const table = this.#tables.at(-1);
    if (table && table.marks.length <= 4 * MAX_DATA_CELLS) table.marks.push({ at: this.#out.length, data });
    this.#out.push(layout);
  }
}

function newTable(): Table {
  return {
    marks: [],
    rows: 0,
    cells: 0,
    cellsInRow: 0,
    widestRow: 0,
    narrowestRow: Infinity,
    cellChars: 0,
    longestCell: 0,
    headings: false,
    nested: false,
  };
}

function isData(table: Table): boolean {
  if (table.nested || table.cells > MAX_DATA_CELLS || table.widestRow > MAX_DATA_COLUMNS) return false;
  if (table.longestCell > MAX_DATA_CELL_CHARS || table.rows < 2 || table.widestRow < 2) return false;
  return table.headings || table.narrowestRow >= 2;
}
