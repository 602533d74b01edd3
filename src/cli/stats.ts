/** `profilemate stats`: the reports of `nsys stats`, with its names, columns and figures. */
import { Analysis } from '../analysis/analysis';
import { STATS_REPORTS, type StatsReport, type StatsTable } from '../analysis/nsys-stats';
import { formatStats, STATS_FORMATS, type StatsFormat } from '../report/stats-format';
import { onePath, readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure } from './failure';
import { note, print, writeFile } from './output';
import { readProfile } from './profiles';

const names = STATS_REPORTS.map((report) => report.name);

const help = `Usage: profilemate stats --report R[,R…] [--format F] [-o PREFIX] FILE

The reports of nsys stats, with its names, columns, rows and order.

  FILE           an Nsight Systems SQLite export (nsys export --type sqlite …)

  -r, --report R    one or more of, separated by commas:
${STATS_REPORTS.map(({ name, title }) => `                      ${name.padEnd(22)} ${title}`).join('\n')}
  -f, --format F    ${STATS_FORMATS.join(', ')}; table where left out. Several reports
                    as json are one object with a list for each.
  -o, --output P    write each report to P_REPORT.csv (.json, .txt), not to stdout
  -h, --help        print this

Exit status: 0 done, 1 no report has any rows, 2 the input is bad.
`;

const EXTENSIONS: Readonly<Record<StatsFormat, string>> = {
  csv: 'csv',
  json: 'json',
  table: 'txt',
};

function chosenReports(wanted: readonly string[] | undefined): readonly StatsReport[] {
  const list = (wanted ?? []).flatMap((value) => value.split(',')).map((name) => name.trim());
  if (list.length === 0) {
    throw new CliFailure(`Which report? Name one with --report: ${names.join(', ')}.`);
  }
  return list.map((name) => {
    const report = STATS_REPORTS.find((candidate) => candidate.name === name);
    if (report) return report;
    throw new CliFailure(`There is no report '${name}'. There are: ${names.join(', ')}.`);
  });
}

function chosenFormat(wanted: string | undefined): StatsFormat {
  const format = STATS_FORMATS.find((candidate) => candidate === (wanted ?? 'table'));
  if (format) return format;
  throw new CliFailure(`There is no format '${wanted}'. There are: ${STATS_FORMATS.join(', ')}.`);
}

/** A function of its own, so that the profile is let go before the tables are written. */
async function tablesOf(
  reports: readonly StatsReport[],
  file: string,
): Promise<readonly StatsTable[]> {
  const analysis = new Analysis(await readProfile(file));
  return reports.map((report) => report.run(analysis));
}

function toText(tables: readonly StatsTable[], format: StatsFormat): string {
  if (format === 'json' && tables.length > 1) {
    const lists = tables.map(
      (table) => `${JSON.stringify(table.report)}: ${formatStats(table, format).trim() || '[]'}`,
    );
    return `{\n${lists.join(',\n')}\n}\n`;
  }
  return tables
    .map((table) => formatStats(table, format))
    .filter((text) => text !== '')
    .join('\n');
}

export const stats: Command = {
  name: 'stats',
  summary: 'the reports of nsys stats, with its names and columns',
  help,
  async run(args) {
    const { values, positionals } = readArgs('stats', args, {
      report: { type: 'string', short: 'r', multiple: true },
      format: { type: 'string', short: 'f' },
      output: { type: 'string', short: 'o' },
    });
    const reports = chosenReports(values.report);
    const format = chosenFormat(values.format);
    const tables = await tablesOf(reports, onePath('stats', 'profile', positionals));
    for (const { report, message } of tables) {
      if (message !== undefined) note(`profilemate: ${report}: ${message}`);
    }
    if (values.output === undefined) await print(toText(tables, format));
    else {
      for (const table of tables.filter(({ rows }) => rows.length > 0)) {
        const file = `${values.output}_${table.report}.${EXTENSIONS[format]}`;
        await writeFile(file, [formatStats(table, format)]);
      }
    }
    return tables.some(({ rows }) => rows.length > 0) ? ExitStatus.Done : ExitStatus.No;
  },
};
