/** What weight the router gives to the experts that it picks. */
import type { Session } from '../../profile/session';
import { isExpertId } from './expert-ids';

export interface LayerWeights {
  /** By expert id, over the tokens that picked it; NaN where none did. */
  readonly means: Float64Array;
  /** Over all choices in the layer. */
  readonly mean: number;
  /** Id of the expert with the largest mean. */
  readonly heaviest: number;
}

export interface RoutingWeights {
  readonly byLayer: ReadonlyMap<number, LayerWeights>;
  /**
   * Weights come in buckets and count as their bucket's middle: a mean is not further off
   * than half of the widest. 0 where they come one by one.
   */
  readonly within: number;
}

/** Σ weight × count / Σ count, of all processes together. */
export function routingWeights({ weights: table }: Session): RoutingWeights {
  const layers = new Map<number, Map<number, Sum>>();
  let within = 0;
  for (let row = 0; row < table.length; row++) {
    const [layer, expert, weight] = [table.layer[row], table.expert[row], table.weight[row]];
    // The original tool has a row a choice, and no count.
    const count = Number.isNaN(table.count[row]) ? 1 : table.count[row];
    if (!isExpertId(layer) || !isExpertId(expert) || !Number.isFinite(weight) || !(count > 0))
      continue;
    const half = (table.high[row] - table.low[row]) / 2;
    if (half > within) within = half;
    let sums = layers.get(layer);
    if (!sums) layers.set(layer, (sums = new Map<number, Sum>()));
    let sum = sums.get(expert);
    if (!sum) sums.set(expert, (sum = { weight: 0, count: 0 }));
    sum.weight += weight * count;
    sum.count += count;
  }
  const byLayer = new Map<number, LayerWeights>();
  for (const [layer, sums] of layers) byLayer.set(layer, describe(sums));
  return { byLayer, within };
}

interface Sum {
  weight: number;
  count: number;
}

function describe(sums: ReadonlyMap<number, Sum>): LayerWeights {
  const means = new Float64Array(Math.max(...sums.keys()) + 1).fill(NaN);
  let [weight, count, heaviest] = [0, 0, NaN];
  for (const [expert, sum] of sums) {
    means[expert] = sum.weight / sum.count;
    weight += sum.weight;
    count += sum.count;
    if (!(means[expert] <= means[heaviest])) heaviest = expert;
  }
  return { means, mean: weight / count, heaviest };
}
