/** `profilemate check`: is this run worse than that one? */
import { appendFile, stat } from 'node:fs/promises';
import { version } from '../../package.json';
import {
  answerOf,
  compare,
  copySides,
  DEFAULT_THRESHOLD,
  DIFFERENCES,
  type CompareOptions,
  type Comparison,
  type DifferenceKind,
  type DocumentRoofline,
} from '../analysis/compare';
import { compareToBaseline } from '../history/baseline';
import { ReadFailure } from '../readers/failure';
import { renderReport } from '../report/html/report';
import { renderAnnotations } from '../report/check-github';
import { renderJunit } from '../report/check-junit';
import { comparisonDocument } from '../report/compare-json';
import { headline } from '../report/compare-figures';
import { renderComparisonMarkdown } from '../report/compare-markdown';
import { renderComparisonText } from '../report/compare-text';
import { readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure, reason } from './failure';
import { note, print, writeFile } from './output';
import { newestRun } from './newest-run';
import { compareRooflines, kernelsBeside } from './rooflines';
import { readBaselineFile, readRun } from './runs';

const help = `Usage: profilemate check --current RUN [RUN…] --baseline RUN [RUN…] [options]
       profilemate check --history PLACE --baseline BASELINE [options]

Whether a run is worse than a baseline, by how much, and which kernels did it.
Times are compared per engine step and kernels by their names, so that the runs
need not be of one length.

A RUN is a summary.json (of profilemate analyze, or of older scripts), a profile,
the folder of a run, or that of a session of the runtime layer. A baseline may be a
*.profile-baseline.json as well. With several runs on both sides the noise is measured; name at least four of each.

      --current RUN…     the run in question, or its repeats
      --baseline RUN…    what it is held against
      --history PLACE    instead of --current: the newest run of the baseline's model
                         and GPU that profilemate history keeps there
      --threshold P      per cent that matter (points, of what is in per cent);
                         default ${DEFAULT_THRESHOLD}
      --metric-threshold NAME=P
                         for one figure, which then decides; may be repeated
      --allow KIND       compare although this differs: ${DIFFERENCES.join(', ')};
                         may be repeated
      --baseline-ncu FILE, --current-ncu FILE
                         results of Nsight Compute to set side by side, where they do
                         not lie beside the runs; in the JSON document alone
      --json             print one JSON document
      --github           print annotations, and append a Markdown page to the file
                         that GITHUB_STEP_SUMMARY names
      --junit            print JUnit's XML
      --markdown FILE    write the Markdown page, besides
      --html FILE        write an HTML page, besides
      --save-json FILE   write the JSON document, besides
  -h, --help             print this

Exit status: 0 no regression, 1 regression, 2 the input is bad or cannot be compared.
`;

const LIST_OPTIONS = new Set(['--current', '--baseline']);

/** `--current A B` as `--current A --current B`, which is how options are read. */
export function spreadLists(args: readonly string[]): string[] {
  const spread: string[] = [];
  let list: string | undefined;
  for (const argument of args) {
    if (argument.startsWith('-') && argument !== '-') {
      list = LIST_OPTIONS.has(argument) ? argument : undefined;
      if (list === undefined) spread.push(argument);
    } else if (list !== undefined) spread.push(list, argument);
    else spread.push(argument);
  }
  return spread;
}

function percent(text: string, what: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new CliFailure(`${what} expects a number of per cent, got '${text}'.`);
}

function metricThresholds(given: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.lastIndexOf('=');
      if (equals < 1) {
        throw new CliFailure(
          `--metric-threshold expects NAME=P, as decode.step_ms=5, got '${text}'.`,
        );
      }
      const name = text.slice(0, equals);
      return [name, percent(text.slice(equals + 1), `--metric-threshold ${name}`)];
    }),
  );
}

function allowed(given: readonly string[]): DifferenceKind[] {
  return given
    .flatMap((text) => text.split(','))
    .map((text) => {
      const kind = DIFFERENCES.find((known) => known === text);
      if (kind !== undefined) return kind;
      throw new CliFailure(`--allow knows ${DIFFERENCES.join(', ')}, and not '${text}'.`);
    });
}

async function compareRuns(
  baselines: readonly string[],
  currents: readonly string[],
  options: CompareOptions,
): Promise<Comparison> {
  const current = [];
  for (const place of currents) current.push(await readRun(place));
  return compareWith(baselines, current, options);
}

async function compareNewest(
  baselines: readonly string[],
  history: string,
  options: CompareOptions,
): Promise<Comparison> {
  const [file] = baselines;
  const kept = baselines.length === 1 ? await readBaselineFile(file) : undefined;
  if (kept === undefined) {
    throw new CliFailure(`--history needs one baseline file, and ${file} is none.`);
  }
  return compareToBaseline(kept, [await newestRun(history, kept)], options);
}

async function compareWith(
  baselines: readonly string[],
  current: Parameters<typeof compareToBaseline>[1],
  options: CompareOptions,
): Promise<Comparison> {
  const kept = baselines.length === 1 ? await readBaselineFile(baselines[0]) : undefined;
  if (kept !== undefined) return compareToBaseline(kept, current, options);
  const baseline = [];
  for (const place of baselines) baseline.push(await readRun(place));
  return compare(baseline, current, options);
}

