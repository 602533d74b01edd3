/** The runs of the workspace, as their folders tell. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { KnownStage } from '../../capture/estimate';
import { readRecord, type RunRecord } from '../../capture/run-folder';
import type { CaptureSettings } from '../../capture/settings';

export interface Run {
  readonly folder: string;
  readonly record: RunRecord;
}

/** The newest first. A folder that cannot be read has none. */
export async function readRuns(outputDirs: readonly string[]): Promise<readonly Run[]> {
  const found = await Promise.all([...new Set(outputDirs)].map(runsIn));
  const when = ({ record }: Run): number => Date.parse(record.started) || 0;
  return found.flat().sort((a, b) => when(b) - when(a));
}

async function runsIn(outputDir: string): Promise<readonly Run[]> {
  const names = await readdir(outputDir).catch(() => []);
  const runs = names
    // A hidden one is not whole yet.
    .filter((name) => !name.startsWith('.'))
    .map(async (name) => {
      const folder = path.join(outputDir, name);
      const record = await readRecord(folder);
      return record === undefined ? [] : [{ folder, record }];
    });
  return (await Promise.all(runs)).flat();
}

/** What of a run opens first; undefined where it has nothing to open. */
export function resultOf({ folder, record }: Run): { kind: Result; file: string } | undefined {
  const { timelines, torch, kernels } = record.files;
  const results: readonly (readonly [Result, string | undefined])[] = [
    ['timeline', timelines[0]],
    ['torch', torch[0]],
    ['kernels', kernels],
  ];
  for (const [kind, name] of results) {
    const file = name === undefined ? undefined : inside(folder, name);
    if (file !== undefined) return { kind, file };
  }
  return undefined;
}

/** What the stages of the newest run of the same kind took; none where there is none. */
export function stagesBefore(
  runs: readonly Run[],
  { model, mode, target }: CaptureSettings,
): readonly KnownStage[] {
  const like = runs.find(
    ({ record }) =>
      record.state === 'done' &&
      (record.settings.model ?? record.model) === model &&
      record.mode === mode &&
      (record.settings.target as Partial<CaptureSettings['target']> | undefined)?.kind ===
        target.kind,
  );
  return like?.record.stages ?? [];
}

export type Result = 'timeline' | 'torch' | 'kernels';

/** A record may name any file; only those of its own folder are opened. */
function inside(folder: string, name: string): string | undefined {
  const file = path.resolve(folder, name);
  return file.startsWith(folder + path.sep) ? file : undefined;
}
