/** `profilemate report`: one HTML page of whichever results there are. */
import path from 'node:path';
import { version } from '../../package.json';
import { Analysis } from '../analysis/analysis';
import { compare, readClient, type Comparison } from '../analysis/compare';
import { operators } from '../analysis/operators';
import { compareToBaseline } from '../history/baseline';
import { renderReport, type ReportInputs } from '../report/html/report';
import { readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure } from './failure';
import { ncuResults } from './kernel-report';
import { note, print, writeFile } from './output';
import { findProfile, readProfile } from './profiles';
import { resultsOfAnalysis } from './results';
import { contentsOf, type RunContents } from './run-contents';
import { readBaselineFile, readJson, readRun } from './runs';
import { sessionResults } from './session-results';

const help = `Usage: profilemate report [RUN] [--nsys F] [--torch F] [--ncu F] [--session DIR] [--client F] -o report.html

One self-contained HTML file: summary, phases, components, kernels, operators,
bandwidth, roofline, graphs, memory, what the runtime layer saw, findings, and how
it was captured, from whichever of these there are. It loads nothing, opens in any
browser, and prints.

  RUN              the folder of a run: all that lies in it
      --nsys FILE      a timeline: an Nsight Systems SQLite export, or a folder with one
      --torch FILE     a PyTorch profiler trace; the timeline where there is no --nsys
      --ncu FILE       a Nsight Compute CSV
      --session DIR    the folder of a runtime session
      --client FILE    client.json of a load, or what vllm bench serve saved
      --baseline RUN   compare the timeline with it (as profilemate check does)
      --title TEXT     instead of the run's name
  -o, --output FILE    where to write it
  -h, --help           print this

What is named goes before what lies in RUN.

Exit status: 0 done, 2 the input is bad.
`;

export const report: Command = {
  name: 'report',
  summary: 'one HTML page of a run: timeline, trace, kernel report, session, client',
  help,
  async run(args) {
    const { values, positionals } = readArgs('report', args, {
      nsys: { type: 'string' },
      torch: { type: 'string' },
      ncu: { type: 'string' },
      session: { type: 'string' },
      client: { type: 'string' },
      baseline: { type: 'string' },
      title: { type: 'string' },
      output: { type: 'string', short: 'o' },
    });
    const { output } = values;
    if (output === undefined) {
      throw new CliFailure('profilemate report expects -o FILE. See: profilemate report --help');
    }
    if (positionals.length > 1) {
      throw new CliFailure(
        'profilemate report takes one run, and further files by their kind: --nsys, --torch, --ncu, --session, --client. See: profilemate report --help',
      );
    }
    const [run] = positionals as (string | undefined)[];
    const found = run === undefined ? undefined : await contentsOf(run);
    const sources: Sources = {
      nsys:
        values.nsys === undefined ? only(found?.timelines, run) : await findProfile(values.nsys),
      torch: values.torch ?? only(found?.traces, run),
      ncu: values.ncu ?? found?.kernels,
      session: values.session ?? found?.session,
      client: values.client ?? found?.client,
    };
    if (Object.values(sources).every((source) => source === undefined)) {
      throw new CliFailure(
        run === undefined
          ? 'profilemate report expects the folder of a run, --nsys, --torch, --ncu, --session or --client. See: profilemate report --help'
          : `There is nothing in ${run} that a report could be made of: no timeline (*.sqlite), trace (*.pt.trace.json), kernel report (*.csv of Nsight Compute), session or client.json.`,
      );
    }
    const { nsys, torch, ncu, session, client } = sources;
    const title = values.title ?? nameOf((run ?? nsys ?? torch ?? ncu ?? session ?? client)!);
    const inputs = await inputsOf(sources, values.baseline);
    await writeFile(output, [renderReport({ ...inputs, title, run: factsOf(found) })]);
    await print(`${output}\n`);
    return ExitStatus.Done;
  },
};

interface Sources {
  readonly nsys?: string;
  readonly torch?: string;
  readonly ncu?: string;
  readonly session?: string;
  readonly client?: string;
}

const nameOf = (place: string): string => path.basename(path.resolve(place));

/** A report is of one timeline; of several ranks' the first stands for all. */
function only(files: readonly string[] | undefined, run: string | undefined): string | undefined {
  if (files !== undefined && files.length > 1) {
    note(
      `profilemate: ${run} holds ${files.map(nameOf).join(', ')}; the report is of the first. Name another with --nsys or --torch.`,
    );
  }
  return files?.[0];
}

function factsOf(found: RunContents | undefined): ReportInputs['run'] {
  const record = found?.record;
  if (record === undefined) return undefined;
  const { git, versions } = record;
  return {
    ...record,
    versions: Object.fromEntries(versions.map(({ name, value }) => [name, value])),
    commit: git && `${git.commit}${git.changed ? ', with changes' : ''}`,
  };
}

async function inputsOf(
  { nsys, torch, ncu, session, client }: Sources,
  baseline: string | undefined,
): Promise<ReportInputs> {
  const main = nsys ?? torch;
  if (baseline !== undefined && main === undefined) {
    throw new CliFailure('--baseline compares a timeline: name it with --nsys or --torch.');
  }
  const timeline = main === undefined ? undefined : new Analysis(await readProfile(main));
  const trace =
    torch === undefined || torch === main ? timeline : new Analysis(await readProfile(torch));
  if (torch !== undefined && trace?.profile.operators === undefined) {
    throw new CliFailure(
      `${torch} is no trace of the PyTorch profiler. Name timelines with --nsys.`,
    );
  }
  return {
    madeAt: new Date().toISOString(),
    version,
    timeline: timeline && resultsOfAnalysis(timeline),
    trace: trace?.profile.operators && {
      source: trace.profile.source,
      operators: operators(trace, {}),
    },
    ncu:
      ncu === undefined
        ? undefined
        : await ncuResults(ncu, timeline && { path: main!, analysis: timeline }),
    session: session === undefined ? undefined : await sessionResults(session),
    client: client === undefined ? undefined : await clientOf(client),
    comparison: baseline === undefined ? undefined : await comparisonOf(main!, baseline),
  };
}

async function clientOf(file: string) {
  const figures = readClient(await readJson(file));
  if (figures !== undefined) return figures;
  throw new CliFailure(`${file} holds no figures of a client (ttft, tpot, itl, throughput).`);
}

async function comparisonOf(timeline: string, baseline: string): Promise<Comparison> {
  const current = [await readRun(timeline)];
  const kept = await readBaselineFile(baseline);
  return kept ? compareToBaseline(kept, current) : compare([await readRun(baseline)], current);
}
