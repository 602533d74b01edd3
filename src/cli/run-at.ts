/** The run that a folder is of, by the record that a capture left in it. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readRunAbout } from '../capture/run-about';
import { readRecord } from '../capture/run-folder';
import { formatCount, formatNumber, formatTime } from '../profile/format';
import type { ClientFigures } from '../profile/client-figures';
import type { RunAbout, RunFacts, RunProfileKind } from '../profile/run';
import { plain } from './output';

export type RecordedRun = RunAbout & { readonly record: RunFacts };

/** Undefined for a file, and for a folder without a record. */
export async function runAt(place: string): Promise<RecordedRun | undefined> {
  const facts = await stat(place).catch(() => undefined);
  if (!facts?.isDirectory() || !(await readRecord(place))) return undefined;
  const about = await readRunAbout(place);
  return about?.record && { ...about, record: about.record };
}

/** Its profiles that can be read as they are: timelines before what is set beside them. */
export const profilesOf = (
  { folder, profiles }: RunAbout,
  only?: RunProfileKind,
): readonly string[] =>
  profiles
    .filter(({ file }) => !/\.(nsys-rep|qdrep|ncu-rep)$/i.test(file))
    .filter(({ kind }) => only === undefined || kind === only)
    .map(({ file }) => path.join(folder, file));

/** Why a run has nothing of some kind, with what its record says of that. */
export function lacks({ folder, record, logs }: RecordedRun, what: string): string {
  const { failure } = record;
  const why = failure
    ? ` The run failed${failure.stage === undefined ? '' : ` at “${failure.stage}”`}: ${[failure.what, failure.why, failure.advice].filter(Boolean).join(' ')}`
    : ` It was captured in mode ${record.mode}.`;
  const where = failure && logs.length > 0 ? ` Logs: ${path.join(folder, 'logs')}.` : '';
  return plain(`The run in ${folder} has no ${what}.${why}${where}`);
}

/** A run in a few lines, before what its profiles say. */
export function runLines({ record, clients }: RecordedRun): string {
  const took = record.seconds === undefined ? undefined : formatTime(record.seconds * 1e9);
  const head = [record.model, `mode ${record.mode}`, record.started, took, record.state];
  return [
    `Run: ${head.filter(Boolean).join(' · ')}`,
    ...clients.map(({ file, figures }) => `Client (${file}): ${clientLine(figures)}`),
    '',
  ]
    .map((line) => `${plain(line)}\n`)
    .join('');
}

function clientLine(figures: ClientFigures): string {
  const ms = (value: number): string => formatTime(value * 1e6);
  const times = (['ttft', 'tpot', 'itl', 'latency'] as const).flatMap((name) => {
    const { p50, p99 } = figures[`${name}_ms`] ?? {};
    if (p50 === undefined) return [];
    const label = name === 'latency' ? name : name.toUpperCase();
    return [`${label} p50 ${ms(p50)}${p99 === undefined ? '' : `, p99 ${ms(p99)}`}`];
  });
  const { completed, requests, output_throughput: rate } = figures;
  return [
    completed === undefined
      ? undefined
      : `${formatCount(completed)}${requests === undefined ? '' : ` of ${formatCount(requests)}`} requests answered`,
    ...times,
    rate === undefined ? undefined : `${formatNumber(rate)} output tokens/s`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}
