/** The files of a session, their columns, and what each becomes. */
import type { SessionTableName } from '../../profile/session';

export interface NumberColumn {
  readonly kind: 'number';
  /** Names it goes by in the file, the newest first. */
  readonly from: readonly string[];
  /** From the file's unit: value × factor / divisor, so that no decimal is rounded twice. */
  readonly factor: number;
  readonly divisor: number;
}
export interface TextColumn {
  readonly kind: 'text';
  readonly from: readonly string[];
}
export type Column = NumberColumn | TextColumn;

export interface FileSpec {
  readonly file: string;
  /** True where rows are appended; else the file is replaced whole. */
  readonly grows: boolean;
  readonly columns: Readonly<Record<string, Column>>;
  /** Without these it is no such file. */
  readonly needs: readonly string[];
}

const number = (...from: string[]): NumberColumn => ({
  kind: 'number',
  from,
  factor: 1,
  divisor: 1,
});
const seconds = (...from: string[]): NumberColumn => ({
  ...number(...from),
  factor: 1e9,
});
const milliseconds = (...from: string[]): NumberColumn => ({
  ...number(...from),
  factor: 1e6,
});
const percent = (...from: string[]): NumberColumn => ({
  ...number(...from),
  divisor: 100,
});
const text = (...from: string[]): TextColumn => ({ kind: 'text', from });

const graph = {
  mode: text('runtime_mode'),
  tokens: number('num_tokens'),
  requests: number('num_reqs'),
  uniform: number('uniform'),
  lora: number('has_lora'),
  loras: number('num_active_loras'),
};
const MOE = 'moe_expert_tracking/';

