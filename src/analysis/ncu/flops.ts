/**
 * Floating-point work of a launch, by precision, from executed-operation counts.
 *
 * Never from instruction counts: a tensor instruction is anything from 512 to
 * 16384 operations. Formulas of the roofline sections that ship with Nsight
 * Compute (SpeedOfLight_HierarchicalSingle/Double/Half/TensorRooflineChart) and
 * of its Kernel Profiling Guide, "Roofline Charts".
 */
import type { KernelReport, LaunchIndex } from '../../profile/kernel-report';
import { combine, either, metric, type Column } from './columns';
import { figureColumn } from './metrics';
import type { ReportAnalysis } from './report';

/** `fp32` and the like run on the ordinary pipes; `tensor_bf16` on tensor cores with that input type. */
export type Precision = 'fp64' | 'fp32' | 'fp16' | `tensor_${string}`;

export interface PrecisionWork {
  readonly precision: Precision;
  /** Floating-point operations by launch, NaN where not counted; a multiply-add is two. */
  readonly flops: Column;
  readonly formula: string;
}

/** Operations one executed thread instruction does. */
interface Operation {
  readonly op: string;
  readonly operations: number;
  /** Exists on some chips only (Blackwell's packed FP32): not missed where absent. */
  readonly optional?: boolean;
}

/**
 * A multiply-add counts as two. FP16 instructions are packed pairs (HADD2,
 * HFMA2), hence 2/2/4 as in NVIDIA's half-precision chart; so are Blackwell's
 * packed FP32 ones (FADD2, FFMA2).
 */
const OPERATIONS: Readonly<Record<'fp64' | 'fp32' | 'fp16', readonly Operation[]>> = {
  fp64: [
    { op: 'dadd', operations: 1 },
    { op: 'dmul', operations: 1 },
    { op: 'dfma', operations: 2 },
  ],
  fp32: [
    { op: 'fadd', operations: 1 },
    { op: 'fmul', operations: 1 },
    { op: 'ffma', operations: 2 },
    { op: 'fadd2', operations: 2, optional: true },
    { op: 'fmul2', operations: 2, optional: true },
    { op: 'ffma2', operations: 4, optional: true },
  ],
  fp16: [
    { op: 'hadd', operations: 2 },
    { op: 'hmul', operations: 2 },
    { op: 'hfma', operations: 4 },
  ],
};

/**
 * Executions of an instruction over a launch: `…op_X_pred_on.sum`, spelled
 * smsp__sass_, sm__sass_ or smsp__; else `.sum.per_cycle_elapsed` × cycles,
 * which is what the roofline section alone collects.
 */
function executions(analysis: ReportAnalysis, op: string): Column | undefined {
  const { report } = analysis;
  const names = ['smsp__sass', 'sm__sass', 'smsp'].map(
    (unit) => `${unit}${unit === 'smsp' ? '__' : '_'}thread_inst_executed_op_${op}_pred_on.sum`,
  );
  return either(
    metric(report, ...names),
    perLaunch(analysis, metric(report, ...names.map((name) => `${name}.per_cycle_elapsed`))),
    perLaunch(
      analysis,
      combine(
        [metric(report, `derived__smsp__sass_thread_inst_executed_op_${op}_pred_on_x2`)],
        (twice) => twice / 2,
      ),
    ),
  );
}

/** A count per elapsed cycle × (cycles per second × duration). */
const perLaunch = (analysis: ReportAnalysis, perCycle: Column | undefined): Column | undefined =>
  combine(
    [perCycle, figureColumn(analysis, 'smClock'), figureColumn(analysis, 'duration')],
    (rate, clock, ns) => (rate * clock * ns) / 1e9,
  );

function ordinary(
  analysis: ReportAnalysis,
  precision: 'fp64' | 'fp32' | 'fp16',
): PrecisionWork | undefined {
  const terms = OPERATIONS[precision].map((operation) => ({
    ...operation,
    count: executions(analysis, operation.op),
  }));
  // One of three counters missing would make the sum too small without a sign of it.
  if (terms.some((term) => term.count === undefined && !term.optional)) return undefined;
  const counted = terms.filter((term) => term.count !== undefined);
  const flops = combine(
    counted.map((term) => term.count),
    (...counts) => counts.reduce((total, count, i) => total + count * counted[i].operations, 0),
  );
  if (flops === undefined) return undefined;
  const formula = counted.map((t) => (t.operations === 1 ? t.op : `${t.operations}·${t.op}`));
  return { precision, flops, formula: `${formula.join(' + ')} (executed thread instructions)` };
}

