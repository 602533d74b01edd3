/**
 * `summary.json`: the figures of one profile as a document, for baselines,
 * regression checks and other programs. Described in docs/summary.md.
 *
 * The first four groups have the names that existing baselines and checks
 * read. A figure that the capture cannot give is null, never zero. Times carry
 * their unit in their name; `_percent` and `_pct` go from 0 to 100.
 *
 * Adding a field keeps the version; renaming, removing or redefining one
 * raises it.
 */
export const SUMMARY_SCHEMA_VERSION = 1;

/** How many characters of a kernel's name {@link SummaryTopKernel} keeps. */
export const TOP_KERNEL_NAME_LENGTH = 80;

export interface SummaryPhaseTotal {
  /** Engine steps. */
  readonly count: number;
  /** GPU busy time: union of the activities on each device, summed over devices. */
  readonly total_ms: number;
  /** total_ms / count; 0 where there are no steps. */
  readonly avg_ms: number;
}

export interface SummaryTopKernel {
  /** Cut at {@link TOP_KERNEL_NAME_LENGTH} characters; `kernels` has it whole. */
  readonly kernel_name: string;
  readonly invocations: number;
  readonly total_time_ms: number;
  readonly avg_time_us: number;
  readonly min_time_us: number;
  readonly max_time_us: number;
  /** Blocks in a grid, mean over the launches, rounded down. */
  readonly avg_grid_size: number;
  /** Threads in a block, mean over the launches, rounded down. */
  readonly avg_block_size: number;
}

export interface SummaryComponent {
  readonly count: number;
  readonly total_ms: number;
  readonly percent: number;
}

export interface SummaryPercentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface SummaryPhase {
  readonly phase: 'prefill' | 'decode' | 'mixed' | 'unattributed';
  readonly steps: number;
  readonly requests: number | null;
  readonly context_tokens: number | null;
  readonly generation_tokens: number | null;
  /** This and the other figures of the GPU: null where no work on one was recorded. */
  readonly gpu_busy_ms: number | null;
  /** Of the GPU's busy time. */
  readonly percent: number | null;
  /** Sum of durations; work on concurrent streams counts twice. */
  readonly gpu_sum_ms: number | null;
  readonly span_ms: number | null;
  readonly idle_ms: number | null;
  readonly tokens_per_second: number | null;
  readonly step_time_ms: SummaryPercentiles | null;
  readonly components: Readonly<Record<string, SummaryComponent>>;
}

export interface SummaryKernel {
  readonly name: string;
  readonly short_name: string;
  readonly component: string;
  readonly count: number;
  readonly total_ms: number;
  readonly percent: number;
  readonly avg_us: number;
  readonly median_us: number;
  readonly p95_us: number;
  readonly min_us: number;
  readonly max_us: number;
  readonly stddev_us: number;
  readonly grid: readonly [number, number, number] | null;
  readonly block: readonly [number, number, number] | null;
  readonly registers: number | null;
  /** Of its time: launched by a CUDA graph. */
  readonly graph_percent: number;
  readonly api_us: number | null;
  readonly queue_us: number | null;
}

export interface Summary {
  readonly schema_version: typeof SUMMARY_SCHEMA_VERSION;

  readonly prefill_decode: {
    readonly prefill: SummaryPhaseTotal;
    readonly decode: SummaryPhaseTotal;
    /** Steps that scheduled both; never split between the two. */
    readonly mixed: SummaryPhaseTotal;
    /** GPU time outside any step. */
    readonly unattributed: SummaryPhaseTotal;
    /** What is neither prefill nor decode: mixed and unattributed together. */
    readonly other: SummaryPhaseTotal;
  };
  readonly components: Readonly<Record<string, SummaryComponent>>;
  readonly top_kernels: readonly SummaryTopKernel[];
  readonly cuda_graphs: {
    readonly total_kernel_launches: number;
    /** Null where the trace does not show the kernels of graphs. */
    readonly graph_kernel_launches: number | null;
    /** Of the GPU's kernel time. */
    readonly graph_coverage_pct: number | null;
    readonly num_unique_graphs: number | null;
  };