export const FILES: Readonly<Record<SessionTableName, FileSpec>> = {
  kvUsage: {
    file: 'kv_cache_usage.csv',
    grows: true,
    needs: ['timestamp_sec', 'usage_pct'],
    columns: {
      time: seconds('timestamp_sec'),
      usage: percent('usage_pct'),
      blocks: number('num_blocks'),
      totalBlocks: number('total_blocks'),
    },
  },
  evictions: {
    file: 'kv_cache_evictions.csv',
    grows: true,
    needs: ['timestamp_sec', 'lifetime_sec'],
    columns: {
      time: seconds('timestamp_sec'),
      lifetime: seconds('lifetime_sec'),
      idle: seconds('idle_sec'),
    },
  },
  captures: {
    file: 'cuda_graph_captures.csv',
    grows: false,
    needs: ['runtime_mode', 'num_tokens'],
    columns: {
      ...graph,
      duration: seconds('capture_time_sec'),
      pieces: number('pieces'),
      time: seconds('timestamp_sec'),
    },
  },
  graphUsage: {
    file: 'cuda_graph_usage.csv',
    grows: false,
    needs: ['runtime_mode', 'replay_count'],
    columns: {
      ...graph,
      replays: number('replay_count'),
      unpadded: number('tokens_unpadded'),
      padded: number('tokens_padded'),
    },
  },
  graphSteps: {
    file: 'cuda_graph_timeline.csv',
    grows: true,
    needs: ['timestamp_sec', 'descriptor'],
    columns: {
      time: seconds('timestamp_sec'),
      descriptor: text('descriptor'),
      duration: milliseconds('duration_ms'),
      mode: text('runtime_mode'),
      tokens: number('num_tokens'),
      unpadded: number('num_tokens_unpadded'),
      step: number('step'),
    },
  },
  forward: {
    file: 'forward_pass_timing.csv',
    grows: true,
    needs: ['timestamp_sec', 'phase', 'forward_time_ms'],
    columns: {
      time: seconds('timestamp_sec'),
      phase: text('phase'),
      requests: number('batch_size'),
      tokens: number('num_tokens'),
      duration: milliseconds('forward_time_ms'),
      timing: text('timing'),
      contextRequests: number('context_requests'),
      contextTokens: number('context_tokens'),
      step: number('step'),
    },
  },
  cpu: {
    file: 'cpu_operations_timing.csv',
    grows: true,
    needs: ['timestamp_sec', 'operation', 'duration_ms'],
    columns: {
      time: seconds('timestamp_sec'),
      operation: text('operation'),
      duration: milliseconds('duration_ms'),
      context: text('context'),
    },
  },
  batch: {
    file: 'batch_utilization.csv',
    grows: true,
    needs: ['timestamp_sec', 'num_seqs'],
    columns: {
      time: seconds('timestamp_sec'),
      requests: number('num_seqs'),
      maxRequests: number('max_num_seqs'),
      tokens: number('num_tokens'),
      maxTokens: number('max_tokens'),
      phase: text('phase'),
      running: number('running_queue_len'),
      waiting: number('waiting_queue_len'),
      contextRequests: number('context_requests'),
      contextTokens: number('context_tokens'),
    },
  },
  preemptions: {
    file: 'preemption_events.csv',
    grows: true,
    needs: ['timestamp_sec', 'request_id', 'event'],
    columns: {
      time: seconds('timestamp_sec'),
      request: text('request_id'),
      event: text('event'),
      reason: text('reason'),
      ranFor: seconds('running_time_sec'),
      info: text('extra_info'),
    },
  },
  lifecycle: {
    file: 'request_lifecycle.csv',
    grows: true,
    needs: ['request_id', 'finished_sec'],
    columns: {
      request: text('request_id'),
      queued: seconds('queued_sec'),
      started: seconds('started_sec'),
      preempted: seconds('preempted_sec'),
      resumed: seconds('resumed_sec'),
      finished: seconds('finished_sec'),
      total: seconds('total_time_sec'),
      delay: seconds('preemption_delay_sec'),
      preemptions: number('preemptions'),
      reason: text('finish_reason'),
    },
  },
  components: {
    file: 'encoder_decoder_timing.csv',
    grows: true,
    needs: ['timestamp_sec', 'component', 'duration_ms'],
    columns: {
      time: seconds('timestamp_sec'),
      component: text('component'),
      duration: milliseconds('duration_ms'),
      timing: text('timing'),
      step: number('step'),
    },
  },
  activations: {
    file: `${MOE}moe_expert_activations.csv`,
    grows: false,
    needs: ['layer_idx', 'expert_id', 'activation_count'],
    columns: {
      layer: number('layer_idx'),
      expert: number('expert_id'),
      count: number('activation_count'),
    },
  },
  coselections: {
    file: `${MOE}moe_expert_coselection.csv`,
    grows: false,
    needs: ['layer_idx', 'expert_id_1', 'expert_id_2', 'coselection_count'],
    columns: {
      layer: number('layer_idx'),
      first: number('expert_id_1'),
      second: number('expert_id_2'),
      count: number('coselection_count'),
    },
  },
  weights: {
    file: `${MOE}moe_routing_weights_hist.csv`,
    grows: false,
    needs: ['layer_idx', 'expert_id', 'weight'],
    columns: {
      layer: number('layer_idx'),
      expert: number('expert_id'),
      weight: number('weight'),
      low: number('weight_low'),
      high: number('weight_high'),
      count: number('count'),
    },
  },
  imbalance: {
    file: `${MOE}moe_load_imbalance.csv`,
    grows: true,
    needs: ['layer_idx', 'timestamp_sec', 'max_min_ratio'],
    columns: {
      layer: number('layer_idx'),
      time: seconds('timestamp_sec'),
      deviation: number('std_dev'),
      ratio: number('max_min_ratio'),
      mean: number('mean'),
    },
  },
};

export const TABLES = Object.keys(FILES) as SessionTableName[];
/** Of all files, without their folder. */
export const FILE_NAMES: ReadonlySet<string> = new Set(
  TABLES.map((table) => FILES[table].file.slice(FILES[table].file.lastIndexOf('/') + 1)),
);
