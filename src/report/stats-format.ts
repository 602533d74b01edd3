/** Reports as `nsys stats --format csv|json|table` prints them. */
import type { StatsColumn, StatsTable, StatsValue } from '../analysis/nsys-stats';

export type StatsFormat = 'csv' | 'json' | 'table';
export const STATS_FORMATS: readonly StatsFormat[] = ['csv', 'json', 'table'];

/**
 * The report as text, with a line break at its end. Without rows it is empty;
 * in JSON an empty list, as nsys has it, unless the data is missing altogether.
 */
export function formatStats(table: StatsTable, format: StatsFormat): string {
  if (table.rows.length === 0) {
    return format === 'json' && table.status === 'empty' ? '[\n]\n' : '';
  }
  switch (format) {
    case 'csv':
      return csv(table);
    case 'json':
      return json(table);
    case 'table':
      return box(table);
  }
}

/** A value as nsys prints it: nothing for null, floats with their column's decimals. */
function printed(value: StatsValue, column: StatsColumn): string {
  if (value === null) return '';
  if (column.kind === 'float' && typeof value === 'number') {
    return fixed(value, column.decimals ?? 1);
  }
  return String(value);
}

/** As C's printf: an exact half goes to the even neighbour, where toFixed goes up. */
function fixed(value: number, decimals: number): string {
  const scaled = value * 10 ** decimals;
  const below = Math.floor(scaled);
  // Only halves with at most four binary places are halves exactly.
  const half = Number.isInteger(value * 16) && scaled - below === 0.5;
  return half && below % 2 === 0
    ? (below / 10 ** decimals).toFixed(decimals)
    : value.toFixed(decimals);
}

function csv({ columns, rows }: StatsTable): string {
  const lines = [
    columns.map(({ name }) => name),
    ...rows.map((row) => row.map((value, i) => csvField(printed(value, columns[i])))),
  ];
  return lines.map((line) => `${line.join(',')}\n`).join('');
}

/**
 * nsys quotes a field with a comma and leaves quotes within it as they are, and
 * quotes nothing else. That reads back, unless a name has a comma and a quote,
 * begins with a quote, or holds a line break: those are quoted as RFC 4180 has it.
 */
function csvField(field: string): string {
  const quoted = field.includes(',') || field.startsWith('"') || /[\r\n]/.test(field);
  return quoted ? `"${field.replaceAll('"', '""')}"` : field;
}

/**
 * One object a row, numbers with the decimals nsys prints, '' for nothing. nsys
 * takes any name that looks like a number or a keyword for one (a range `1e5`,
 * a range `null`) and leaves control characters bare; here a name is a string.
 */
function json({ columns, rows }: StatsTable): string {
  const objects = rows.map((row) => {
    const fields = row.map((value, i) => {
      const shown =
        typeof value === 'number' ? printed(value, columns[i]) : JSON.stringify(value ?? '');
      return `    ${JSON.stringify(columns[i].name)}: ${shown}`;
    });
    return `  {\n${fields.join(',\n')}\n  }`;
  });
  return `[\n${objects.join(',\n')}\n]\n`;
}

/** Rows that decide the width of a column, and its limit. */
const WIDTH_ROWS = 100;
const MAX_WIDTH = 100;

function box({ report, title, columns, rows }: StatsTable): string {
  const cellsOf = (row: readonly StatsValue[]): readonly string[] =>
    row.map((value, i) => {
      const cell = printed(value, columns[i]);
      return columns[i].kind === 'text' ? onOneLine(cell) : cell;
    });
  const first = rows.slice(0, WIDTH_ROWS).map(cellsOf);
  const widths = columns.map(({ name }, i) =>
    first.reduce(
      (width, row) => Math.max(width, Math.min(MAX_WIDTH, lengthOf(row[i]))),
      lengthOf(name),
    ),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const line = (fields: readonly string[]): string =>
    `|${fields.map((field) => ` ${field} `).join('|')}|`;
  const header = line(columns.map(({ name }, i) => centred(name, widths[i])));
  const body = rows.map((row) =>
    line(cellsOf(row).map((cell, i) => fitted(cell, widths[i], columns[i]))),
  );
  return ['', ` ** ${title} (${report}):`, '', rule, header, rule, ...body, rule, ''].join('\n');
}

/** A line break in a name would break the box, and the rest of what terminals obey do worse. */
const onOneLine = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replace(/[\r\n]+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');

/** Characters, not UTF-16 units. */
function lengthOf(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++, length++) if (text.codePointAt(i)! > 0xffff) i++;
  return length;
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - lengthOf(text)) / 2);
  return ' '.repeat(left) + text + ' '.repeat(width - left - lengthOf(text));
}

function fitted(text: string, width: number, column: StatsColumn): string {
  const length = lengthOf(text);
  if (length > width) return `${[...text].slice(0, width - 1).join('')}…`;
  const padding = ' '.repeat(width - length);
  return column.kind === 'text' ? text + padding : padding + text;
}
