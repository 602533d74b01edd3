/** A table as text, to copy or to save. */
import { csvRow, markdownRow, markdownRule } from '../profile/delimited';
import type { CopyFormat } from '../protocol/requests';
import type { Column } from './tables';

/** Figures are exact: what is rounded on the screen is not rounded here. */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  format: CopyFormat,
): string {
  const titles = columns.map((column) => column.title);
  const cells = (row: Row) => columns.map((column) => column.value(row));
  const lines =
    format === 'csv'
      ? [csvRow(titles), ...rows.map((row) => csvRow(cells(row)))]
      : [
          markdownRow(titles),
          markdownRule(columns.map((column) => ({ right: !column.text }))),
          ...rows.map((row) => markdownRow(cells(row))),
        ];
  return `${lines.join('\n')}\n`;
}
