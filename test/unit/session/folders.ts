/** Session folders made of text, for the reader. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export class Folder {
  readonly path = mkdtempSync(path.join(tmpdir(), 'profilemate-session-'));

  write(name: string, text: string): string {
    const file = path.join(this.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  json(name: string, value: unknown): string {
    return this.write(name, JSON.stringify(value));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** In the layout and with the columns the original tool documents. */
export function originalSession(folder: Folder): void {
  folder.json('metadata.json', { start_time: '2026-01-24 12:34:56', vllm: 'yes' });
  folder.write(
    'cuda_graph_captures.csv',
    'runtime_mode,num_tokens,num_reqs,uniform,has_lora,capture_time_sec\n' +
      'FULL,256,128,True,False,2.345\nFULL,512,256,True,False,3.456\nPIECEWISE,1024,None,False,False,4.567\n',
  );
  folder.write(
    'cuda_graph_usage.csv',
    'runtime_mode,num_tokens,num_reqs,uniform,has_lora,replay_count\n' +
      'FULL,256,128,True,False,5432\nFULL,512,256,True,False,3210\n',
  );
  folder.write(
    'kv_cache_usage.csv',
    'timestamp_sec,usage_pct,num_blocks,total_blocks\n' +
      '0.123,15.30,625,4096\n0.456,32.45,1329,4096\n0.789,58.12,2381,4096\n',
  );
  folder.write('kv_cache_evictions.csv', 'timestamp_sec,lifetime_sec,idle_sec\n');
  folder.write(
    'forward_pass_timing.csv',
    'timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,throughput_tokens_per_sec\n' +
      '0.1,prefill,2,100,20.0,5000\n0.2,decode,4,4,10.0,400\n0.3,decode,4,4,12.0,333.3\n',
  );
  folder.write(
    'moe_expert_tracking/moe_expert_activations.csv',
    'layer_idx,expert_id,activation_count,percentage\n0,0,15234,30\n0,1,18932,40\n0,3,14521,30\n',
  );
  folder.write(
    'moe_expert_tracking/moe_expert_coselection.csv',
    'layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,1,5432\n0,1,3,4821\n',
  );
  folder.write(
    'moe_expert_tracking/moe_load_imbalance.csv',
    'layer_idx,timestamp_sec,std_dev,max_min_ratio\n0,1.234,234.5,1.85\n0,2.345,189.2,1.62\n',
  );
}

/** How often each expert was picked, and each two together, by layer. */
export interface ExpertsTruth {
  readonly counts: readonly (readonly number[])[];
  readonly pairs: readonly ReadonlyMap<string, number>[];
  /** The rows of the histogram: layer, expert, bucket of a twentieth, count. */
  readonly weights: readonly (readonly [number, number, number, number])[];
}

/** As many pairs of a layer as the runtime layer writes. */
export const PAIRS_A_LAYER = 400;

/**
 * A model with experts, of any size: loads that fall off as the experts are ranked, from
 * even in the first layer to steep in the last, and one expert in every tenth layer that is never picked.
 */
export function expertsSession(
  folder: Folder,
  { layers, experts, reads = 60 }: { layers: number; experts: number; reads?: number },
): ExpertsTruth {
  folder.json('metadata.json', {
    schema: 'profilemate-session',
    schema_version: 1,
    start_wall_ns: 1_760_000_000_000_000_000,
  });
  folder.json('p7-0000aa/metadata.json', {
    schema: 'profilemate-process',
    pid: 7,
    rank: 0,
    state: 'running',
  });
  const counts: number[][] = [];
  const pairs: Map<string, number>[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const steepness = layer / Math.max(1, layers - 1);
    // Which expert comes first differs by layer, as it does in models.
    const rankOf = (expert: number): number => (expert * 97 + layer * 31) % experts;
    const own = Array.from({ length: experts }, (_, expert) =>
      layer % 10 === 9 && expert === layer % experts
        ? 0
        : Math.round(20_000 / (1 + rankOf(expert)) ** steepness),
    );
    counts.push(own);
    const among = new Map<string, number>();
    const busiest = own
      .map((count, expert) => ({ count, expert }))
      .sort((a, b) => b.count - a.count)
      .slice(0, 29);
    for (const [place, { expert, count }] of busiest.entries()) {
      for (const other of busiest.slice(place + 1)) {
        if (among.size === PAIRS_A_LAYER || other.count === 0) break;
        const [first, second] = [expert, other.expert].sort((a, b) => a - b);
        among.set(`${first} ${second}`, Math.round((count * other.count) / 40_000) + 1);
      }
    }
    pairs.push(among);
  }
  // The busier an expert, the larger its weights; each in up to three buckets.
  const weights = counts.flatMap((own, layer) =>
    own.flatMap((count, expert) => {
      const bucket = Math.floor((19 * count) / Math.max(...own));
      const parts = [Math.floor(count / 2), Math.floor(count / 3)];
      const rest = count - parts[0] - parts[1];
      return [...parts, rest]
        .map((part, i) => [layer, expert, Math.max(0, bucket - i), part] as const)
        .filter(([, , , part]) => part > 0);
    }),
  );
  const at = 'p7-0000aa/moe_expert_tracking/';
  const rows = (header: string, lines: readonly string[]): string =>
    `${header},rank,pid\n${lines.map((line) => `${line},0,7\n`).join('')}`;
  folder.write(
    `${at}moe_expert_activations.csv`,
    rows(
      'layer_idx,expert_id,activation_count,percentage',
      counts.flatMap((own, layer) => own.map((count, expert) => `${layer},${expert},${count},`)),
    ),
  );
  folder.write(
    `${at}moe_expert_coselection.csv`,
    rows(
      'layer_idx,expert_id_1,expert_id_2,coselection_count',
      pairs.flatMap((among, layer) =>
        [...among].map(([key, count]) => `${layer},${key.replace(' ', ',')},${count}`),
      ),
    ),
  );
  folder.write(
    `${at}moe_routing_weights_hist.csv`,
    rows(
      'layer_idx,token_idx,expert_id,weight,weight_low,weight_high,count',
      weights.map(
        ([layer, expert, bucket, count]) =>
          `${layer},,${expert},${((bucket + 0.5) / 20).toFixed(4)},${(bucket / 20).toFixed(4)},${((bucket + 1) / 20).toFixed(4)},${count}`,
      ),
    ),
  );
  const imbalance: string[] = [];
  for (let read = 1; read <= reads; read++) {
    for (const [layer, own] of counts.entries()) {
      // Loads come nearer to the whole run's as it goes on.
      const wobble = 1 + 0.5 / read;
      const mean = own.reduce((sum, count) => sum + count, 0) / experts / reads;
      const variance = own.reduce((sum, count) => sum + (count / reads - mean) ** 2, 0) / experts;
      const [least, most] = [Math.min(...own) / reads, Math.max(...own) / reads];
      imbalance.push(
        `${layer},${read * 10},${Math.sqrt(variance) * wobble},${least > 0 ? most / least : ''},${mean},${most},${least},${mean * experts}`,
      );
    }
  }
  folder.write(
    `${at}moe_load_imbalance.csv`,
    rows('layer_idx,timestamp_sec,std_dev,max_min_ratio,mean,max,min,activations', imbalance),
  );
  return { counts, pairs, weights };
}
