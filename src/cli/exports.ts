/** Reports of NVIDIA's tools: their own program has to make them into what is read here. */
import { quote } from '../capture/command';
import { printArguments } from '../capture/ncu-export';
import { EXPORTS } from '../capture/nsys-export';
import { CliFailure } from './failure';

const REPORT = /\.(nsys-rep|qdrep)$/i;
const NCU_REPORT = /\.ncu-rep$/i;

export const isReport = (file: string): boolean => REPORT.test(file);
export const isNcuReport = (file: string): boolean => NCU_REPORT.test(file);

const line = (words: readonly string[]): string => words.map(quote).join(' ');

/** For a person to run. */
export const exportCommand = (report: string): string =>
  line(['nsys', 'export', '--type', 'sqlite', '-o', report.replace(REPORT, '.sqlite'), report]);

const printCommand = (report: string): string =>
  `${line(['ncu', ...printArguments(report)])} > ${line([report.replace(NCU_REPORT, '.ncu.csv')])}`;

/**
 * The file to read for one that is named: itself, or what it was exported to.
 * @throws CliFailure with the command that exports it
 */
export function readable(file: string): string {
  if (!isReport(file) && !isNcuReport(file)) return file;
  const exported = (JSON.parse(process.env[EXPORTS] ?? '{}') as Record<string, unknown>)[file];
  if (typeof exported === 'string') return exported;
  throw new CliFailure(
    isReport(file)
      ? `${file} is a report of Nsight Systems, and what is read here is its SQLite export. Run ${exportCommand(file)}`
      : `${file} is a report of Nsight Compute, and what is read here is its raw page as CSV. Run ${printCommand(file)}`,
  );
}
