/** A comparison as a document for other programs; described in docs/check.md. */
import type {
  Answer,
  Comparison,
  ComparisonDocument,
  CopySides,
  DocumentKernel,
  DocumentRoofline,
  KernelChange,
} from '../analysis/compare';
import { messages } from './compare-figures';

/** Adding a field keeps it; renaming, removing or redefining one raises it. */
export const COMPARISON_SCHEMA_VERSION = 1;

/** More than any model has; a stop for what is no model's. */
const KERNELS = 1000;

/** What is told of a comparison besides itself. */
export interface ComparisonFacts {
  readonly answer: Answer;
  readonly copies: readonly CopySides[] | null;
  readonly rooflines: readonly DocumentRoofline[] | null;
}

export function comparisonDocument(
  comparison: Comparison,
  { answer, copies, rooflines }: ComparisonFacts,
  generator: string,
): ComparisonDocument {
  const run = ({ label, identity, source }: Comparison['baseline'][number]) => ({
    label,
    source,
    ...identity,
  });
  return {
    schema_version: COMPARISON_SCHEMA_VERSION,
    generator: { name: 'profilemate', version: generator },
    verdict: comparison.verdict,
    answer: {
      metric: answer.metric?.metric.name ?? null,
      kernel: answer.kernel?.name ?? null,
      share: answer.share ?? null,
    },
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
      group: metric.group,
      phase: metric.phase ?? null,
      unit: metric.unit,
      better: metric.better,
      changeIn: metric.change,
      ...judged,
    })),
    phases: comparison.phases,
    copies,
    kernels: comparison.kernels.slice(0, KERNELS).map(kernel),
    kernelCount: comparison.kernels.length,
    waterfall: {
      ...comparison.waterfall,
      bars: comparison.waterfall.bars.map(({ change: _change, ...bar }) => bar),
    },
    rooflines,
  };
}

function kernel(row: KernelChange): DocumentKernel {
  const { formerName, time, call, ...rest } = row;
  return { ...rest, formerName: formerName ?? null, time: time ?? null, call: call ?? null };
}
