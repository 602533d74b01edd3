/** The results a report is made of; whoever makes one asks analysis for them. */
import type { GraphsResult } from '../analysis/graphs';
import type { KernelRow } from '../analysis/kernels';
import type { OperatorsResult } from '../analysis/operators';
import type { OverviewResult } from '../analysis/overview';
import type { RangeNode } from '../analysis/ranges';
import type { MemoryResult } from '../analysis/transfers';
import type { UtilisationResult } from '../analysis/utilisation';
import type { ProfileSource } from '../profile/model';

export interface Results {
  readonly source: ProfileSource;
  readonly overview: OverviewResult;
  /** Grouped by kernel. */
  readonly kernels: readonly KernelRow[];
  /** Grouped by kernel, grid and block. */
  readonly geometries: readonly KernelRow[];
  /** By name. */
  readonly ranges: readonly RangeNode[];
  readonly graphs: GraphsResult;
  readonly memory: MemoryResult;
  readonly utilisation: UtilisationResult;
  /** By name; undefined where the profile has none, as those of nsys. */
  readonly operators?: OperatorsResult;
}

/** What a PyTorch trace has that other timelines do not. */
export interface TraceResults {
  readonly source: ProfileSource;
  readonly operators: OperatorsResult;
}
