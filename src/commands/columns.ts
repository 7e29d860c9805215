// A table for people: columns side by side, as many of them as the terminal is wide for.

export interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  /** Of columns that do not fit, the one with the highest goes first; 0 stays whatever happens. */
  readonly spare: number;
}

const GAP = '  ';

/** `width`: of the terminal, in characters. The last column is not padded. */
export function table(columns: readonly Column[], width: number): string[] {
  const widths = columns.map(({ head, cells }) => Math.max(head.length, ...cells.map((cell) => cell.length)));
  const whole = widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length);
  const least = columns.reduce((a, b) => (b.spare > a.spare ? b : a));
  if (whole > width && least.spare > 0)
    return table(
      columns.filter((column) => column !== least),
      width,
    );
  const lines = [
    columns.map(({ head }) => head),
    ...columns[0]!.cells.map((_, i) => columns.map(({ cells }) => cells[i]!)),
  ];
  return lines.map((cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join(GAP)
      .trimEnd()
      .slice(0, width),
  );
}

/** All columns, however wide they are. */
export function rowsBelow(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const columns = heads.map((head, i) => ({ head, spare: 0, cells: rows.map((row) => row[i]!) }));
  return table(columns, Number.POSITIVE_INFINITY);
}
