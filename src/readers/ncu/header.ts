/** The header row: where it is, what separates its fields, which page it belongs to. */
import Papa from 'papaparse';
import type { ReportPage } from '../../profile/kernel-report';

export interface Header {
  readonly page: ReportPage;
  readonly delimiter: string;
  readonly columns: readonly string[];
  /** ncu quotes every field; a header without quotes was written by another program. */
  readonly quoted: boolean;
}

const DELIMITERS = [',', ';', '\t', '|'];

/** The header that a line is, or undefined. */
export function parseHeader(line: string): Header | undefined {
  const text = line.replace(/^\uFEFF/, '');
  if (!text.includes('Kernel Name')) return undefined;
  for (const delimiter of DELIMITERS) {
    const columns = Papa.parse<string[]>(text, { delimiter, quoteChar: '"' }).data[0] ?? [];
    const names = columns.map((column) => column.trim());
    const page = pageOf(names);
    if (page !== undefined) {
      return { page, delimiter, columns: names, quoted: text.trimStart().startsWith('"') };
    }
  }
  return undefined;
}

function pageOf(columns: readonly string[]): ReportPage | undefined {
  const has = (name: string): boolean => columns.includes(name);
  if (!has('Kernel Name') || columns.length < 4) return undefined;
  if (has('Metric Name')) {
    if (has('ID') && has('Metric Value')) return 'details';
    return has('Average') && has('Invocations') ? 'summary' : undefined;
  }
  return has('ID') && (has('Process ID') || has('Context') || columns.some((c) => c.includes('__')))
    ? 'raw'
    : undefined;
}
