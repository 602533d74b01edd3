/**
 * PyTorch's operators: how often, how long on the CPU, how long on the GPU,
 * themselves and with what they call. The definitions are PyTorch's own, those
 * of `key_averages()` (torch/autograd/profiler_util.py), so that its table and
 * this one agree:
 *
 * - An operator lies in another of its thread that is open for all of its time.
 *   CUDA calls lie in the operator they name; other calls lie in none.
 * - CPU total is its length, CPU self that without what lies in it directly.
 * - GPU self is the sum of the lengths of the work that names it, GPU total adds
 *   that of all that lies in it. Work on concurrent streams counts twice.
 * - Of an operator that only calls one of its own name, both are one.
 *
 * One difference: PyTorch also adds to a person's annotation the span of its
 * repetition on the GPU, so that its GPU time counts twice; here it does not.
 */
import { NONE } from '../profile/model';
import type { OperatorTable } from '../profile/operators';
import type { Scope } from '../profile/scope';
import { PHASES } from '../profile/scope';
import type { Nanoseconds, Share } from '../profile/units';
import type { Analysis } from './analysis';
import { lengthOf } from './intervals';
import { concatenate, innermostAt, nest, type Intervals, type Nesting } from './nesting';
import { hasActivities, inScope } from './selection';

export type OperatorRowKind = 'operator' | 'annotation' | 'call';

export interface OperatorRow {
  /** Within the result. */
  readonly id: number;
  readonly kind: OperatorRowKind;
  /** As PyTorch has it: the steps of a profiler are one, `ProfilerStep*`. */
  readonly name: string;
  /** Dimensions of the inputs as JSON; empty where not recorded, or not grouped by. */
  readonly shapes: string;
  /** Types of the inputs as JSON, likewise. */
  readonly types: string;
  readonly count: number;
  readonly cpuTotal: Nanoseconds;
  readonly cpuSelf: Nanoseconds;
  /** This and what follows of the GPU: undefined in traces that recorded no work on one. */
  readonly gpuTotal: Nanoseconds | undefined;
  readonly gpuSelf: Nanoseconds | undefined;
  /** Of all work on the GPU that names an operator. */
  readonly gpuShare: Share | undefined;
  /** Sum of those recorded; undefined where none is. */
  readonly flops: number | undefined;
}

export interface OperatorsResult {
  /** By GPU self time, then CPU self time, descending. */
  readonly rows: readonly OperatorRow[];
  /** Of the GPU's work: what was launched by an operator that the trace has. */
  readonly coverage: Share;
  /** How work was joined to operators: by the id that it names, or by the call that launched it. */
  readonly joinedBy: 'id' | 'call';
}

export interface OperatorNode extends OperatorRow {
  readonly children: number;
}

const ROW_KINDS: readonly OperatorRowKind[] = ['operator', 'annotation', 'call'];
const CALL = 2;

/** Operators and calls as one set of rows: operators first, then `profile.api`. */
export interface OperatorTree {
  readonly rows: Intervals;
  readonly nesting: Nesting;
  /** Operator that stands for the row: another where both are one by name. */
  readonly standsFor: Int32Array;
  /** The operator each activity was launched from; NONE where the trace has none. */
  readonly launchedFrom: {
    readonly kernels: Int32Array;
    readonly memcpys: Int32Array;
    readonly memsets: Int32Array;
  };
  readonly joinedBy: 'id' | 'call';
}

const LAUNCHED = ['kernels', 'memcpys', 'memsets'] as const;

/** Undefined in profiles of other tools. */
export function operatorTree(analysis: Analysis): OperatorTree | undefined {
  const { operators } = analysis.profile;
  if (!operators) return undefined;
  return analysis.once('operators.tree', () => buildTree(analysis, operators));
}

