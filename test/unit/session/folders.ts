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
