/** A comparison as a document for other programs; described in docs/check.md. */
import type { Comparison, KernelChange } from '../analysis/compare';
import { messages } from './compare-figures';

/** Adding a field keeps it; renaming, removing or redefining one raises it. */
export const COMPARISON_SCHEMA_VERSION = 1;

const KERNELS = 50;

export function comparisonDocument(comparison: Comparison, generator: string) {
  const run = ({ label, identity, source }: Comparison['baseline'][number]) => ({
    label,
    source,
    ...identity,
  });
  return {
    schema_version: COMPARISON_SCHEMA_VERSION,
    generator: { name: 'profilemate', version: generator },
    verdict: comparison.verdict,
    basis: comparison.basis,
    method: comparison.method,
    threshold: comparison.threshold,
    per: comparison.per,
    baseline: comparison.baseline.map(run),
    current: comparison.current.map(run),
    differences: comparison.differences,
    messages: messages(comparison),
    metrics: comparison.metrics.map(({ metric, ...judged }) => ({
      name: metric.name,
      title: metric.title,
      unit: metric.unit,
      better: metric.better,
      ...judged,
    })),
    kernels: comparison.kernels.slice(0, KERNELS).map(kernel),
    waterfall: {
      ...comparison.waterfall,
      bars: comparison.waterfall.bars.map(({ change: _change, ...bar }) => bar),
    },
  };
}

function kernel(row: KernelChange) {
  const { formerName, time, call, ...rest } = row;
  return { ...rest, formerName: formerName ?? null, time: time ?? null, call: call ?? null };
}
