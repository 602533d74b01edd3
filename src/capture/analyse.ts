/**
 * Analyses the files of a run with the `profilemate` command in a process of
 * its own: the figures are those that anyone gets who runs it by hand.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Summary } from '../profile/summary';
import type { CommandLine } from './command';
import { CaptureFailure } from './failure';
import { lastLine, run } from './process';
import type { Analyser } from './run';
import type { Headline } from './run-folder';

/** Of what is worth measuring one by one: the kernels that make up this much of the time. */
const WORTH_PERCENT = 1;

/** @param profilemate the command, without a subcommand: an interpreter and the program */
export function commandAnalyser(profilemate: CommandLine): Analyser {
  const analyse = async (
    file: string,
    folder: string,
    cancel: AbortSignal,
    ...more: string[]
  ): Promise<void> => {
    const args = [...profilemate.args, 'analyze', file, '--output', folder, ...more];
    const env = { ...process.env, ...profilemate.env };
    const { status, tail } = await run(profilemate.program, args, { signal: cancel, env });
    cancel.throwIfAborted();
    if (status !== 0) {
      throw new CaptureFailure({
        what: `${path.basename(file)} could not be analysed.`,
        why: lastLine(tail),
        advice: 'The file itself is kept.',
      });
    }
  };
  return {
    async timeline(database, folder, cancel) {
      await analyse(database, folder, cancel);
      const text = await readFile(path.join(folder, 'summary.json'), 'utf8');
      const summary = JSON.parse(text) as Summary;
      return { headline: headlineOf(summary), kernels: kernelsOf(summary) };
    },
    async kernels(table, folder, cancel) {
      await analyse(table, folder, cancel);
      const text = await readFile(path.join(folder, 'ncu_summary.json'), 'utf8');
      const { total_kernels, total_launches } = JSON.parse(text) as Record<string, number>;
      return { measured_kernels: total_kernels, measured_launches: total_launches };
    },
  };
}

function headlineOf({ utilisation, phases }: Summary): Headline {
  const figures: Record<string, number | undefined> = {
    gpu_busy_percent: utilisation.busy_percent ?? undefined,
  };
  for (const { phase, steps, percent, step_time_ms } of phases) {
    if (phase === 'unattributed') continue;
    figures[`${phase}_steps`] = steps;
    figures[`${phase}_percent`] = percent ?? undefined;
    figures[`${phase}_step_p50_ms`] = step_time_ms?.p50;
  }
  return figures;
}

/** By time; without those that wait for other GPUs, which cannot be measured alone. */
function kernelsOf({ kernels }: Summary): readonly string[] {
  return [...kernels]
    .filter(({ component, percent }) => component !== 'communication' && percent >= WORTH_PERCENT)
    .sort((a, b) => b.total_ms - a.total_ms)
    .map(({ name }) => name);
}
