/**
 * Which metric stands behind a display name of the details page, so that both
 * pages fill the same columns. Checked against reports that were printed as
 * both pages; sections as in the `.section` files that ship with ncu.
 */

interface Displayed {
  readonly section: string;
  readonly displayName: string;
}

const SPEED_OF_LIGHT = 'GPU Speed Of Light Throughput';
const ROOFLINE = 'GPU Speed Of Light Roofline Chart';
const COMPUTE = 'Compute Workload Analysis';
const MEMORY = 'Memory Workload Analysis';
const SCHEDULER = 'Scheduler Statistics';
const WARPS = 'Warp State Statistics';
const INSTRUCTIONS = 'Instruction Statistics';
const LAUNCH = 'Launch Statistics';
const OCCUPANCY = 'Occupancy';
const DISTRIBUTION = 'GPU and Memory Workload Distribution';
const SOURCE = 'Source Counters';
const ACTIVE_PIPES = `${COMPUTE}/Pipe Utilization (% of active cycles)`;
const PEAK_PIPES = `${COMPUTE}/Pipe Utilization (% of peak instructions executed)`;

/** By section, or section and label; display name → metric. The first name of a metric is its own. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [SPEED_OF_LIGHT]: {
    Duration: 'gpu__time_duration.sum',
    'DRAM Frequency': 'dram__cycles_elapsed.avg.per_second',
    'Memory Frequency': 'dram__cycles_elapsed.avg.per_second',
    'SM Frequency': 'gpc__cycles_elapsed.avg.per_second',
    'Elapsed Cycles': 'gpc__cycles_elapsed.max',
    'Memory Throughput': 'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed',
    'Memory [%]': 'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed',
    'SOL Memory': 'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed',
    'DRAM Throughput': 'gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed',
    'SOL DRAM': 'gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed',
    'L1/TEX Cache Throughput': 'l1tex__throughput.avg.pct_of_peak_sustained_active',
    'SOL L1/TEX Cache': 'l1tex__throughput.avg.pct_of_peak_sustained_active',
    'L2 Cache Throughput': 'lts__throughput.avg.pct_of_peak_sustained_elapsed',
    'SOL L2 Cache': 'lts__throughput.avg.pct_of_peak_sustained_elapsed',
    'SM Active Cycles': 'sm__cycles_active.avg',
    'Compute (SM) Throughput': 'sm__throughput.avg.pct_of_peak_sustained_elapsed',
    'Compute (SM) [%]': 'sm__throughput.avg.pct_of_peak_sustained_elapsed',
    'SM [%]': 'sm__throughput.avg.pct_of_peak_sustained_elapsed',
    'SOL SM': 'sm__throughput.avg.pct_of_peak_sustained_elapsed',
    'Waves Per SM': 'launch__waves_per_multiprocessor',
  },
  [ROOFLINE]: {
    'Theoretical Predicated-On DFMA Thread Instructions Executed':
      'sm__sass_thread_inst_executed_op_dfma_pred_on.sum.peak_sustained',
    'Theoretical Predicated-On FFMA Thread Instructions Executed':
      'sm__sass_thread_inst_executed_op_ffma_pred_on.sum.peak_sustained',
    'Predicated-On DFMA Thread Instructions Executed Per Cycle':
      'smsp__sass_thread_inst_executed_op_dfma_pred_on.sum.per_cycle_elapsed',
    'Predicated-On FFMA Thread Instructions Executed Per Cycle':
      'smsp__sass_thread_inst_executed_op_ffma_pred_on.sum.per_cycle_elapsed',
    'Predicated-On DADD Thread Instructions Executed Per Cycle':
      'smsp__sass_thread_inst_executed_op_dadd_pred_on.sum.per_cycle_elapsed',
    'Predicated-On DMUL Thread Instructions Executed Per Cycle':
      'smsp__sass_thread_inst_executed_op_dmul_pred_on.sum.per_cycle_elapsed',
    'Predicated-On FADD Thread Instructions Executed Per Cycle':
      'smsp__sass_thread_inst_executed_op_fadd_pred_on.sum.per_cycle_elapsed',
    'Predicated-On FMUL Thread Instructions Executed Per Cycle':
      'smsp__sass_thread_inst_executed_op_fmul_pred_on.sum.per_cycle_elapsed',
    'Theoretical Predicated-On FFMA Operations':
      'derived__sm__sass_thread_inst_executed_op_ffma_pred_on_x2',
    'Theoretical Predicated-On DFMA Operations':
      'derived__sm__sass_thread_inst_executed_op_dfma_pred_on_x2',
    'Predicated-On FFMA Operations Per Cycle':
      'derived__smsp__sass_thread_inst_executed_op_ffma_pred_on_x2',
    'Predicated-On DFMA Operations Per Cycle':
      'derived__smsp__sass_thread_inst_executed_op_dfma_pred_on_x2',
    'Theoretical DRAM Bytes Accessible': 'dram__bytes.sum.peak_sustained',
    'DRAM Bandwidth': 'dram__bytes.sum.per_second',
    'DRAM Frequency': 'dram__cycles_elapsed.avg.per_second',
    'SM Frequency': 'gpc__cycles_elapsed.avg.per_second',
  },
  [COMPUTE]: {
    'Executed Ipc Active': 'sm__inst_executed.avg.per_cycle_active',
    'Executed Ipc Elapsed': 'sm__inst_executed.avg.per_cycle_elapsed',
    'Issue Slots Busy': 'sm__inst_issued.avg.pct_of_peak_sustained_active',
    'Issued Ipc Active': 'sm__inst_issued.avg.per_cycle_active',
    'Max. Issued Slots Busy': 'sm__inst_issued.max.pct_of_peak_sustained_active',
    'SM Busy': 'sm__instruction_throughput.avg.pct_of_peak_sustained_active',
  },
  [ACTIVE_PIPES]: {
    ALU: 'sm__pipe_alu_cycles_active.avg.pct_of_peak_sustained_active',
    FMA: 'sm__pipe_fma_cycles_active.avg.pct_of_peak_sustained_active',
    FP64: 'sm__pipe_fp64_cycles_active.avg.pct_of_peak_sustained_active',
    'Shared (FP64+Tensor)': 'sm__pipe_shared_cycles_active.avg.pct_of_peak_sustained_active',
    'Tensor (All)': 'sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active',
    'Tensor (DP)': 'sm__pipe_tensor_op_dmma_cycles_active.avg.pct_of_peak_sustained_active',
    'Tensor (FP)': 'sm__pipe_tensor_op_hmma_cycles_active.avg.pct_of_peak_sustained_active',
    'Tensor (INT)': 'sm__pipe_tensor_op_imma_cycles_active.avg.pct_of_peak_sustained_active',
  },
  [PEAK_PIPES]: {
    ADU: 'sm__inst_executed_pipe_adu.avg.pct_of_peak_sustained_active',
    ALU: 'sm__inst_executed_pipe_alu.avg.pct_of_peak_sustained_active',
    CBU: 'sm__inst_executed_pipe_cbu.avg.pct_of_peak_sustained_active',
    FMA: 'sm__inst_executed_pipe_fma.avg.pct_of_peak_sustained_active',
    FP16: 'sm__inst_executed_pipe_fp16.avg.pct_of_peak_sustained_active',
    FP64: 'sm__inst_executed_pipe_fp64.avg.pct_of_peak_sustained_active',
    LSU: 'sm__inst_executed_pipe_lsu.avg.pct_of_peak_sustained_active',
    'Tensor (DP)': 'sm__inst_executed_pipe_tensor_op_dmma.avg.pct_of_peak_sustained_active',
    'Tensor (FP)': 'sm__inst_executed_pipe_tensor_op_hmma.avg.pct_of_peak_sustained_active',
    'Tensor (INT)': 'sm__inst_executed_pipe_tensor_op_imma.avg.pct_of_peak_sustained_active',
    TEX: 'sm__inst_executed_pipe_tex.avg.pct_of_peak_sustained_active',
    Uniform: 'sm__inst_executed_pipe_uniform.avg.pct_of_peak_sustained_active',
    XU: 'sm__inst_executed_pipe_xu.avg.pct_of_peak_sustained_active',
  },
  [MEMORY]: {
    'Memory Throughput': 'dram__bytes.sum.per_second',
    'Mem Busy': 'gpu__compute_memory_access_throughput.avg.pct_of_peak_sustained_elapsed',
    'Max Bandwidth': 'gpu__compute_memory_request_throughput.avg.pct_of_peak_sustained_elapsed',
    'L1/TEX Hit Rate': 'l1tex__t_sector_hit_rate.pct',
    'L2 Hit Rate': 'lts__t_sector_hit_rate.pct',
    'Mem Pipes Busy': 'sm__memory_throughput.avg.pct_of_peak_sustained_elapsed',
    'L2 Compression Success Rate': 'lts__average_gcomp_input_sector_success_rate.pct',
    'L2 Compression Ratio': 'lts__average_gcomp_output_sector_compression_achieved_rate.ratio',
    'L2 Persisting Size': 'launch__persisting_l2_cache_size',
  },
  [SCHEDULER]: {
    'One or More Eligible': 'smsp__issue_active.avg.pct_of_peak_sustained_active',
    'Issued Warp Per Scheduler': 'smsp__issue_active.avg.per_cycle_active',
    'No Eligible': 'smsp__issue_inst0.avg.pct_of_peak_sustained_active',
    'Active Warps Per Scheduler': 'smsp__warps_active.avg.per_cycle_active',
    'Eligible Warps Per Scheduler': 'smsp__warps_eligible.avg.per_cycle_active',
    'Theoretical Active Warps Per Scheduler': 'smsp__warps_active.avg.peak_sustained',
    'Theoretical Warps Per Scheduler': 'smsp__maximum_warps_avg_per_active_cycle',
    'GPU Maximum Warps Per Scheduler': 'smsp__warps_active.avg.peak_sustained',
  },
  [WARPS]: {
    'Warp Cycles Per Issued Instruction': 'smsp__average_warp_latency_per_inst_issued.ratio',
    'Warp Cycles Per Executed Instruction': 'smsp__average_warps_active_per_inst_executed.ratio',
    'Avg. Active Threads Per Warp': 'smsp__thread_inst_executed_per_inst_executed.ratio',
    'Avg. Not Predicated Off Threads Per Warp':
      'smsp__thread_inst_executed_pred_on_per_inst_executed.ratio',
    'Issued Warp Per Scheduler': 'smsp__issue_active.avg.per_cycle_active',
    ...stallNames(),
  },
  [INSTRUCTIONS]: {
    'Executed Instructions': 'smsp__inst_executed.sum',
    'Issued Instructions': 'smsp__inst_issued.sum',
    'Avg. Executed Instructions Per Scheduler': 'smsp__inst_executed.avg',
    'Avg. Issued Instructions Per Scheduler': 'smsp__inst_issued.avg',
  },
  [LAUNCH]: {
    'Block Size': 'launch__block_size',
    'Grid Size': 'launch__grid_size',
    'Cluster Size': 'launch__cluster_size',
    'Cluster Scheduling Policy': 'launch__cluster_scheduling_policy',
    'Function Cache Configuration': 'launch__func_cache_config',
    'Registers Per Thread': 'launch__registers_per_thread',
    'Shared Memory Configuration Size': 'launch__shared_mem_config_size',
    'Driver Shared Memory Per Block': 'launch__shared_mem_per_block_driver',
    'Dynamic Shared Memory Per Block': 'launch__shared_mem_per_block_dynamic',
    'Static Shared Memory Per Block': 'launch__shared_mem_per_block_static',
    '# SMs': 'launch__sm_count',
    '# TPCs': 'launch__tpc_count',
    'Stack Size': 'launch__stack_size',
    Threads: 'launch__thread_count',
    'Uses Green Context': 'launch__uses_green_context',
    'Waves Per SM': 'launch__waves_per_multiprocessor',
    'Theoretical Occupancy': 'sm__maximum_warps_per_active_cycle_pct',
    'Achieved Occupancy': 'sm__warps_active.avg.pct_of_peak_sustained_active',
  },
  [OCCUPANCY]: {
    'Block Limit SM': 'launch__occupancy_limit_blocks',
    'Block Limit Registers': 'launch__occupancy_limit_registers',
    'Block Limit Shared Mem': 'launch__occupancy_limit_shared_mem',
    'Block Limit Warps': 'launch__occupancy_limit_warps',
    'Block Limit Barriers': 'launch__occupancy_limit_barriers',
    'Theoretical Active Warps per SM': 'sm__maximum_warps_avg_per_active_cycle',
    'Theoretical Occupancy': 'sm__maximum_warps_per_active_cycle_pct',
    'Achieved Occupancy': 'sm__warps_active.avg.pct_of_peak_sustained_active',
    'Achieved Active Warps Per SM': 'sm__warps_active.avg.per_cycle_active',
    'Registers Per Thread': 'launch__registers_per_thread',
    'Block Size': 'launch__block_size',
    'Shared Memory Per Block': 'launch__shared_mem_per_block',
    'Max Active Clusters': 'launch__cluster_max_active',
    'Max Cluster Size': 'launch__cluster_max_potential_size',
    'Cluster Occupancy': 'launch__occupancy_cluster_pct',
    'Overall GPU Occupancy': 'launch__occupancy_cluster_gpu_pct',
  },
  [DISTRIBUTION]: distributionNames(),
  [SOURCE]: {
    'Branch Instructions Ratio': 'derived__smsp__inst_executed_op_branch_pct',
    'Branch Instructions': 'smsp__inst_executed_op_branch.sum',
    'Branch Efficiency': 'smsp__sass_average_branch_targets_threads_uniform.pct',
    'Avg. Divergent Branches': 'smsp__sass_branch_targets_threads_divergent.avg',
    '# Samples': 'smsp__pcsamp_sample_count',
    'L1 Wavefronts Shared Excessive': 'derived__memory_l1_wavefronts_shared_excessive',
    'L2 Theoretical Sectors Global Excessive':
      'derived__memory_l2_theoretical_sectors_global_excessive',
    'L2 Theoretical Sectors Global': 'memory_l2_theoretical_sectors_global',
    'L2 Theoretical Sectors Global Ideal': 'memory_l2_theoretical_sectors_global_ideal',
  },
};

/** Sections that were called something else. */
const SECTION_ALIASES: ReadonlyMap<string, string> = new Map([
  ['GPU Speed Of Light', SPEED_OF_LIGHT],
]);

