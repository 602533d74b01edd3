/** Copies and fills: how much, which way, how fast, from which kind of memory. */
import type { Bytes, BytesPerSecond, Nanoseconds, Share } from '../profile/units';
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';

export interface TransferRow {
  /** `Host-to-Device`, `Device-to-Host`, `Device-to-Device`, `Peer-to-Peer`, `memset`, … as nsys names them. */
  readonly operation: string;
  /** Source and target kind, e.g. `pageable → device`; empty for fills. */
  readonly memory: string;
  readonly pageable: boolean;
  readonly count: number;
  readonly bytes: Bytes;
  readonly total: Nanoseconds;
  /** Of the time of all transfers in scope. */
  readonly share: Share;
  /** Sum of bytes / sum of time; undefined where time is 0. */
  readonly bandwidth?: BytesPerSecond;
  readonly average: Nanoseconds;
  readonly max: Nanoseconds;
  readonly averageSize: Bytes;
}

export interface MemoryResult {
  readonly transfers: readonly TransferRow[];
  /** Allocation trace, absent where the capture has none (--cuda-memory-usage). */
  readonly allocated?: {
    readonly peak: Bytes;
    readonly end: Bytes;
    /** At most 1000 points of bytes held on the device over time. */
    readonly series: readonly { readonly time: Nanoseconds; readonly bytes: Bytes }[];
  };
  readonly synchronizations: readonly { kind: string; count: number; total: Nanoseconds }[];
}

export declare function memory(analysis: Analysis, scope: Scope): MemoryResult;
