/**
 * Floating-point work of a launch, by precision, from executed-operation counts.
 *
 * Never from instruction counts: a tensor instruction is anything from 512 to
 * 16384 operations. Formulas of the roofline sections that ship with Nsight
 * Compute (SpeedOfLight_HierarchicalSingle/Double/Half/TensorRooflineChart) and
 * of its Kernel Profiling Guide, "Roofline Charts".
 */
import type { KernelReport, LaunchIndex } from '../../profile/kernel-report';
import { combine, either, metric, sum, type Column } from './columns';
import { figureColumn } from './metrics';
import type { ReportAnalysis } from './report';

/**
 * `fp32` and the like run on the ordinary pipes; `tensor_bf16` on tensor cores with that input
 * type; `tensor_bf16_sparse` there too, with structured sparsity: counted as the dense product it
 * stands for, done in half the time.
 */
export type Precision = 'fp64' | 'fp32' | 'fp16' | `tensor_${string}`;

/** The same type with structured sparsity. */
export const sparse = (precision: Precision): Precision =>
  `${precision as `tensor_${string}`}_sparse`;

/** As it is said in a sentence: `FP32`, `tensor BF16`, `sparse tensor FP4/FP6`. */
export function precisionName(precision: Precision): string {
  const [, type, structured] = /^tensor_(.+?)(_sparse)?$/.exec(precision) ?? [];
  if (type === undefined) return precision.toUpperCase();
  const name = `tensor ${type.toUpperCase().replaceAll('_', '/')}`;
  return structured === undefined ? name : `sparse ${name}`;
}

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
export interface TensorPath {
  /** Instructions: `hmma` of every chip since Volta, `hgmma` of Hopper, `utchmma` of Blackwell. */
  readonly op?: string;
  /** Input type, or types that share a path: `bf16`, `fp4_fp6_fp8`. */
  readonly src: string;
  readonly dst?: string;
  readonly sparsity?: 'on' | 'off';
  readonly of: 'sum' | 'per_cycle_elapsed' | 'peak_sustained';
}

const TENSOR =
  /^sm__ops_path_tensor(?:_op_([a-z0-9]+))?_src_([a-z0-9_]+?)(?:_dst_([a-z0-9]+))?(?:_sparsity_(on|off))?\.sum(?:\.(per_cycle_elapsed|peak_sustained))?$/;

export function tensorPath(name: string | undefined): TensorPath | undefined {
  const match = TENSOR.exec(name ?? '');
  if (match === null) return undefined;
  const [, op, src, dst, sparsity, of = 'sum'] = match;
  return { op, src, dst, sparsity, of } as TensorPath;
}

interface TensorCounter {
  readonly path: TensorPath;
  readonly column: Column;
  readonly name: string;
}

const PARTS = ['op', 'src', 'dst', 'sparsity'] as const;

function tensorCounters(analysis: ReportAnalysis): readonly TensorCounter[] {
  const counters = new Map<string, TensorCounter>();
  for (const { name, values } of analysis.report.metrics) {
    const path = tensorPath(name);
    if (name === undefined || path === undefined || path.of === 'peak_sustained') continue;
    const key = PARTS.map((part) => path[part]).join(' ');
    const column = path.of === 'sum' ? values : perLaunch(analysis, values);
    if (column === undefined || !column.some((value) => !Number.isNaN(value))) continue;
    // The sum itself is exact where both are there.
    if (counters.has(key) && path.of !== 'sum') continue;
    counters.set(key, { path, column, name });
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

interface Sum {
  readonly flops: Column;
  readonly formula: string;
}

function added(counters: readonly TensorCounter[]): Sum | undefined {
  const flops = sum(...counters.map((counter) => counter.column));
  return flops && { flops, formula: counters.map((counter) => counter.name).join(' + ') };
}

/** Below this share of a difference's terms there are the digits that were not printed, and no work. */
const ROUNDING = 1e-3;

function tensor(analysis: ReportAnalysis): readonly PrecisionWork[] {
  const all = tensorCounters(analysis);
  return [...new Set(all.map(({ path }) => path.src))].flatMap((src) => {
    const counters = all.filter(({ path }) => path.src === src);
    const precision = `tensor_${src}` as const;
    const whole = added(disjoint(counters));
    const structured = added(disjoint(counters.filter(({ path }) => path.sparsity === 'on')));
    if (whole === undefined) return [];
    if (structured === undefined || !structured.flops.some((value) => value > 0))
      return [{ precision, ...whole }];
    const dense = combine([whole.flops, structured.flops], (total, part) =>
      total - part > ROUNDING * total ? total - part : 0,
    );
    return [
      {
        precision,
        flops: either(dense, whole.flops) ?? whole.flops,
        formula: `${whole.formula} − (${structured.formula})`,
      },
      { precision: sparse(precision), ...structured },
    ];
  });
}

/** True for types whose operations are not floating-point. */
export const isInteger = (precision: Precision): boolean =>
  /^tensor_(?:u?int|b)\d+(?:_sparse)?$/.test(precision);

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
    const counters = ['fadd', 'fmul', 'ffma'].map(
      (op) => `smsp__sass_thread_inst_executed_op_${op}_pred_on.sum`,
    );
    const collected = `--set roofline (or full), or --metrics ${counters.join(',')}`;
    notes.push(
      report.provenance.page === 'details'
        ? `The details page does not print counts of operations: --page raw does, where they were collected with ${collected}.`
        : `FP32 operations were not counted: collect with ${collected}.`,
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
