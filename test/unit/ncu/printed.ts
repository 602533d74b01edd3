/**
 * Pages read a second time, plainly and whole, to hold the reader against:
 * every cell as printed, its unit, and how exact the print is.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Papa from 'papaparse';

const folder = process.env.PROFILEMATE_REAL_PROFILES ?? resolve(process.cwd(), '../shared/data');
const ncu = join(folder, 'ncu');

/** Real files, or none where they are not there; says which, with the count. */
export const realFiles: readonly string[] = existsSync(ncu)
  ? readdirSync(ncu).filter((name) => name.endsWith('.csv'))
  : [];
if (realFiles.length === 0) {
  console.warn(
    `NO REAL NCU FILES: 0 found in ${ncu}; set PROFILEMATE_REAL_PROFILES. Their tests do not run.`,
  );
}

export const realPath = (name: string): string => join(ncu, name);

export interface Cell {
  readonly launch: number;
  /** Metric name of a raw page; `section|label|name` of a details page. */
  readonly place: string;
  readonly name: string;
  readonly text: string;
  readonly unit: string;
}

/** What a unit is worth in the base unit; written out, not parsed. */
const FACTORS: Readonly<Record<string, number>> = {
  usecond: 1e3,
  msecond: 1e6,
  Kbyte: 1e3,
  Mbyte: 1e6,
  Gbyte: 1e9,
  'Kbyte/block': 1e3,
  'Kbyte/cycle': 1e3,
  'Mbyte/second': 1e6,
  'Gbyte/second': 1e9,
  'Tbyte/second': 1e12,
  'cycle/nsecond': 1e9,
  'cycle/usecond': 1e6,
  'sector/nsecond': 1e9,
  'sector/usecond': 1e6,
  'sector/msecond': 1e3,
};
export const factorOf = (unit: string): number => FACTORS[unit] ?? 1;

/** Half of the last printed digit, in the base unit. */
export function halfDigit(text: string, unit: string): number {
  const decimals = /[.,](\d{6}|\d{1,2})$/.exec(text)?.[1].length ?? 0;
  return decimals === 0 ? 0 : 0.5 * 10 ** -decimals * factorOf(unit);
}

export function printedCells(path: string): readonly Cell[] {
  const text = readFileSync(path, 'utf8');
  const rows = Papa.parse<string[]>(text.slice(text.search(/^\uFEFF?"?ID"?,/m)), {
    skipEmptyLines: true,
  }).data;
  const [header, ...body] = rows;
  const value = header.indexOf('Metric Value');
  if (value < 0) {
    const [units, ...launches] = body;
    return launches
      .filter((fields) => fields.length === header.length)
      .flatMap((fields, launch) =>
        header.flatMap((name, i) =>
          name.includes('__') || /^[a-z_]+$/.test(name)
            ? [{ launch, place: name, name, text: fields[i], unit: units[i] }]
            : [],
        ),
      );
  }
  const ids = new Map<string, number>();
  const at = (name: string): number => header.indexOf(name);
  return body.flatMap((fields) => {
    if (fields.length <= value) return [];
    const id = `${fields[at('ID')]} ${fields[at('Process ID')]}`;
    if (!ids.has(id)) ids.set(id, ids.size);
    const name = fields[at('Metric Name')];
    if (name === '') return [];
    const label = at('Body Item Label') < 0 ? '' : fields[at('Body Item Label')];
    return [
      {
        launch: ids.get(id)!,
        place: `${fields[at('Section Name')]}|${label}|${name}`,
        name,
        text: fields[value],
        unit: fields[at('Metric Unit')],
      },
    ];
  });
}
