/** Which experts the tokens go to. */
import type { Session } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import { inTime } from './series';

export interface ExpertLayer {
  readonly layer: number;
  /** By expert id. */
  readonly counts: Float64Array;
  readonly total: number;
  readonly coverage: Share;
  /** Busiest against least busy; Infinity where one had nothing. */
  readonly ratio: number;
  /** Standard deviation against the mean. */
  readonly deviation: number;
  readonly busiest: number;
}

export interface Experts {
  readonly layers: readonly ExpertLayer[];
  /** Of the layer with most. */
  readonly experts: number;
  readonly imbalance: readonly {
    readonly layer: number;
    readonly time: Float64Array;
    /** NaN where an expert had nothing. */
    readonly ratio: Float64Array;
    /** Standard deviation against the mean; NaN where the file has no mean. */
    readonly deviation: Float64Array;
  }[];
  readonly hasWeights: boolean;
}

/**
 * Counts of all processes together. With tensor parallelism every rank routes every
 * token, so the ranks' counts are the same and only the shares mean anything; with
 * expert or data parallelism they add up.
 */
export function experts(session: Session): Experts {
  const { activations, imbalance } = session;
  const byLayer = new Map<number, Map<number, number>>();
  for (let row = 0; row < activations.length; row++) {
    const [layer, expert] = [activations.layer[row], activations.expert[row]];
    if (!isId(layer) || !isId(expert) || !(activations.count[row] >= 0)) continue;
    const counts = byLayer.get(layer) ?? new Map<number, number>();
    byLayer.set(layer, counts);
    counts.set(expert, (counts.get(expert) ?? 0) + activations.count[row]);
  }
  const layers = [...byLayer]
    .sort(([a], [b]) => a - b)
    .map(([layer, counts]) => {
      // The original tool writes only experts that were picked: ids up to the largest exist.
      const values = new Float64Array(Math.max(...counts.keys()) + 1);
      for (const [expert, count] of counts) values[expert] = count;
      return describe(layer, values);
    });
  const rows = inTime(imbalance.time);
  const histories = new Map<number, number[]>();
  for (const row of rows) {
    const list = histories.get(imbalance.layer[row]);
    if (list === undefined) histories.set(imbalance.layer[row], [row]);
    else list.push(row);
  }
  return {
    layers,
    experts: layers.reduce((most, { counts }) => Math.max(most, counts.length), 0),
    imbalance: [...histories]
      .sort(([a], [b]) => a - b)
      .map(([layer, list]) => ({
        layer,
        time: Float64Array.from(list, (row): Nanoseconds => imbalance.time[row]),
        ratio: Float64Array.from(list, (row) => imbalance.ratio[row]),
        deviation: Float64Array.from(list, (row) => imbalance.deviation[row] / imbalance.mean[row]),
      })),
    hasWeights: session.weights.length > 0,
  };
}

const MOST_ID = 65_536;
const isId = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < MOST_ID;

function describe(layer: number, counts: Float64Array): ExpertLayer {
  let total = 0;
  let used = 0;
  let least = Infinity;
  let most = 0;
  let busiest = 0;
  counts.forEach((count, expert) => {
    total += count;
    if (count > 0) used++;
    if (count < least) least = count;
    if (count > most) {
      most = count;
      busiest = expert;
    }
  });
  const mean = total / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  return {
    layer,
    counts,
    total,
    coverage: used / counts.length,
    ratio: total === 0 ? NaN : most / least,
    deviation: mean > 0 ? Math.sqrt(variance) / mean : NaN,
    busiest,
  };
}

export interface Coselection {
  readonly first: number;
  readonly second: number;
  readonly count: number;
}

/** Pairs of one layer, or of all together, most frequent first. */
export function coselections(session: Session, layer?: number, most = 400): readonly Coselection[] {
  const { coselections: table } = session;
  const pairs = new Map<number, number>();
  for (let row = 0; row < table.length; row++) {
    if (layer !== undefined && table.layer[row] !== layer) continue;
    const [first, second] = [table.first[row], table.second[row]];
    if (!isId(first) || !isId(second) || !(table.count[row] >= 0)) continue;
    const key = Math.min(first, second) * MOST_ID + Math.max(first, second);
    pairs.set(key, (pairs.get(key) ?? 0) + table.count[row]);
  }
  return [...pairs]
    .map(([key, count]) => ({ first: Math.floor(key / MOST_ID), second: key % MOST_ID, count }))
    .sort((a, b) => b.count - a.count || a.first - b.first || a.second - b.second)
    .slice(0, most);
}
