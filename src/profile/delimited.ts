/** Rows of text for spreadsheets and for documents. Pure; knows nothing of what the cells mean. */

export type Cell = string | number | undefined;

/** What a spreadsheet would take for a formula, were it the first character of a cell. */
const FORMULA_START = /^[=+\-@\t\r]/;

/**
 * One record of RFC 4180, without its line end. A missing value is an empty
 * cell. A text that a spreadsheet would run as a formula is made text by an
 * apostrophe, since names in a profile are anyone's.
 */
export function csvRow(cells: readonly Cell[]): string {
  return cells.map(csvCell).join(',');
}

function csvCell(cell: Cell): string {
  if (typeof cell !== 'string') return numberText(cell);
  const text = FORMULA_START.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One row of a Markdown table; names are shown as they are, never as markup. */
export function markdownRow(cells: readonly Cell[]): string {
  return `| ${cells.map(markdownCell).join(' | ')} |`;
}

/** The line under a Markdown table's header. */
export function markdownRule(columns: readonly { readonly right: boolean }[]): string {
  return `| ${columns.map((column) => (column.right ? '---:' : '---')).join(' | ')} |`;
}

function markdownCell(cell: Cell): string {
  if (typeof cell !== 'string') return numberText(cell);
  return cell.replace(/[\\`*_{}[\]<>()#+!|~&-]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}

function numberText(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : String(value);
}