export const check: Command = {
  name: 'check',
  summary: 'whether a run is worse than a baseline, and which kernels did it',
  help,
  async run(args) {
    const { values, positionals } = readArgs('check', spreadLists(args), {
      current: { type: 'string', multiple: true },
      history: { type: 'string' },
      baseline: { type: 'string', multiple: true },
      threshold: { type: 'string' },
      'metric-threshold': { type: 'string', multiple: true },
      allow: { type: 'string', multiple: true },
      'baseline-ncu': { type: 'string' },
      'current-ncu': { type: 'string' },
      json: { type: 'boolean' },
      github: { type: 'boolean' },
      junit: { type: 'boolean' },
      markdown: { type: 'string' },
      html: { type: 'string' },
      'save-json': { type: 'string' },
    });
    const { current, history, baseline } = values;
    if (positionals.length > 0 || !baseline || (!current && history === undefined)) {
      throw new CliFailure(
        'profilemate check expects --current RUN and --baseline RUN. See: profilemate check --help',
      );
    }
    if (current && history !== undefined) {
      throw new CliFailure('Of --current and --history one may be chosen.');
    }
    if ([values.json, values.github, values.junit].filter(Boolean).length > 1) {
      throw new CliFailure('Of --json, --github and --junit one may be chosen.');
    }
    const options = {
      threshold:
        values.threshold === undefined ? undefined : percent(values.threshold, '--threshold'),
      metricThresholds: metricThresholds(values['metric-threshold'] ?? []),
      allow: allowed(values.allow ?? []),
    };
    const comparison = current
      ? await compareRuns(baseline, current, options)
      : await compareNewest(baseline, history!, options);
    warnOfUnknownMetrics(comparison, values['metric-threshold'] ?? []);
    const document =
      values.json || values['save-json'] !== undefined
        ? await documentOf(comparison, values['baseline-ncu'], values['current-ncu'])
        : '';
    if (values.json) await print(document);
    else if (values.junit) await print(renderJunit(comparison));
    else {
      if (values.github) await print(renderAnnotations(comparison, await inRepository(baseline)));
      await print(renderComparisonText(comparison));
    }
    const page = renderComparisonMarkdown(comparison);
    if (values.markdown !== undefined) await writeFile(values.markdown, [page]);
    if (values.html !== undefined) await writeFile(values.html, [htmlPage(comparison)]);
    if (values['save-json'] !== undefined) await writeFile(values['save-json'], [document]);
    if (values.github) await appendToSummary(page);
    switch (comparison.verdict) {
      case 'regressed':
        return ExitStatus.No;
      case 'not comparable':
        note(`profilemate: ${headline(comparison)} Compare runs of one kind, or use --allow.`);
        return ExitStatus.BadInput;
      case 'improved':
      case 'within noise':
        return ExitStatus.Done;
    }
  },
};

async function documentOf(
  comparison: Comparison,
  baselineKernels: string | undefined,
  currentKernels: string | undefined,
): Promise<string> {
  const { baseline, current, per } = comparison;
  const facts = {
    answer: answerOf(comparison),
    copies: copySides(baseline, current, per),
    rooflines: await rooflinesOf(comparison, baselineKernels, currentKernels),
  };
  return `${JSON.stringify(comparisonDocument(comparison, facts, version), undefined, 2)}\n`;
}

/** Of one run on each side; of repeats nobody said which one was measured. */
async function rooflinesOf(
  { baseline, current }: Comparison,
  baselineKernels: string | undefined,
  currentKernels: string | undefined,
): Promise<readonly DocumentRoofline[] | null> {
  const beside = async (given: string | undefined, runs: Comparison['baseline']) =>
    given ?? (runs.length === 1 ? await kernelsBeside(runs[0].label) : undefined);
  const from = await beside(baselineKernels, baseline);
  const to = await beside(currentKernels, current);
  if (from === undefined || to === undefined) return null;
  try {
    return await compareRooflines(from, to);
  } catch (error) {
    // What nobody named is no reason to fail.
    const named = baselineKernels !== undefined || currentKernels !== undefined;
    if (named || !(error instanceof ReadFailure)) throw error;
    note(`profilemate: No rooflines: ${error.message}`);
    return null;
  }
}

function htmlPage(comparison: Comparison): string {
  const [from, to] = [comparison.baseline, comparison.current].map((runs) =>
    runs.map(({ label }) => label.split(/[\\/]/).at(-1)).join(', '),
  );
  return renderReport({
    title: `${from} → ${to}`,
    madeAt: new Date().toISOString(),
    version,
    comparison,
  });
}

function warnOfUnknownMetrics({ metrics }: Comparison, given: readonly string[]): void {
  for (const text of given) {
    const name = text.slice(0, text.lastIndexOf('='));
    if (metrics.some(({ metric }) => metric.name === name)) continue;
    note(`profilemate: The runs have no figure '${name}', so its threshold decides nothing.`);
  }
}

/** Only a file of the repository can carry an annotation. */
async function inRepository(baselines: readonly string[]): Promise<string | undefined> {
  const [file] = baselines;
  if (baselines.length !== 1 || file.startsWith('/') || file.startsWith('..')) return undefined;
  const here = await stat(file).catch(() => undefined);
  return here?.isFile() ? file.replace(/^\.\//, '') : undefined;
}

async function appendToSummary(page: string): Promise<void> {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  await appendFile(file, `${page}\n`).catch((error: unknown) => {
    throw new CliFailure(`Cannot write the job's summary ${file}: ${reason(error)}.`);
  });
}