/** A tensor counter's name taken apart: what is left out, the counter adds up over. */
interface TensorCounter {
  readonly source: string;
  readonly path: Readonly<Record<'op' | 'src' | 'dst' | 'sparsity', string | undefined>>;
  readonly column: Column;
  readonly name: string;
}

const TENSOR =
  /^sm__ops_path_tensor(?:_op_([a-z0-9]+))?_src_([a-z0-9]+(?:_[a-z]\d+m\d+)*)(?:_dst_([a-z0-9]+))?(?:_sparsity_(on|off))?\.sum(\.per_cycle_elapsed)?$/;
const PARTS = ['op', 'src', 'dst', 'sparsity'] as const;

function tensorCounters(analysis: ReportAnalysis): readonly TensorCounter[] {
  const counters = new Map<string, TensorCounter>();
  for (const { name, values } of analysis.report.metrics) {
    const match = name === undefined ? null : TENSOR.exec(name);
    if (name === undefined || match === null) continue;
    const [, op, src, dst, sparsity, perCycle] = match;
    const path = `${op} ${src} ${dst} ${sparsity}`;
    const column = perCycle === undefined ? values : perLaunch(analysis, values);
    if (column === undefined || !column.some((value) => !Number.isNaN(value))) continue;
    // The sum itself is exact where both are there.
    if (counters.has(path) && perCycle !== undefined) continue;
    counters.set(path, { source: src, path: { op, src, dst, sparsity }, column, name });
  }
  return [...counters.values()];
}

/** True where every operation `child` counts is counted by `parent` too. */
const covers = (parent: TensorCounter, child: TensorCounter): boolean =>
  parent !== child &&
  PARTS.every((p) => parent.path[p] === undefined || parent.path[p] === child.path[p]);

/** True where some operation may be counted by both. */
const overlaps = (a: TensorCounter, b: TensorCounter): boolean =>
  PARTS.every((p) => a.path[p] === undefined || b.path[p] === undefined || a.path[p] === b.path[p]);

/**
 * Which counters to add: the widest of each family, so that no parent is added
 * to its children, and of two that overlap without one covering the other
 * (`op_hgmma_src_fp16` and `src_fp16_dst_fp32`) the wider-named first.
 */
function disjoint(counters: readonly TensorCounter[]): readonly TensorCounter[] {
  const named = (c: TensorCounter): number => PARTS.filter((p) => c.path[p] !== undefined).length;
  const chosen: TensorCounter[] = [];
  const widest = counters.filter((c) => !counters.some((other) => covers(other, c)));
  for (const counter of [...widest].sort((a, b) => named(a) - named(b))) {
    if (!chosen.some((other) => overlaps(other, counter))) chosen.push(counter);
  }
  return chosen;
}

function tensor(analysis: ReportAnalysis): readonly PrecisionWork[] {
  const sources = new Map<string, TensorCounter[]>();
  for (const counter of disjoint(tensorCounters(analysis)))
    sources.set(counter.source, [...(sources.get(counter.source) ?? []), counter]);
  return [...sources].flatMap(([source, counters]) => {
    const flops = combine(
      counters.map((counter) => counter.column),
      (...values) => values.reduce((total, value) => total + value, 0),
    );
    return flops === undefined
      ? []
      : [
          {
            precision: `tensor_${source}` as const,
            flops,
            formula: counters.map((counter) => counter.name).join(' + '),
          },
        ];
  });
}

/** True for types whose operations are not floating-point. */
export const isInteger = (precision: Precision): boolean =>
  /^tensor_(?:u?int|b)\d+$/.test(precision);

/** All work that the report counts, by precision. */
export const workByPrecision = (analysis: ReportAnalysis): readonly PrecisionWork[] =>
  analysis.once('work by precision', () => [
    ...(['fp64', 'fp32', 'fp16'] as const).flatMap((p) => ordinary(analysis, p) ?? []),
    ...tensor(analysis),
  ]);

/** Tensor cores at work below this share of their cycles are not missed in a count. */
const IDLE_TENSOR = 0.01;

export interface LaunchWork {
  /** Floating-point operations by precision, largest first; only what was counted and is not zero. */
  readonly byPrecision: readonly { readonly precision: Precision; readonly flops: number }[];
  /** Sum over floating-point precisions; undefined where nothing was counted. */
  readonly flops?: number;
  /** What was at work without being counted: the sum is then too small to be shown as the whole. */
  readonly uncounted?: 'tensor';
}

