/** Runs as they are added to a history, made up: figures and little else. */
import { snapshotOfSummary } from '../../../src/analysis/compare';
import type { NewRun } from '../../../src/history/store';
import { older } from '../check/runs';

export interface MadeUp {
  readonly decode?: number;
  readonly model?: string;
  readonly commit?: string;
  readonly kernel?: string;
  /** Day of the year 2026. */
  readonly day?: number;
}

export function madeUp(tag: string, options: MadeUp = {}): NewRun {
  const summary = {
    ...older({
      decode: [100, options.decode ?? 200],
      kernels: [[options.kernel ?? 'gemm', 100, 40]],
    }),
    timestamp: new Date(Date.UTC(2026, 0, options.day ?? 1)).toISOString(),
    tag,
  };
  const snapshot = snapshotOfSummary(summary, {
    label: tag,
    model: options.model ?? 'org/model',
    commit: options.commit,
  });
  return { summary, snapshot };
}