function buildTree(analysis: Analysis, operators: OperatorTable): OperatorTree {
  const { profile } = analysis;
  const { api, externalIds } = profile;
  const threads = profile.threads.length;
  const rowOfId = new RowsById(operators.externalId);
  const operatorOfCall = Int32Array.from(externalIds?.api ?? [], (id) => rowOfId.find(id));
  const rows = concatenate([operators, linkedCalls(api, operatorOfCall, threads)]);
  const nesting = nest(rows, threads + api.length, true);
  const named = LAUNCHED.map((kind) =>
    Int32Array.from(externalIds?.[kind] ?? [], (id) => rowOfId.find(id)),
  );
  const joinedBy = mostlyFound(
    named,
    LAUNCHED.map((kind) => externalIds?.[kind]),
  )
    ? 'id'
    : 'call';
  const [kernels, memcpys, memsets] = joinedBy === 'id' ? named : byCall(analysis, operators);
  return {
    rows,
    nesting,
    standsFor: mergeOnlyChildren(rows, nesting, namesOf(analysis, operators)),
    launchedFrom: { kernels, memcpys, memsets },
    joinedBy,
  };
}

/**
 * A call that names no operator lies in none: it gets a thread of its own.
 * PyTorch keeps such calls apart in the same way.
 */
function linkedCalls(api: Intervals, operator: Int32Array, threads: number): Intervals {
  return {
    ...api,
    thread: Uint32Array.from(api.thread, (thread, row) =>
      operator[row] === NONE ? threads + row : thread,
    ),
  };
}

/** Traces of 2023 name the correlation where the operator belongs: then most ids lead nowhere. */
function mostlyFound(
  found: readonly Int32Array[],
  ids: readonly (Uint32Array | undefined)[],
): boolean {
  let named = 0;
  let hits = 0;
  found.forEach((rows, kind) => {
    for (let row = 0; row < rows.length; row++) {
      if (ids[kind]![row] !== 0) named++;
      if (rows[row] !== NONE) hits++;
    }
  });
  return hits * 2 > named;
}

/** The innermost operator that was open when the launching call began. */
function byCall({ profile, launches }: Analysis, operators: OperatorTable): Int32Array[] {
  const threads = profile.threads.length;
  const { api } = profile;
  const around = innermostAt(operators, nest(operators, threads, false), threads, {
    length: api.length,
    time: api.start,
    thread: api.thread,
  });
  return LAUNCHED.map((kind) =>
    launches[kind].map((call) => (call === NONE ? NONE : around[call])),
  );
}

/** Names as numbers: string ids, that of the first step of a profiler for all of them. */
function namesOf({ profile }: Analysis, operators: OperatorTable): Uint32Array {
  const { strings, api } = profile;
  const meant = new Map<number, number>();
  let step: number | undefined;
  const nameOf = (name: number): number => {
    let as = meant.get(name);
    if (as === undefined) {
      as = STEP.test(strings.get(name)) ? (step ??= name) : name;
      meant.set(name, as);
    }
    return as;
  };
  const names = new Uint32Array(operators.length + api.length);
  for (let row = 0; row < operators.length; row++) names[row] = nameOf(operators.name[row]);
  names.set(api.name.subarray(0, api.length), operators.length);
  return names;
}

const STEP = /^ProfilerStep#\d+$/;
const shownName = (name: string): string => (STEP.test(name) ? 'ProfilerStep*' : name);

/** PyTorch's `_remove_dup_nodes`: an only child of its parent's name is its parent. */
function mergeOnlyChildren(
  { length }: Intervals,
  { parent, order }: Nesting,
  names: Uint32Array,
): Int32Array {
  const children = new Uint32Array(length);
  for (const row of order) if (parent[row] !== NONE) children[parent[row]]++;
  const standsFor = Int32Array.from({ length }, (_, row) => row);
  for (const row of order) {
    if (parent[row] === NONE) continue;
    const above = standsFor[parent[row]];
    if (children[above] !== 1 || names[above] !== names[row]) continue;
    standsFor[row] = above;
    children[above] = children[row];
  }
  return standsFor;
}

/** Rows of a column of ids, of which each is in it once. */
class RowsById {
  private readonly lowest: number;
  private readonly dense: Int32Array | undefined;
  private readonly sparse = new Map<number, number>();