  readonly generator: { readonly name: 'profilemate'; readonly version: string };
  readonly profile: {
    readonly format: string;
    /** Name of the file, without its folder. */
    readonly file: string;
    readonly size_bytes: number;
    /** True for what a generator wrote: its figures are of no real GPU. */
    readonly generated: boolean;
    readonly tool: string | null;
    /** The profiled command line, with what looks like a secret masked. */
    readonly command: string | null;
    readonly captured_at: string | null;
    readonly duration_ms: number | null;
    readonly events: Readonly<Record<string, number>>;
  };
  readonly devices: readonly {
    readonly name: string;
    readonly memory_bytes: number | null;
    readonly sm_count: number | null;
    readonly clock_hz: number | null;
    readonly used: boolean;
  }[];
  readonly utilisation: {
    /** Busy time / span over all devices; null where nothing ran. */
    readonly busy_percent: number | null;
    /** More than busy_percent where graphs ran of which nothing was recorded. */
    readonly busy_at_most_percent: number | null;
    readonly devices: readonly {
      readonly device: number;
      readonly name: string;
      readonly span_ms: number;
      readonly busy_ms: number;
      readonly idle_ms: number;
      /** Such graphs may have run. */
      readonly unknown_ms: number;
      readonly busy_percent: number;
      readonly kernel_busy_ms: number;
      readonly copy_busy_ms: number;
      readonly overlap_ms: number;
      readonly gaps: number;
    }[];
    /** The longest. */
    readonly gaps: readonly {
      readonly device: number;
      readonly start_ms: number;
      readonly duration_us: number;
      readonly before: string;
      readonly after: string;
      readonly cpu: { readonly kind: string; readonly name: string; readonly percent: number };
      readonly between_steps: boolean;
    }[];
  };
  readonly attribution: {
    /** Why there are no steps; null where there are. */
    readonly missing: string | null;
    readonly step_format: string | null;
    readonly engines: number;
    readonly ranks: number;
    /** Null, as is the coverage, where no work on a GPU was recorded. */
    readonly gpu_busy_ms: number | null;
    /** Busy time inside engine steps, of all busy time. */
    readonly coverage_percent: number | null;
  };
  readonly phases: readonly SummaryPhase[];
  /** How many distinct kernels there are; {@link kernels} has the first of them. */
  readonly kernel_count: number;
  /** By total time, at most 200. */
  readonly kernels: readonly SummaryKernel[];
  readonly graphs: {
    readonly mode: string;
    readonly launch_calls: number;
    readonly replays: number;
    /** Launches of which no time was recorded. */
    readonly unrecorded: number;
    /** Null where no work on a GPU was recorded. */
    readonly time_inside_ms: number | null;
    readonly time_outside_ms: number | null;
    readonly launch_us: number | null;
  };
  readonly transfers: readonly {
    readonly operation: string;
    readonly memory: string;
    readonly pageable: boolean;
    readonly count: number;
    /** Of those whose size was recorded; null where none was. */
    readonly bytes: number | null;
    readonly total_ms: number;
    readonly bandwidth_gbps: number | null;
  }[];
  readonly memory: { readonly peak_bytes: number; readonly end_bytes: number } | null;
  readonly findings: readonly {
    readonly id: string;
    readonly severity: string;
    readonly title: string;
    readonly detail: string;
    readonly advice: string;
    readonly measured: string;
    readonly threshold: string;
  }[];
  /** What the capture cannot say, and what would have recorded it. */
  readonly gaps: readonly {
    readonly id: string;
    readonly text: string;
    readonly remedy: string | null;
  }[];
  readonly diagnostics: readonly { readonly severity: string; readonly text: string }[];
}
