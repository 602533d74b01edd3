/** Tables for a terminal: columns as wide as they need, figures to the right. */
export interface TextColumn {
  readonly title: string;
  readonly right?: boolean;
}

/** Control characters and direction marks: a name must not steer the terminal it is printed on. */
// eslint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A text from a profile as it may be printed: what would steer the terminal is shown as `�`. */
export function printable(text: string): string {
  return text.replace(STEERING, '\ufffd');
}

/** Lines without a final line end; cells are made {@link printable}. */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title }, i) =>
    cells.reduce((width, row) => Math.max(width, row[i].length), title.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (columns[i].right ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    line(widths.map((width) => '─'.repeat(width))),
    ...cells.map(line),
  ].join('\n');
}
