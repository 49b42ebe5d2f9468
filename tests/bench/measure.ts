export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly ratio?: string;
  readonly wanted?: string;
  readonly ok?: boolean;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  globalThis.gc?.();
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Each contestant in turn, several rounds, so that a machine that slows down slows all of them. Seconds, by name. */
export async function rounds<Name extends string>(
  count: number,
  contestants: Record<Name, (round: number) => Promise<number>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < count; round++)
    for (const name of names) results[name].push(await contestants[name](round));
  return results;
}

/** The median of the ratios pair by pair. */
export function ratioOf(over: readonly number[], under: readonly number[]): number {
  return median(over.map((value, index) => value / (under[index] ?? Number.NaN)));
}

export function printTable(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  const cells = rows.map(({ what, figure, ratio = "", wanted = "", ok }) => [
    what,
    figure,
    ratio,
    wanted,
    ok === undefined ? "" : ok ? "yes" : "NO",
  ]);
  const all = [["", "measured", "ratio", "wanted", "holds"], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of all)
    console.log(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}`,
    );
}
