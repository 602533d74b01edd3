/** Which rows of an activity table a scope holds. */
import type { ActivityTable } from '../profile/model';
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';

export type ActivityKind = 'kernels' | 'memcpys' | 'memsets' | 'graphTraces';

/** Tells for each row whether it is in scope; undefined means that all are. */
export declare function inScope(
  analysis: Analysis,
  kind: ActivityKind,
  scope: Scope,
): Uint8Array | undefined;

export declare function activityTable(analysis: Analysis, kind: ActivityKind): ActivityTable;
