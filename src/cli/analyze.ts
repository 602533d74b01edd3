/** `profilemate analyze`: where the time went, as text, as JSON, as files. */
import path from 'node:path';
import { version } from '../../package.json';
import { Analysis } from '../analysis/analysis';
import { ReadFailure } from '../readers/failure';
import { recognise } from '../readers/open';
import { EVENT_FILES } from '../report/events-csv';
import { ncuDocument, ncuFiles, type TextFile } from '../report/ncu-files';
import { renderNcuText } from '../report/ncu-text';
import { operatorsCsv } from '../report/operators-csv';
import { summarise } from '../report/summary';
import { renderText } from '../report/text';
import { onePath, readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure } from './failure';
import { ncuResults, type Timeline } from './kernel-report';
import { makeFolder, note, print, writeFile } from './output';
import { findProfiles, readProfile } from './profiles';
import { resultsOf } from './results';
import { lacks, profilesOf, runAt, runLines, type RecordedRun } from './run-at';

const help = `Usage: profilemate analyze FILE|DIR [-o DIR] [--json] [--timeline NSYS]

Where the GPU's time went: prefill and decode, components, kernels, CUDA graphs,
busy and idle, copies; what stands out, and what the capture cannot say. Of a
Nsight Compute CSV: what holds each kernel back, and how near it is to its roof.

  FILE           an Nsight Systems SQLite export (nsys export --type sqlite …), a trace
                 of PyTorch's profiler (.pt.trace.json, .json.gz), or a Nsight Compute
                 CSV (ncu --import … --page raw --csv)
  DIR            a folder with such files; of a run's, with what the run was and what its
                 client measured, and kernel metrics beside the timeline

  -o, --output DIR  write summary.json, nvtx_ranges.csv, kernel_stats.csv and
                    memcpy_stats.csv into DIR, which is created where it does not
                    exist; of a trace of PyTorch operators.csv as well; of a
                    Nsight Compute CSV kernel_bandwidth_metrics.csv,
                    roofline_data.csv and ncu_summary.json; with several
                    profiles, into a folder for each
      --json        print the summary as one JSON document, with schema_version
      --timeline F  with a Nsight Compute CSV: how much of this profile's prefill
                    and decode its kernels are, and which were not profiled
  -h, --help        print this

Exit status: 0 done, 2 the input is bad.
`;

/** One file's results, made into text as far as that is wanted. */
interface Analysed {
  readonly file: string;
  text(): string;
  json(): string;
  files(): readonly TextFile[];
}

async function analyse(file: string, timeline: Timeline | undefined): Promise<Analysed> {
  if ((await recognise(file)) === 'kernels') {
    const results = await ncuResults(file, timeline);
    return {
      file,
      text: () => renderNcuText(results),
      json: () => ncuDocument(results, version),
      files: () => ncuFiles(results, version),
    };
  }
  // It was read to be set beside others.
  const profile = timeline?.path === file ? timeline.analysis.profile : await readProfile(file);
  const results = resultsOf(profile);
  const json = (): string => `${JSON.stringify(summarise(results, version), undefined, 2)}\n`;
  return {
    file,
    text: () => renderText(results),
    json,
    files: () => [
      { name: 'summary.json', lines: [json()] },
      ...EVENT_FILES.map((file) => ({ name: file.name, lines: file.lines(profile) })),
      ...(results.operators
        ? [{ name: 'operators.csv', lines: operatorsCsv(results.operators.rows) }]
        : []),
    ],
  };
}

/** Of a folder's files those that are none are named and passed over. */
async function* analyseAll(
  place: string,
  files: readonly string[],
  timeline: Timeline | undefined,
): AsyncGenerator<Analysed> {
  let opened = 0;
  for (const file of files) {
    try {
      yield await analyse(file, timeline);
      opened++;
    } catch (error) {
      if (!(error instanceof ReadFailure) || file === place) throw error;
      note(`profilemate: passed over: ${error.message}`);
    }
  }
  if (opened === 0) {
    throw new CliFailure(`None of the ${files.length} files in ${place} is a profile.`);
  }
}

/** What kernel metrics are set beside unasked: the one timeline of the same run. */
async function timelineOf(
  run: RecordedRun | undefined,
  files: readonly string[],
): Promise<string | undefined> {
  const kinds = await Promise.all(run ? files.map(recognise) : []);
  const timelines = files.filter((_, i) => kinds[i] === 'timeline');
  return kinds.includes('kernels') && timelines.length === 1 ? timelines[0] : undefined;
}

/** @throws CliFailure where no file is there that a timeline could be set beside */
async function openTimeline(
  file: string | undefined,
  files: readonly string[],
): Promise<Timeline | undefined> {
  if (file === undefined) return undefined;
  const kinds = await Promise.all(files.map(recognise));
  if (!kinds.includes('kernels')) {
    throw new CliFailure(
      `--timeline goes with a Nsight Compute CSV, and ${files.join(', ')} is none.`,
    );
  }
  return { path: file, analysis: new Analysis(await readProfile(file)) };
}

export const analyze: Command = {
  name: 'analyze',
  summary: 'where the time went, as text, JSON and CSV files',
  help,
  async run(args) {
    const { values, positionals } = readArgs('analyze', args, {
      output: { type: 'string', short: 'o' },
      json: { type: 'boolean' },
      timeline: { type: 'string' },
    });
    const place = onePath('analyze', 'profile or folder', positionals);
    const run = await runAt(place);
    if (run?.profiles.length === 0) throw new CliFailure(lacks(run, 'profile'));
    const recorded = run ? profilesOf(run) : [];
    const files = recorded.length > 0 ? recorded : await findProfiles(place);
    if (values.json && files.length > 1) {
      throw new CliFailure(
        `--json prints one document, and ${place} holds ${files.length} profiles: ${files.map((file) => path.basename(file)).join(', ')}. Name one of them.`,
      );
    }
    const timeline = await openTimeline(values.timeline ?? (await timelineOf(run, files)), files);
    if (run && !values.json) await print(runLines(run));
    let printed = false;
    for await (const analysed of analyseAll(place, files, timeline)) {
      if (values.output !== undefined) {
        const { name } = path.parse(analysed.file);
        await writeAll(files.length > 1 ? path.join(values.output, name) : values.output, analysed);
      }
      if (values.json) await print(analysed.json());
      else await print((printed ? '\n' : '') + analysed.text());
      printed = true;
    }
    return ExitStatus.Done;
  },
};

async function writeAll(folder: string, analysed: Analysed): Promise<void> {
  await makeFolder(folder);
  for (const { name, lines } of analysed.files()) await writeFile(path.join(folder, name), lines);
}