  constructor(ids: Uint32Array) {
    let lowest = Infinity;
    let highest = 0;
    for (const id of ids) {
      if (id === 0) continue;
      if (id < lowest) lowest = id;
      if (id > highest) highest = id;
    }
    const range = highest - lowest + 1;
    this.lowest = lowest;
    if (range > 0 && range <= ids.length * 16) this.dense = new Int32Array(range).fill(NONE);
    for (let row = 0; row < ids.length; row++) {
      if (ids[row] === 0) continue;
      if (this.dense) this.dense[ids[row] - lowest] = row;
      else this.sparse.set(ids[row], row);
    }
  }

  find(id: number): number {
    if (id === 0) return NONE;
    return (this.dense ? this.dense[id - this.lowest] : this.sparse.get(id)) ?? NONE;
  }
}

/** Times of every row of the tree, those of a row that another stands for included in it. */
interface RowTimes {
  readonly included: Uint8Array;
  readonly cpuTotal: Float64Array;
  readonly cpuSelf: Float64Array;
  readonly gpuTotal: Float64Array;
  readonly gpuSelf: Float64Array;
  readonly gpuAll: Nanoseconds;
  readonly gpuJoined: Nanoseconds;
}

/**
 * A window holds what begins in it; a phase what begins in, or after and before
 * the next of, its steps on their thread. Of GPU time what is in scope counts.
 */
function rowTimes(analysis: Analysis, tree: OperatorTree, scope: Scope): RowTimes {
  const { rows, nesting, standsFor } = tree;
  const { start, end } = rows;
  const { parent, order } = nesting;
  const cpuTotal = new Float64Array(rows.length);
  const cpuSelf = new Float64Array(rows.length);
  const gpuSelf = new Float64Array(rows.length);
  const { gpuAll, gpuJoined } = addGpuTime(analysis, tree, scope, gpuSelf);
  for (const row of order) {
    if (standsFor[row] !== row) continue;
    const length = lengthOf(start[row], end[row]);
    cpuTotal[row] = length;
    cpuSelf[row] += length;
    const above = parent[row] === NONE ? NONE : standsFor[parent[row]];
    if (above !== NONE) cpuSelf[above] -= length;
  }
  const gpuTotal = gpuSelf.slice();
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i];
    if (standsFor[row] !== row || parent[row] === NONE) continue;
    gpuTotal[standsFor[parent[row]]] += gpuTotal[row];
  }
  return {
    included: includedRows(analysis, tree, scope),
    cpuTotal,
    cpuSelf,
    gpuTotal,
    gpuSelf,
    gpuAll,
    gpuJoined,
  };
}

function addGpuTime(
  analysis: Analysis,
  { launchedFrom, standsFor }: OperatorTree,
  scope: Scope,
  gpuSelf: Float64Array,
): { gpuAll: Nanoseconds; gpuJoined: Nanoseconds } {
  let gpuAll = 0;
  let gpuJoined = 0;
  for (const kind of LAUNCHED) {
    const table = analysis.profile[kind];
    const mask = inScope(analysis, kind, scope);
    const operator = launchedFrom[kind];
    for (let row = 0; row < table.length; row++) {
      if (mask && !mask[row]) continue;
      const length = lengthOf(table.start[row], table.end[row]);
      gpuAll += length;
      if (operator[row] === NONE) continue;
      gpuJoined += length;
      gpuSelf[standsFor[operator[row]]] += length;
    }
  }
  return { gpuAll, gpuJoined };
}

function includedRows(analysis: Analysis, tree: OperatorTree, scope: Scope): Uint8Array {
  const { rows, standsFor } = tree;
  const included = Uint8Array.from(standsFor, (other, row) => (other === row ? 1 : 0));
  const { window, phase } = scope;
  if (window) {
    for (let row = 0; row < rows.length; row++) {
      if (!(rows.start[row] >= window[0] && rows.start[row] < window[1])) included[row] = 0;
    }
  }
  if (phase) {
    const wanted = PHASES.indexOf(phase);
    const phases = phaseOfRows(analysis, tree);
    for (let row = 0; row < rows.length; row++) if (phases[row] !== wanted) included[row] = 0;
  }
  return included;
}

