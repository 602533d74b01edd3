/** `profilemate history`: runs kept over time. */
import { readFile } from 'node:fs/promises';
import { version } from '../../package.json';
import { CHANGE_POINT_METHOD, type Snapshot } from '../analysis/compare';
import {
  BASELINE_SUFFIX,
  makeBaseline,
  NotABaseline,
  readBaseline,
  updateBaseline,
  writeBaseline,
} from '../history/baseline';
import { HistoryFailure } from '../history/failure';
import { DEFAULT_HISTORY, openHistory } from '../history/open';
import { timeOf, type HistoryStore, type RunFilter, type RunRecord } from '../history/store';
import { trendsOf } from '../history/trends';
import { csvRow } from '../profile/delimited';
import { formatNumber, shortenMiddle, UNKNOWN } from '../profile/format';
import { HISTORY_SCHEMA_VERSION, type TrendRun, type TrendsDocument } from '../protocol/trends';
import { renderTrendsPage } from '../report/html/trends';
import { MEASURE_NAMES } from '../report/compare-figures';
import { textTable } from '../report/table';
import { readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure, reason, systemCode } from './failure';
import { note, print, writeFile } from './output';
import { readDocuments, readRun } from './runs';
import { renderTrends } from './trends-text';

const STORE_VARIABLE = 'PROFILEMATE_STORE';

const help = `Usage: profilemate history ACTION [options]

Runs kept over time, and how their figures moved.

  add RUN…          keep runs: a summary.json, a profile, the folder of a run, a session
                    of the runtime layer, a client.json (of vllm bench serve, too), a page
                    of Nsight Compute; one that is kept already is not kept twice
  list              the runs that are kept
  trends            figures over time, by model, GPU and what measured them, with changes
                    of their level
  export            all figures of all runs as CSV, or as JSON
  prune             forget old runs; baselines stay
  baseline RUN      write a *${BASELINE_SUFFIX} file, or update the one that is
                    there: its tolerances stay, its old values go to its history

      --store PLACE    a file (default ${DEFAULT_HISTORY}) or
                       postgresql://USER@HOST/DATABASE; ${STORE_VARIABLE} says it too,
                       and is the better place for a password
      --model NAME     of add: what the run's command does not say; else: only these
      --gpu NAME       only these
      --commit HASH    of add and baseline: the commit that was run
      --branch NAME    of add: its branch; else: only these
      --note TEXT      of add: kept with the run
      --baseline       of add: later runs are drawn against this one
      --since DATE     of list, trends, export: only runs from then on; or of the last
                       days, as 30d
      --html FILE      of trends: write a page with charts there
      --keep N         of prune: the latest N of each model
      --before DATE    of prune: only runs before then
      --tolerance P    of baseline: per cent that a figure may be worse; default 10
  -o, --output FILE    of export and baseline: write there
      --json           print JSON
  -h, --help           print this

Exit status: 0 done, 1 there was nothing to do it with, 2 the input is bad.
`;