function stallNames(): Record<string, string> {
  const reasons: Record<string, string> = {
    'Stall Barrier': 'barrier',
    'Stall Branch Resolving': 'branch_resolving',
    'Stall Dispatch Stall': 'dispatch_stall',
    'Stall Drain': 'drain',
    'Stall GMMA': 'gmma',
    'Stall IMC Miss': 'imc_miss',
    'Stall LG Throttle': 'lg_throttle',
    'Stall Long Scoreboard': 'long_scoreboard',
    'Stall Math Pipe Throttle': 'math_pipe_throttle',
    'Stall Membar': 'membar',
    'Stall MIO Throttle': 'mio_throttle',
    'Stall Misc': 'misc',
    'Stall No Instruction': 'no_instruction',
    'Stall Not Selected': 'not_selected',
    Selected: 'selected',
    'Stall Short Scoreboard': 'short_scoreboard',
    'Stall Sleeping': 'sleeping',
    'Stall Tex Throttle': 'tex_throttle',
    'Stall Wait': 'wait',
  };
  return Object.fromEntries(
    Object.entries(reasons).map(([display, reason]) => [
      display,
      `smsp__average_warps_issue_stalled_${reason}_per_issue_active.ratio`,
    ]),
  );
}

function distributionNames(): Record<string, string> {
  const units: Record<string, string> = {
    DRAM: 'dram',
    L1: 'l1tex',
    L2: 'lts',
    SM: 'sm',
    SMSP: 'smsp',
  };
  return Object.fromEntries(
    Object.entries(units).flatMap(([display, unit]) => [
      [`Average ${display} Active Cycles`, `${unit}__cycles_active.avg`],
      [`Total ${display} Elapsed Cycles`, `${unit}__cycles_elapsed.sum`],
    ]),
  );
}