export function workOf(analysis: ReportAnalysis, launch: LaunchIndex): LaunchWork {
  const counted = workByPrecision(analysis)
    .filter(({ precision }) => !isInteger(precision))
    .map(({ precision, flops }) => ({ precision, flops: flops[launch] }))
    .filter(({ flops }) => !Number.isNaN(flops));
  const byPrecision = counted.filter(({ flops }) => flops > 0).sort((a, b) => b.flops - a.flops);
  const uncounted = tensorIsMissed(analysis, launch);
  return {
    byPrecision,
    ...(counted.length === 0 ? {} : { flops: counted.reduce((n, { flops }) => n + flops, 0) }),
    ...(uncounted ? { uncounted: 'tensor' as const } : {}),
  };
}

/** True where the tensor pipe was busy and no tensor operation was counted. */
function tensorIsMissed(analysis: ReportAnalysis, launch: LaunchIndex): boolean {
  if (
    workByPrecision(analysis).some(
      (w) => w.precision.startsWith('tensor_') && !Number.isNaN(w.flops[launch]),
    )
  )
    return false;
  const busy = figureColumn(analysis, 'tensorShare')?.[launch] ?? Number.NaN;
  if (!Number.isNaN(busy)) return busy >= IDLE_TENSOR && !onlyPassedThrough(analysis, launch);
  // The number of instructions says that there was work, not how much.
  const instructions = metric(
    analysis.report,
    'sm__inst_executed_pipe_tensor.sum',
    'smsp__inst_executed_pipe_tensor.sum',
  );
  return (instructions?.[launch] ?? 0) > 0;
}

const TENSOR_INSTRUCTIONS =
  /^sm__inst_executed_pipe_tensor_(?:op|subpipe)_\w+\.avg\.pct_of_peak_sustained_active$/;

/**
 * On A100 plain kernels send some moves through the tensor pipe. A matrix
 * instruction holds it for several cycles, a move for one: where cycles and
 * instructions are the same share of their peaks, there was no matrix work.
 */
function onlyPassedThrough(analysis: ReportAnalysis, launch: LaunchIndex): boolean {
  const instructions = analysis
    .once('tensor instructions', () =>
      analysis.report.metrics.filter(({ name }) => TENSOR_INSTRUCTIONS.test(name ?? '')),
    )
    .map(({ values }) => values[launch])
    .filter((value) => !Number.isNaN(value));
  const cycles = metric(
    analysis.report,
    'sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active',
  );
  if (instructions.length === 0 || cycles === undefined) return false;
  return cycles[launch] <= instructions.reduce((n, value) => n + value, 0) * 1.01;
}

const FP32_RATE = /_sass_thread_inst_executed_op_ffma_pred_on\.sum\.per_/;

/** What to collect for the counts that a report lacks, as sentences; empty where nothing is. */
export function missingWork(report: KernelReport, analysis: ReportAnalysis): readonly string[] {
  const work = workByPrecision(analysis);
  const notes: string[] = [];
  const timed = figureColumn(analysis, 'duration') !== undefined;
  // Without durations rates are no counts, and durations are what is asked for below.
  const rated = !timed && report.metrics.some(({ name }) => FP32_RATE.test(name ?? ''));
  if (!rated && !work.some(({ precision }) => precision === 'fp32')) {
    notes.push(
      'FP32 operations were not counted: collect with --set roofline (or full), or --metrics smsp__sass_thread_inst_executed_op_fadd_pred_on.sum,smsp__sass_thread_inst_executed_op_fmul_pred_on.sum,smsp__sass_thread_inst_executed_op_ffma_pred_on.sum.',
    );
  }
  const launches = report.launches.length;
  const share = figureColumn(analysis, 'tensorShare');
  let missed = 0;
  let measured = false;
  for (let i = 0; i < launches; i++) {
    if (!tensorIsMissed(analysis, i)) continue;
    missed++;
    measured ||= share !== undefined && !Number.isNaN(share[i]);
  }
  if (missed > 0) {
    const what = measured
      ? `Tensor cores were busy in ${missed} of ${launches} launches`
      : `The tensor pipe executed instructions in ${missed} of ${launches} launches (matrix work, or moves that some chips send through it)`;
    notes.push(
      `${what}, and their operations were not counted: collect with --section SpeedOfLight_HierarchicalTensorRooflineChart (part of --set roofline), or --metrics regex:sm__ops_path_tensor_src.*sum$.`,
    );
  }
  if (!timed) {
    notes.push(
      'Durations were not collected: add --section SpeedOfLight or --metrics gpu__time_duration.sum.',
    );
  }
  return notes;
}
