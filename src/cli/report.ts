/** `profilemate report`: one HTML page of whichever results there are. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import Papa from 'papaparse';
import { version } from '../../package.json';
import { compare, readClient, type Comparison } from '../analysis/compare';
import { compareToBaseline, isBaseline, upgradeBaseline } from '../history/baseline';
import { renderReport, type ReportInputs, type SessionTable } from '../report/html/report';
import { readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure, reason } from './failure';
import { ncuResults } from './kernel-report';
import { print, writeFile } from './output';
import { findProfiles, readProfile } from './profiles';
import { resultsOf } from './results';
import { fileOfRun, isProfile, readJson, readRun } from './runs';

const help = `Usage: profilemate report [--nsys F] [--ncu F] [--session DIR] [--client F] -o report.html

One self-contained HTML file: summary, phases, components, kernels, bandwidth,
roofline, graphs, memory, findings, and how it was captured, from whichever of
these there are. It loads nothing, opens in any browser, and prints.

      --nsys FILE      a timeline: an Nsight Systems SQLite export, or a folder with one
      --ncu FILE       a Nsight Compute CSV
      --session DIR    the folder of a runtime session
      --client FILE    client.json of a load, or what vllm bench serve saved
      --baseline RUN   compare the timeline with it (as profilemate check does)
      --title TEXT     instead of the timeline's name
  -o, --output FILE    where to write it
  -h, --help           print this

Exit status: 0 done, 2 the input is bad.
`;

const ROWS_SHOWN = 50;
/** What does not fit into memory at ease is no table of a report. */
const LARGEST_CSV = 64 << 20;

export const report: Command = {
  name: 'report',
  summary: 'one HTML page of a timeline, a kernel report, a session and a client',
  help,
  async run(args) {
    const { values, positionals } = readArgs('report', args, {
      nsys: { type: 'string' },
      ncu: { type: 'string' },
      session: { type: 'string' },
      client: { type: 'string' },
      baseline: { type: 'string' },
      title: { type: 'string' },
      output: { type: 'string', short: 'o' },
    });
    const { nsys, ncu, session, client, baseline, output } = values;
    if (positionals.length > 0 || output === undefined) {
      throw new CliFailure('profilemate report expects -o FILE. See: profilemate report --help');
    }
    if ([nsys, ncu, session, client].every((given) => given === undefined)) {
      throw new CliFailure(
        'profilemate report expects --nsys, --ncu, --session or --client. See: profilemate report --help',
      );
    }
    if (baseline !== undefined && nsys === undefined) {
      throw new CliFailure('--baseline compares a timeline: name it with --nsys.');
    }
    const timeline = nsys === undefined ? undefined : await oneProfile(nsys);
    const inputs: ReportInputs = {
      title: values.title ?? (nsys ?? ncu ?? session ?? client)!.split(/[\\/]/).at(-1),
      madeAt: new Date().toISOString(),
      version,
      nsys: timeline === undefined ? undefined : resultsOf(await readProfile(timeline)),
      ncu: ncu === undefined ? undefined : await ncuResults(ncu),
      session: session === undefined ? undefined : await sessionOf(session),
      client: client === undefined ? undefined : await clientOf(client),
      comparison: baseline === undefined ? undefined : await comparisonOf(timeline!, baseline),
    };
    await writeFile(output, [renderReport(inputs)]);
    await print(`${output}\n`);
    return ExitStatus.Done;
  },
};

async function oneProfile(place: string): Promise<string> {
  const files = await findProfiles(place);
  if (files.length === 1) return files[0];
  throw new CliFailure(
    `${place} holds ${files.length} profiles: ${files.map((file) => path.basename(file)).join(', ')}. Name one of them.`,
  );
}

async function clientOf(file: string) {
  const figures = readClient(await readJson(file));
  if (figures !== undefined) return figures;
  throw new CliFailure(`${file} holds no figures of a client (ttft, tpot, itl, throughput).`);
}

async function comparisonOf(timeline: string, baseline: string): Promise<Comparison> {
  const current = [await readRun(timeline)];
  const file = await fileOfRun(baseline);
  const document = (await isProfile(file)) ? undefined : await readJson(file);
  return isBaseline(document)
    ? compareToBaseline(upgradeBaseline(document), current)
    : compare([await readRun(baseline)], current);
}

/** The CSV files of a session's folder, the first rows of each. */
async function sessionOf(folder: string): Promise<NonNullable<ReportInputs['session']>> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new CliFailure(`Cannot look into the session ${folder}: ${reason(error)}.`);
  });
  const tables: SessionTable[] = [];
  for (const name of names.filter((file) => /\.csv$/i.test(file)).sort()) {
    const text = await readFile(path.join(folder, name), 'utf8');
    if (text.length > LARGEST_CSV) {
      throw new CliFailure(`${path.join(folder, name)} is too large for a report.`);
    }
    const { data } = Papa.parse<string[]>(text, { skipEmptyLines: true });
    const [columns, ...rows] = data;
    if (columns === undefined) continue;
    tables.push({ name, columns, rows: rows.slice(0, ROWS_SHOWN), rowCount: rows.length });
  }
  if (tables.length === 0) throw new CliFailure(`There are no tables (*.csv) in ${folder}.`);
  return { name: path.basename(path.resolve(folder)), tables };
}
