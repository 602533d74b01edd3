/** What is made of what was recorded: databases, analyses, kernels measured alone. */
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { CaptureFailure } from '../failure';
import { KERNELS_OF_TIMELINE, kernelPattern } from '../ncu-command';
import { exportArguments } from '../nsys-export';
import type { Stage } from '../plan';
import { reasonFor } from '../reasons';
import type { RunContext } from '../run-context';

export async function exportReports(run: RunContext): Promise<string> {
  const nsys = run.environment?.nsys?.path ?? 'nsys';
  const databases: string[] = [];
  for (const report of run.files.reports) {
    const name = report.replace(/\.nsys-rep$/, '.nsys.sqlite');
    const partial = run.folder.file(`${name}.part`);
    const args = exportArguments(run.folder.file(report), partial);
    const { status, tail } = await run.execute({ program: nsys, args, env: {} }, 'nsys');
    if (status !== 0) {
      await rm(partial, { force: true });
      throw new CaptureFailure({
        what: `nsys could not export ${report}.`,
        why: reasonFor(tail)?.why,
        advice: 'The report itself is kept: open it, or export it with another nsys.',
        log: tail,
      });
    }
    await rename(partial, run.folder.file(name));
    run.folder.keep(name);
    databases.push(name);
  }
  run.files.timelines = databases;
  return databases.join(', ');
}

export async function analyseTimelines(run: RunContext): Promise<string | undefined> {
  const { analyser, cancel } = run.options;
  const { timelines } = run.files;
  for (const [i, name] of timelines.entries()) {
    const folder = timelines.length === 1 ? 'parsed' : path.join('parsed', String(i + 1));
    const result = await analyser.timeline(run.folder.file(name), run.folder.file(folder), cancel);
    // The list shows the first; each has its own.
    if (i === 0) {
      run.headline = { ...run.headline, ...result.headline };
      run.kernels = result.kernels;
    }
  }
  if (timelines.length > 0) run.folder.keep('parsed');
  return undefined;
}

export async function measureKernels(run: RunContext, { commands }: Stage): Promise<string> {
  const [planned] = commands;
  const pattern = kernelPattern(run.kernels);
  const later = planned.args.includes(KERNELS_OF_TIMELINE);
  if (later && pattern === undefined) {
    throw new CaptureFailure({
      what: 'The timeline has no kernels that could be measured.',
      why:
        run.environment?.gpus.length === 0
          ? 'There is no GPU here.'
          : 'Only kernels were recorded that wait for other GPUs, or none.',
      advice: 'The timeline is kept. Name kernels with --ncu-kernels, or take mode quick.',
    });
  }
  const args = planned.args.map((arg) => (arg === KERNELS_OF_TIMELINE ? `regex:${pattern}` : arg));
  const { status, tail } = await run.execute({ ...planned, args }, 'ncu');
  const report = 'kernels.ncu-rep';
  const written = await stat(run.folder.file(report)).catch(() => undefined);
  if (status !== 0 || !written) {
    throw new CaptureFailure({
      what: written ? `ncu ended with status ${status}.` : 'ncu measured no kernel.',
      advice: 'What it said is in the log. The timeline is kept.',
      log: tail,
    });
  }
  run.folder.keep(report);
  return report;
}

export async function kernelTable(run: RunContext, { commands }: Stage): Promise<string> {
  const table = 'kernels.csv';
  const partial = run.folder.file(`${table}.part`);
  const { status, tail } = await run.execute(commands[0], 'ncu', partial);
  if (status !== 0)
    throw new CaptureFailure({
      what: 'ncu could not print its report as a table.',
      advice: 'The report itself is kept.',
      log: tail,
    });
  await rename(partial, run.folder.file(table));
  run.folder.keep(table);
  run.files.kernels = table;
  return table;
}

export async function analyseKernels(run: RunContext): Promise<undefined> {
  const { analyser, cancel } = run.options;
  const table = run.folder.file(run.files.kernels ?? 'kernels.csv');
  const headline = await analyser.kernels(table, run.folder.file('ncu_parsed'), cancel);
  run.folder.keep('ncu_parsed');
  run.headline = { ...run.headline, ...headline };
  return undefined;
}