function phaseOfRows({ profile, steps }: Analysis, { rows, nesting }: OperatorTree): Uint8Array {
  const unattributed = PHASES.indexOf('unattributed');
  const phases = new Uint8Array(rows.length).fill(unattributed);
  if (steps.length === 0) return phases;
  // Calls without an operator are on threads of their own; the table knows where they were made.
  const operators = profile.operators!.length;
  const thread = Uint32Array.from(rows.thread);
  thread.set(profile.api.thread.subarray(0, profile.api.length), operators);
  const next = new Int32Array(profile.threads.length).fill(NONE);
  const past = new Int32Array(profile.threads.length);
  for (let step = steps.length - 1; step >= 0; step--) {
    next[steps.thread[step]] = step;
    past[steps.thread[step]] ||= step + 1;
  }
  const current = new Int32Array(profile.threads.length).fill(NONE);
  for (const row of nesting.order) {
    const on = thread[row];
    if (next[on] === NONE) continue;
    while (next[on] < past[on] && steps.start[next[on]] <= rows.start[row]) {
      current[on] = next[on]++;
    }
    if (current[on] !== NONE) phases[row] = steps.phase[current[on]];
  }
  return phases;
}

/** Sums of one group of rows. */
interface Sum {
  readonly kind: number;
  readonly name: number;
  readonly shapes: number;
  readonly types: number;
  count: number;
  cpuTotal: number;
  cpuSelf: number;
  gpuTotal: number;
  gpuSelf: number;
  flops: number;
}

class Sums {
  readonly sums: Sum[] = [];
  private readonly operators: OperatorTable;
  private readonly names: Uint32Array;
  private readonly hasWork: boolean;

  constructor(
    private readonly analysis: Analysis,
    readonly times: RowTimes,
  ) {
    this.operators = analysis.profile.operators!;
    this.names = namesOf(analysis, this.operators);
    this.hasWork = hasActivities(analysis.profile);
  }

  kindOf(row: number): number {
    return row < this.operators.length ? this.operators.kind[row] : CALL;
  }

  nameOf(row: number): number {
    return this.names[row];
  }

  open(row: number, byShape: boolean): number {
    const shaped = byShape && row < this.operators.length;
    this.sums.push({
      kind: this.kindOf(row),
      name: this.names[row],
      shapes: shaped ? this.operators.shapes[row] : 0,
      types: shaped ? this.operators.types[row] : 0,
      count: 0,
      cpuTotal: 0,
      cpuSelf: 0,
      gpuTotal: 0,
      gpuSelf: 0,
      flops: NaN,
    });
    return this.sums.length - 1;
  }

  add(group: number, row: number): void {
    const sum = this.sums[group];
    sum.count++;
    sum.cpuTotal += this.times.cpuTotal[row];
    sum.cpuSelf += this.times.cpuSelf[row];
    sum.gpuTotal += this.times.gpuTotal[row];
    sum.gpuSelf += this.times.gpuSelf[row];
    const flops = row < this.operators.length ? (this.operators.flops?.[row] ?? NaN) : NaN;
    if (!Number.isNaN(flops)) sum.flops = (Number.isNaN(sum.flops) ? 0 : sum.flops) + flops;
  }

  row(group: number): OperatorRow {
    const { strings } = this.analysis.profile;
    const sum = this.sums[group];
    const known = (figure: number) => (this.hasWork ? figure : undefined);
    return {
      ...sum,
      id: group,
      kind: ROW_KINDS[sum.kind],
      name: shownName(strings.get(sum.name)),
      shapes: strings.get(sum.shapes),
      types: strings.get(sum.types),
      gpuTotal: known(sum.gpuTotal),
      gpuSelf: known(sum.gpuSelf),
      gpuShare: known(this.times.gpuJoined > 0 ? sum.gpuSelf / this.times.gpuJoined : 0),
      flops: Number.isNaN(sum.flops) ? undefined : sum.flops,
    };
  }
}

