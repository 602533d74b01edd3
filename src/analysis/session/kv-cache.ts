/** How full the KV cache is over time, and what its evictions say. */
import type { Session } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import { percentile } from '../statistics';
import { once } from './once';
import { binned, extent, inTime, known, type Series, type Window } from './series';
import { THRESHOLDS } from './thresholds';

export interface KvCacheUse {
  readonly process: number;
  readonly totalBlocks?: number;
  readonly peak: Share;
  readonly p95: Share;
  /** Over time: each row holds until the next. */
  readonly mean: Share;
  /** Of the time, in the bands of {@link THRESHOLDS}; together at most 1. */
  readonly belowOver: Share;
  readonly good: Share;
  readonly aboveUnder: Share;
  readonly series: Series;
}

export function kvCacheUse(session: Session, bins = 600, window?: Window): readonly KvCacheUse[] {
  const { kvUsage } = session;
  const whole = window ?? extent([kvUsage.time]);
  if (whole === undefined) return [];
  return session.processes.flatMap((_, process) => {
    const keep = (row: number): boolean =>
      kvUsage.process[row] === process && !Number.isNaN(kvUsage.usage[row]);
    const rows = inTime(kvUsage.time, keep);
    if (rows.length === 0) return [];
    const sorted = known(kvUsage.usage, keep).sort();
    let area = 0;
    const inBand = { below: 0, good: 0, above: 0 };
    for (let place = 0; place + 1 < rows.length; place++) {
      const usage = kvUsage.usage[rows[place]];
      const held = kvUsage.time[rows[place + 1]] - kvUsage.time[rows[place]];
      area += usage * held;
      if (usage < THRESHOLDS.kvOverProvisioned) inBand.below += held;
      else if (usage > THRESHOLDS.kvUnderProvisioned) inBand.above += held;
      else if (usage >= THRESHOLDS.kvGoodFrom && usage <= THRESHOLDS.kvGoodTo) inBand.good += held;
    }
    const last = rows[rows.length - 1];
    const time = kvUsage.time[last] - kvUsage.time[rows[0]];
    const share = (part: number): Share => (time > 0 ? part / time : 0);
    return [
      {
        process,
        totalBlocks: orUndefined(kvUsage.totalBlocks[last]),
        peak: sorted[sorted.length - 1],
        p95: percentile(sorted, 0.95),
        mean: time > 0 ? area / time : kvUsage.usage[last],
        belowOver: share(inBand.below),
        good: share(inBand.good),
        aboveUnder: share(inBand.above),
        series: binned(kvUsage.time, kvUsage.usage, bins, whole, keep),
      },
    ];
  });
}

/** Without their course over time. */
export const kvCacheTotals = once((session) => kvCacheUse(session, 1));

/** What it means how full the cache is: see {@link THRESHOLDS}. */
export interface KvRanges {
  /** Over-provisioned below. */
  readonly over: Share;
  readonly good: readonly [from: Share, to: Share];
  /** Under-provisioned above. */
  readonly under: Share;
}
export const KV_RANGES: KvRanges = {
  over: THRESHOLDS.kvOverProvisioned,
  good: [THRESHOLDS.kvGoodFrom, THRESHOLDS.kvGoodTo],
  under: THRESHOLDS.kvUnderProvisioned,
};

export interface Evictions {
  readonly count: number;
  /** Per second over the session. */
  readonly rate?: number;
  readonly lifetime?: { readonly p50: Nanoseconds; readonly p95: Nanoseconds };
  readonly idle?: { readonly p50: Nanoseconds; readonly p95: Nanoseconds };
  /** Of those whose lifetime is known. */
  readonly shortLived: Share;
  readonly longIdle: Share;
  /** Evenly taken from all, in the order of time: for a scatter. */
  readonly points: readonly {
    readonly time: Nanoseconds;
    readonly lifetime: Nanoseconds;
    readonly idle: Nanoseconds;
    readonly process: number;
  }[];
}

export function evictions(session: Session, most = 2000): Evictions {
  const table = session.evictions;
  const lifetimes = known(table.lifetime).sort();
  const idles = known(table.idle).sort();
  const spread = (
    sorted: Float64Array,
  ): { readonly p50: Nanoseconds; readonly p95: Nanoseconds } | undefined =>
    sorted.length === 0
      ? undefined
      : { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
  const whole = extent([session.kvUsage.time, table.time]);
  const rows = inTime(table.time);
  const every = Math.max(1, Math.ceil(rows.length / most));
  const points: Evictions['points'][number][] = [];
  for (let place = 0; place < rows.length; place += every) {
    const row = rows[place];
    points.push({
      time: table.time[row],
      lifetime: table.lifetime[row],
      idle: table.idle[row],
      process: table.process[row],
    });
  }
  const part = (values: Float64Array, test: (value: number) => boolean): Share =>
    values.length === 0 ? NaN : values.filter(test).length / values.length;
  return {
    count: table.length,
    rate:
      whole !== undefined && whole.end > whole.start
        ? (table.length / (whole.end - whole.start)) * 1e9
        : undefined,
    lifetime: spread(lifetimes),
    idle: spread(idles),
    shortLived: part(lifetimes, (value) => value < THRESHOLDS.evictionLifetime),
    longIdle: part(idles, (value) => value > THRESHOLDS.evictionIdle),
    points,
  };
}

/** Without their points. */
export const evictionTotals = once((session) => evictions(session, 1));

const orUndefined = (value: number): number | undefined =>
  Number.isNaN(value) ? undefined : value;
