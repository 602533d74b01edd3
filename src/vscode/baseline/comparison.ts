/** Asks the command line's process to compare, and reads what it says. */
import type { ComparisonDocument, DocumentKernel, DocumentMetric } from '../../analysis/compare';
import { RequestFailure } from '../../engine/failure';
import { COMPARISON_SCHEMA_VERSION } from '../../report/compare-json';
import { complaint, type Cli } from './cli';

/**
 * @param args of `profilemate check`, besides the form of its answer
 * @throws RequestFailure with what the command says against its input; an AbortError where it was cancelled
 */
export async function compareBy(
  cli: Cli,
  args: readonly string[],
  home: string,
  signal?: AbortSignal,
): Promise<ComparisonDocument> {
  const result = await cli.run(['check', '--json', ...args], home, signal);
  // A regression is an answer, and so is that the runs are not comparable.
  if (result.stdout.trim() === '') throw new RequestFailure('bad-request', complaint(result));
  const document = JSON.parse(result.stdout) as ComparisonDocument;
  if (document.schema_version !== COMPARISON_SCHEMA_VERSION) {
    throw new RequestFailure('internal', 'The command line is of another version.');
  }
  return document;
}

export const metricOf = (
  comparison: ComparisonDocument,
  name: string,
): DocumentMetric | undefined => comparison.metrics.find((metric) => metric.name === name);

/** Kernels that decided against the run, the one that explains most first. */
export const culprits = ({ kernels }: ComparisonDocument): readonly DocumentKernel[] =>
  kernels.filter((kernel) => kernel.gates && kernel.verdict === 'regressed');

/** Tells one run from another, for what was dismissed. */
export const runMark = ({ current: [run] }: ComparisonDocument): string =>
  `${run.label} ${run.capturedAt ?? ''}`;