const options = {
  store: { type: 'string' },
  model: { type: 'string' },
  commit: { type: 'string' },
  branch: { type: 'string' },
  gpu: { type: 'string' },
  html: { type: 'string' },
  note: { type: 'string' },
  baseline: { type: 'boolean' },
  since: { type: 'string' },
  keep: { type: 'string' },
  before: { type: 'string' },
  tolerance: { type: 'string' },
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readArgs<typeof options>>['values'];
type Action = (store: HistoryStore, values: Values, runs: readonly string[]) => Promise<ExitStatus>;

const ACTIONS: Readonly<Record<string, Action>> = { add, list, trends, export: exportAll, prune };

export const history: Command = {
  name: 'history',
  summary: 'runs kept over time: add, list, trends, export, prune, baseline',
  help,
  async run(args) {
    const { values, positionals } = readArgs('history', args, options);
    const [action, ...runs] = positionals;
    if (action === 'baseline') return baseline(values, runs);
    if (action === undefined || !Object.hasOwn(ACTIONS, action)) {
      throw new CliFailure(
        `profilemate history expects one of ${[...Object.keys(ACTIONS), 'baseline'].join(', ')}, got ${action ?? 'none'}. See: profilemate history --help`,
      );
    }
    if (action !== 'add' && runs.length > 0) {
      throw new CliFailure(
        `profilemate history ${action} takes options only, got ${runs.join(' ')}.`,
      );
    }
    const place = values.store ?? process.env[STORE_VARIABLE] ?? DEFAULT_HISTORY;
    try {
      const store = await openHistory(place);
      try {
        return await ACTIONS[action](store, values, runs);
      } finally {
        await store.close();
      }
    } catch (error) {
      if (error instanceof HistoryFailure) throw new CliFailure(error.message);
      if (systemCode(error) === undefined || error instanceof CliFailure) throw error;
      throw new CliFailure(`Cannot use the history: ${reason(error)}. Name another with --store.`);
    }
  },
};

async function add(store: HistoryStore, values: Values, places: readonly string[]) {
  if (places.length === 0) {
    throw new CliFailure('profilemate history add expects runs. See: profilemate history --help');
  }
  const facts = { model: values.model, commit: values.commit };
  const records: RunRecord[] = [];
  for (const place of places) {
    const run = await readDocuments(place, facts);
    const { record, added } = await store.add({ ...run, branch: values.branch, note: values.note });
    if (values.baseline) await store.setBaseline(record.id, true);
    records.push({ ...record, baseline: record.baseline || values.baseline === true });
    if (!values.json)
      await print(`${record.id} ${added ? 'added' : 'is there already'}: ${place}\n`);
  }
  if (values.json) await print(documentOf({ runs: records }));
  return ExitStatus.Done;
}

const filterOf = ({ model, gpu, branch, since }: Values): RunFilter => ({
  model,
  gpu,
  branch,
  since: since === undefined ? undefined : date(since, '--since'),
});

const DAY_MS = 86_400_000;

function date(text: string, option: string): string {
  const days = /^(\d{1,5})d$/.exec(text);
  const time = days ? new Date(Date.now() - Number(days[1]) * DAY_MS) : new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new CliFailure(`${option} expects a date, as 2026-01-31, or days, as 30d, got '${text}'.`);
}

const documentOf = (content: { readonly runs: unknown } | Omit<TrendsDocument, 'schema_version'>) =>
  `${JSON.stringify({ schema_version: HISTORY_SCHEMA_VERSION, ...content }, undefined, 2)}\n`;

async function list(store: HistoryStore, values: Values) {
  const runs = await store.list(filterOf(values));
  if (values.json) {
    await print(documentOf({ runs }));
    return ExitStatus.Done;
  }
  if (runs.length === 0) {
    note(`profilemate: No runs in ${store.place}.`);
    return ExitStatus.No;
  }
  const figure = (name: string) => (run: RunRecord) => formatNumber(run.metrics[name]);
  await print(
    `${textTable(
      [
        { title: 'id' },
        { title: 'when' },
        { title: 'model' },
        { title: 'measured by' },
        { title: 'commit' },
        { title: 'prefill ms', right: true },
        { title: 'decode ms', right: true },
        { title: 'graphs %', right: true },
        { title: '' },
        { title: 'run' },
      ],
      runs.map((run) => [
        run.id,
        timeOf(run).slice(0, 16).replace('T', ' '),
        run.model ?? UNKNOWN,
        MEASURE_NAMES[run.measure],
        run.commit?.slice(0, 10) ?? UNKNOWN,
        figure('prefill.step_ms')(run),
        figure('decode.step_ms')(run),
        figure('graphs.coverage_percent')(run),
        run.baseline ? 'baseline' : '',
        shortenMiddle(run.note ?? run.label, 40),
      ]),
    )}\n`,
  );
  return ExitStatus.Done;
}

async function trends(store: HistoryStore, values: Values) {
  const found = trendsOf(await store.list(filterOf(values)));
  if (values.json) {
    const groups = found.map(({ runs, ...group }) => ({ ...group, runs: runs.map(trendRun) }));
    await print(documentOf({ groups }));
  } else await print(renderTrends(found));
  if (values.html !== undefined) {
    const facts = { madeAt: new Date().toISOString(), version, method: CHANGE_POINT_METHOD };
    await writeFile(values.html, [renderTrendsPage(found, facts)]);
  }
  return found.length > 0 ? ExitStatus.Done : ExitStatus.No;
}

const trendRun = (run: RunRecord): TrendRun => ({
  id: run.id,
  time: timeOf(run),
  commit: run.commit,
  branch: run.branch,
  label: run.label,
  note: run.note,
  baseline: run.baseline,
});

async function exportAll(store: HistoryStore, values: Values) {
  const runs = await store.list(filterOf(values));
  const text = values.json ? documentOf({ runs }) : csvOf(runs);
  if (values.output === undefined) await print(text);
  else await writeFile(values.output, [text]);
  return runs.length > 0 ? ExitStatus.Done : ExitStatus.No;
}

function csvOf(runs: readonly RunRecord[]): string {
  const names = [...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics)))].sort();
  const header = [
    'id',
    'captured_at',
    'added_at',
    'model',
    'gpu',
    'measure',
    'commit',
    'branch',
    'baseline',
    'run',
    'note',
    ...names,
  ];
  const rows = runs.map((run) => [
    run.id,
    run.capturedAt ?? undefined,
    run.addedAt,
    run.model ?? undefined,
    run.gpu ?? undefined,
    run.measure,
    run.commit ?? undefined,
    run.branch ?? undefined,
    run.baseline ? 1 : 0,
    run.label,
    run.note ?? undefined,
    ...names.map((name) => run.metrics[name]),
  ]);
  return [header, ...rows].map((row) => `${csvRow(row)}\n`).join('');
}

