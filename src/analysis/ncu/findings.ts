/**
 * What stands out in a kernel report: where the time goes that no faster GPU
 * clock would free. Shares are of the timeline's kernel time where one is
 * linked, else of what was profiled, which says so.
 */
import { formatCount, formatShare, shortenMiddle } from '../../profile/format';
import { readableKernelName } from '../../profile/kernel-name';
import type { Nanoseconds, Share } from '../../profile/units';
import { boundOf, BUSY, type Bound } from './bound';
import type { JoinResult } from './join';
import type { ReportAnalysis } from './report';
import { kernelRows, type NcuKernelRow } from './rows';

export interface NcuFinding {
  readonly id: string;
  readonly severity: 'info' | 'warning';
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  readonly measured: string;
  readonly threshold: string;
  /** The kernel that it is most about, as the report names it. */
  readonly kernel: string;
}

const MEMORY: Share = 0.5;
const LATENCY: Share = 0.2;
/** A kernel is launched and gone in less: whatever it does, it waits more than it works. */
const LONG_ENOUGH: Nanoseconds = 5e3;
const NAME_WIDTH = 60;

interface Held {
  readonly share: Share;
  /** The costliest first. */
  readonly rows: readonly { readonly row: NcuKernelRow; readonly share: Share }[];
  /** Of what the share is. */
  readonly of: string;
}

/** Warnings first. */
export function ncuFindings(analysis: ReportAnalysis, join?: JoinResult): readonly NcuFinding[] {
  const rows = kernelRows(analysis, 'kernel', join);
  return [
    latencyBound(analysis, heldBy('latency', rows, join)),
    memoryBound(analysis, heldBy('memory', rows, join)),
  ].filter((finding) => finding !== undefined);
}

function heldBy(bound: Bound, rows: readonly NcuKernelRow[], join: JoinResult | undefined): Held {
  const shareOf = (row: NcuKernelRow): Share =>
    (join === undefined ? row.share : row.timeline?.share) ?? 0;
  const held = rows
    .filter((row) => row.bound === bound && (row.figures.duration ?? 0) >= LONG_ENOUGH)
    .map((row) => ({ row, share: shareOf(row) }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
  return {
    share: held.reduce((sum, { share }) => sum + share, 0),
    rows: held,
    of: join === undefined ? 'the profiled time' : "the timeline's kernel time",
  };
}

const longest = ({ rows, of }: Held): string =>
  `${formatCount(rows.length)} ${rows.length === 1 ? 'kernel' : 'kernels'}; the costliest, ${shortenMiddle(readableKernelName(rows[0].row.name), NAME_WIDTH)}, has ${formatShare(rows[0].share)} of ${of}.`;

function memoryBound(analysis: ReportAnalysis, held: Held): NcuFinding | undefined {
  if (held.rows.length === 0 || held.share < MEMORY) return undefined;
  const [{ row }] = held.rows;
  return {
    id: 'memory-bound-kernels',
    severity: 'info',
    title: `Kernels held by memory take ${formatShare(held.share)} of ${held.of}`,
    detail: `${longest(held)} They run at ${formatShare(BUSY)} and more of what the memory system can do, so that faster arithmetic would not help.`,
    advice:
      firstMove(analysis, row) ??
      'Move fewer bytes: weights or a KV cache of fewer bits, kernels fused with their neighbours, larger batches for each reading of the weights.',
    measured: `${formatShare(held.share)} of ${held.of}`,
    threshold: `below ${formatShare(MEMORY)}`,
    kernel: row.name,
  };
}

function latencyBound(analysis: ReportAnalysis, held: Held): NcuFinding | undefined {
  if (held.rows.length === 0 || held.share < LATENCY) return undefined;
  const [{ row }] = held.rows;
  return {
    id: 'latency-bound-kernels',
    severity: 'warning',
    title: `Kernels that wait more than they work take ${formatShare(held.share)} of ${held.of}`,
    detail: `${longest(held)} Neither memory nor compute reaches ${formatShare(BUSY)} of its peak in them.`,
    advice:
      firstMove(analysis, row) ??
      'Give each launch more to do (larger batches, split the longest dimension), or collect the sections Occupancy and WarpStateStats to see what it waits for.',
    measured: `${formatShare(held.share)} of ${held.of}`,
    threshold: `below ${formatShare(LATENCY)}`,
    kernel: row.name,
  };
}

function firstMove(analysis: ReportAnalysis, { key }: NcuKernelRow): string | undefined {
  const kernel = analysis.kernels('kernel').find((own) => own.key === key);
  return kernel && boundOf(analysis, kernel).moves[0]?.text;
}