/** `unit__counter` with or without roll-up: a metric's own name, never a display name. */
const METRIC_NAME = /^[a-z][a-z0-9]*__[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*$/;
const METRIC_IN_PARENTHESES = /\(([a-z][a-z0-9]*__[A-Za-z0-9_.]+)\)$/;

/** The metric behind a row of the details page; undefined where none is known. */
export function metricOf(section: string, label: string, displayName: string): string | undefined {
  if (METRIC_NAME.test(displayName)) return displayName;
  const named = METRIC_IN_PARENTHESES.exec(displayName)?.[1];
  if (named !== undefined) return named;
  const home = SECTION_ALIASES.get(section) ?? section;
  return (
    byDisplay.get(`${home}/${label}\n${displayName}`) ?? byDisplay.get(`${home}\n${displayName}`)
  );
}

const byDisplay = new Map<string, string>();
const displayedByMetric = new Map<string, Displayed>();
for (const [place, names] of Object.entries(TABLE)) {
  const section = place.split('/Pipe')[0];
  for (const [displayName, metric] of Object.entries(names)) {
    byDisplay.set(`${place}\n${displayName}`, metric);
    if (!displayedByMetric.has(metric)) displayedByMetric.set(metric, { section, displayName });
  }
}

/** Where the details page shows a metric, and under which name. */
export const displayOf = (metric: string): Displayed | undefined => displayedByMetric.get(metric);