/**
 * One row a name, as `key_averages()`; by shape one a name and the dimensions
 * and types of its inputs, as `key_averages(group_by_input_shape=True)`, which
 * knows dimensions alone.
 */
export function operators(
  analysis: Analysis,
  scope: Scope,
  by: 'name' | 'shape' = 'name',
): OperatorsResult {
  return analysis.scoped(`operators.${by}`, scope, () => {
    const tree = operatorTree(analysis);
    if (!tree) return { rows: [], coverage: 0, joinedBy: 'id' };
    const sums = new Sums(analysis, rowTimes(analysis, tree, scope));
    const table = analysis.profile.operators!;
    const groups = new Map<string, number>();
    for (let row = 0; row < tree.rows.length; row++) {
      if (!sums.times.included[row]) continue;
      const shape =
        by === 'shape' && row < table.length ? ` ${table.shapes[row]} ${table.types[row]}` : '';
      const key = `${sums.kindOf(row)} ${sums.nameOf(row)}${shape}`;
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = sums.open(row, by === 'shape')));
      sums.add(group, row);
    }
    const { gpuAll, gpuJoined } = sums.times;
    return {
      rows: sums.sums.map((_, group) => sums.row(group)).sort(mostFirst),
      coverage: gpuAll > 0 ? gpuJoined / gpuAll : 0,
      joinedBy: tree.joinedBy,
    };
  });
}

const orZero = (time: Nanoseconds | undefined): Nanoseconds => time ?? 0;

function mostFirst(a: OperatorRow, b: OperatorRow): number {
  return orZero(b.gpuSelf) - orZero(a.gpuSelf) || b.cpuSelf - a.cpuSelf || a.id - b.id;
}

/** As the tree of calls: operators of one name in the same operators are one node. */
class CallTree {
  private readonly sums: Sums;
  private readonly parents: number[] = [];
  private readonly children: number[] = [];

  constructor(analysis: Analysis, tree: OperatorTree, scope: Scope) {
    this.sums = new Sums(analysis, rowTimes(analysis, tree, scope));
    const { included } = this.sums.times;
    const { parent, order } = tree.nesting;
    const nodes = new Map<string, number>();
    const nodeOf = new Int32Array(tree.rows.length).fill(NONE);
    for (const row of order) {
      if (tree.standsFor[row] !== row) continue;
      const above = parent[row] === NONE ? NONE : nodeOf[tree.standsFor[parent[row]]];
      const key = `${above} ${this.sums.kindOf(row)} ${this.sums.nameOf(row)}`;
      let node = nodes.get(key);
      if (node === undefined) {
        node = this.sums.open(row, false);
        nodes.set(key, node);
        this.parents.push(above);
        this.children.push(0);
        if (above !== NONE) this.children[above]++;
      }
      nodeOf[row] = node;
      if (included[row]) this.sums.add(node, row);
    }
  }

  childrenOf(parent: number): OperatorNode[] {
    const nodes: OperatorNode[] = [];
    this.parents.forEach((above, node) => {
      if (above !== parent || this.sums.sums[node].count === 0) return;
      nodes.push({ ...this.sums.row(node), children: this.children[node] });
    });
    return nodes.sort(
      (a, b) => orZero(b.gpuTotal) - orZero(a.gpuTotal) || b.cpuTotal - a.cpuTotal || a.id - b.id,
    );
  }
}

/** What lies in a node of the tree (undefined: the top level), by GPU total time, then CPU total time. */
export function operatorChildren(
  analysis: Analysis,
  scope: Scope,
  parent: number | undefined,
): readonly OperatorNode[] {
  const tree = operatorTree(analysis);
  if (!tree) return [];
  return analysis
    .scoped('operators.calls', scope, () => new CallTree(analysis, tree, scope))
    .childrenOf(parent ?? NONE);
}
