/** Which experts the tokens go to. */
import type { Session } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import { isExpertId, MOST_ID } from './expert-ids';
import { once } from './once';
import { routingWeights, type LayerWeights, type RoutingWeights } from './routing-weights';
import { extent, type Window } from './series';

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
  /** Undefined where no weight of the layer is known. */
  readonly weights?: LayerWeights;
}

export interface Experts {
  readonly layers: readonly ExpertLayer[];
  /** Of the layer with most. */
  readonly experts: number;
  readonly hasWeights: boolean;
  /** How far off means of weights may be. */
  readonly weightsWithin: RoutingWeights['within'];
}

/**
 * Counts of all processes together. With tensor parallelism every rank routes every
 * token, so the ranks' counts are the same and only the shares mean anything; with
 * expert or data parallelism they add up.
 */
export const experts = once((session): Experts => {
  const { activations } = session;
  const byLayer = new Map<number, Map<number, number>>();
  for (let row = 0; row < activations.length; row++) {
    const [layer, expert] = [activations.layer[row], activations.expert[row]];
    if (!isExpertId(layer) || !isExpertId(expert) || !(activations.count[row] >= 0)) continue;
    const counts = byLayer.get(layer) ?? new Map<number, number>();
    byLayer.set(layer, counts);
    counts.set(expert, (counts.get(expert) ?? 0) + activations.count[row]);
  }
  const weights = routingWeights(session);
  const layers = [...byLayer]
    .sort(([a], [b]) => a - b)
    .map(([layer, counts]) => {
      // The original tool writes only experts that were picked: ids up to the largest exist.
      const values = new Float64Array(Math.max(...counts.keys()) + 1);
      for (const [expert, count] of counts) values[expert] = count;
      const own = weights.byLayer.get(layer);
      return { ...describe(layer, values), ...(own && { weights: own }) };
    });
  return {
    layers,
    experts: layers.reduce((most, { counts }) => Math.max(most, counts.length), 0),
    hasWeights: layers.some((layer) => layer.weights !== undefined),
    weightsWithin: weights.within,
  };
});

/** How evenly the experts of each layer were loaded, in a screenful of bins. */
export interface ImbalanceOverTime {
  /** Of the first bin, and the length of each. */
  readonly start: Nanoseconds;
  readonly width: Nanoseconds;
  readonly layers: readonly {
    readonly layer: number;
    /** Busiest against least busy, the mean of a bin's readings; NaN where an expert had nothing. */
    readonly ratio: Float64Array;
    /** Standard deviation against the mean, likewise; NaN where the file has no mean. */
    readonly deviation: Float64Array;
  }[];
}

/** Undefined where no reading has a time. */
export function imbalanceOverTime(
  { imbalance }: Session,
  bins: number,
  window?: Window,
): ImbalanceOverTime | undefined {
  const within = window ?? extent([imbalance.time]);
  if (within === undefined) return undefined;
  const width = Math.max((within.end - within.start) / bins, 1);
  const byLayer = new Map<number, { ratio: Mean; deviation: Mean }>();
  for (let row = 0; row < imbalance.length; row++) {
    const time = imbalance.time[row];
    if (!(time >= within.start && time <= within.end)) continue;
    const bin = Math.min(bins - 1, Math.floor((time - within.start) / width));
    let layer = byLayer.get(imbalance.layer[row]);
    if (layer === undefined) {
      layer = { ratio: new Mean(bins), deviation: new Mean(bins) };
      byLayer.set(imbalance.layer[row], layer);
    }
    layer.ratio.add(bin, imbalance.ratio[row]);
    layer.deviation.add(bin, imbalance.deviation[row] / imbalance.mean[row]);
  }
  return {
    start: within.start,
    width,
    layers: [...byLayer]
      .sort(([a], [b]) => a - b)
      .map(([layer, { ratio, deviation }]) => ({
        layer,
        ratio: ratio.values(),
        deviation: deviation.values(),
      })),
  };
}

/** Of what falls into each bin; what is no number is left out. */
class Mean {
  private readonly sum: Float64Array;
  private readonly count: Uint32Array;

  constructor(bins: number) {
    this.sum = new Float64Array(bins);
    this.count = new Uint32Array(bins);
  }

  add(bin: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.sum[bin] += value;
    this.count[bin]++;
  }

  values(): Float64Array {
    return this.sum.map((sum, bin) => sum / this.count[bin]);
  }
}

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

/**
 * Pairs of one layer, or of all together, most frequent first. An expert's number means
 * another expert in each layer, so that together they only tell how much there is.
 * The runtime layer writes the 400 most frequent pairs of each layer: of others nothing is known.
 */
export function coselections(session: Session, layer?: number, most = 400): readonly Coselection[] {
  const { coselections: table } = session;
  const pairs = new Map<number, number>();
  for (let row = 0; row < table.length; row++) {
    if (layer !== undefined && table.layer[row] !== layer) continue;
    const [first, second] = [table.first[row], table.second[row]];
    if (!isExpertId(first) || !isExpertId(second) || !(table.count[row] >= 0)) continue;
    const key = Math.min(first, second) * MOST_ID + Math.max(first, second);
    pairs.set(key, (pairs.get(key) ?? 0) + table.count[row]);
  }
  return [...pairs]
    .map(([key, count]) => ({ first: Math.floor(key / MOST_ID), second: key % MOST_ID, count }))
    .sort((a, b) => b.count - a.count || a.first - b.first || a.second - b.second)
    .slice(0, most);
}