async function prune(store: HistoryStore, values: Values) {
  const keep = values.keep === undefined ? undefined : Number(values.keep);
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 0)) {
    throw new CliFailure(`--keep expects a number of runs, got '${values.keep}'.`);
  }
  if (keep === undefined && values.before === undefined) {
    throw new CliFailure('profilemate history prune expects --keep N or --before DATE.');
  }
  const before = values.before === undefined ? undefined : date(values.before, '--before');
  const seen = new Map<string | null, number>();
  const forget = [...(await store.list(filterOf(values)))].reverse().filter((run) => {
    if (run.baseline) return false;
    const place = seen.get(run.model) ?? 0;
    seen.set(run.model, place + 1);
    return (keep === undefined || place >= keep) && (before === undefined || timeOf(run) < before);
  });
  const removed = await store.remove(forget.map(({ id }) => id));
  await print(`${removed} ${removed === 1 ? 'run' : 'runs'} forgotten.\n`);
  return ExitStatus.Done;
}

async function baseline(values: Values, places: readonly string[]): Promise<ExitStatus> {
  const { output } = values;
  if (places.length !== 1 || output === undefined) {
    throw new CliFailure(
      `profilemate history baseline expects one run, and -o NAME${BASELINE_SUFFIX}.`,
    );
  }
  const tolerance = values.tolerance === undefined ? undefined : Number(values.tolerance);
  if (tolerance !== undefined && !(tolerance >= 0)) {
    throw new CliFailure(`--tolerance expects per cent, got '${values.tolerance}'.`);
  }
  const run = await readRun(places[0], { model: values.model, commit: values.commit });
  await writeBaseline(output, await nextBaseline(output, run, tolerance));
  await print(`${output}\n`);
  return ExitStatus.Done;
}

async function nextBaseline(file: string, run: Snapshot, tolerance: number | undefined) {
  const now = new Date().toISOString();
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new CliFailure(`Cannot read ${file}: ${reason(error)}.`);
  });
  if (text === undefined) return makeBaseline(run, now, tolerance);
  try {
    return updateBaseline(readBaseline(text), run, now);
  } catch (error) {
    if (!(error instanceof NotABaseline)) throw error;
    throw new CliFailure(`${file} is there, and is no baseline: ${error.message}.`);
  }
}
