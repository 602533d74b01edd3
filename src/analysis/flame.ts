/**
 * Where the GPU's time was asked for: its work by the Python calls, modules and
 * operators that were open when it was launched, as the nodes of a flame graph.
 *
 * A node's self time is the sum of the lengths of the work launched from it and
 * from nothing in it; work on concurrent streams counts twice. Kernels that a
 * CUDA graph replays belong to the place of the replay, where Python was; what
 * was launched before the trace began belongs to no place, and is told.
 */
import { NONE } from '../profile/model';
import { OperatorKind } from '../profile/operators';
import type { Scope } from '../profile/scope';
import type { Nanoseconds } from '../profile/units';
import type { Analysis } from './analysis';
import { lengthOf } from './intervals';
import { concatenate, innermostAt, nest, type Intervals, type Nesting } from './nesting';
import { operatorTree } from './operators';
import { inScope } from './selection';
import { parseStepName } from './step-names';
import { copyName } from './transfers';

/**
 * - `stack`: Python calls, modules, annotations and operators.
 * - `module`: modules (`nn.Module: …`), and the operator in them.
 * - `operator`: annotations and operators.
 */
export type FlameBy = 'stack' | 'module' | 'operator';

export type FlameKind =
  'python' | 'module' | 'operator' | 'annotation' | 'kernel' | 'copy' | 'unplaced';

export interface FlameNode {
  /** Place in the result; a node comes after the one it lies in. */
  readonly id: number;
  /** NONE (-1) at the top. */
  readonly parent: number;
  readonly kind: FlameKind;
  /** Of a step its phase; empty for what was launched from no recorded place (`unplaced`). */
  readonly name: string;
  /** Where a Python call is, as the trace has it: a path, or the end of one. */
  readonly source: SourceLine | undefined;
  readonly self: Nanoseconds;
  readonly total: Nanoseconds;
  /** Kernels, copies and fills. */
  readonly count: number;
}

export interface SourceLine {
  readonly file: string;
  /** From 1; the line where the function begins. */
  readonly line: number;
}

export interface Flame {
  readonly nodes: readonly FlameNode[];
  readonly total: Nanoseconds;
  /** Of {@link total}: launched from no recorded place. */
  readonly unplaced: Nanoseconds;
}

const PYTHON_LINE = /^(.+\.py)\((\d+)\): /;
const MODULE = /^nn\.Module: /;

/** Undefined for a name that is no Python function of a file. */
export function sourceOf(name: string): SourceLine | undefined {
  const match = PYTHON_LINE.exec(name);
  return match ? { file: match[1], line: Number(match[2]) } : undefined;
}

const WORK = ['kernels', 'memcpys', 'memsets'] as const;

/** Undefined in profiles of other tools. */
export function flame(analysis: Analysis, scope: Scope, by: FlameBy): Flame | undefined {
  if (!analysis.profile.operators) return undefined;
  return analysis.scoped(`flame.${by}`, scope, () => {
    const paths = new Paths(analysis, by);
    for (const kind of WORK) addWork(analysis, scope, kind, paths);
    return paths.result();
  });
}

function addWork(
  analysis: Analysis,
  scope: Scope,
  kind: (typeof WORK)[number],
  paths: Paths,
): void {
  const { profile } = analysis;
  const table = profile[kind];
  const mask = inScope(analysis, kind, scope);
  const places = placesOf(analysis)[kind];
  for (let row = 0; row < table.length; row++) {
    if (mask && !mask[row]) continue;
    paths.add(
      places[row],
      nameOfWork(analysis, kind, row),
      lengthOf(table.start[row], table.end[row]),
    );
  }
}

/** A name of the work itself, as number or text; its length is the self time of its leaf. */
function nameOfWork(
  { profile }: Analysis,
  kind: (typeof WORK)[number],
  row: number,
): number | string {
  switch (kind) {
    case 'kernels':
      return profile.shapes[profile.kernels.shape[row]].shortName;
    case 'memcpys':
      return copyName(profile.memcpys.kind[row]);
    case 'memsets':
      return '[memset]';
  }
}

/** Frames of all kinds as rows of one table: Python calls first, then operators and annotations. */
interface Frames {
  readonly rows: Intervals;
  readonly nesting: Nesting;
  readonly python: number;
}

function framesOf(analysis: Analysis): Frames {
  return analysis.once('flame.frames', () => {
    const { pythonCalls, operators, threads } = analysis.profile;
    const rows = concatenate([...(pythonCalls ? [pythonCalls] : []), operators!]);
    return { rows, nesting: nest(rows, threads.length, false), python: pythonCalls?.length ?? 0 };
  });
}

/**
 * The innermost frame that was open on the thread when the launching call
 * began; of work without a recorded call, the operator that it names.
 */
function placesOf(analysis: Analysis): Readonly<Record<(typeof WORK)[number], Int32Array>> {
  return analysis.once('flame.places', () => {
    const { profile, launches } = analysis;
    const { rows, nesting, python } = framesOf(analysis);
    const { api } = profile;
    const ofCall = innermostAt(rows, nesting, profile.threads.length, {
      length: api.length,
      time: api.start,
      thread: api.thread,
    });
    const tree = operatorTree(analysis)!;
    const places = (kind: (typeof WORK)[number]): Int32Array =>
      launches[kind].map((call, row) => {
        if (call !== NONE) return ofCall[call];
        const operator = tree.launchedFrom[kind][row];
        return operator === NONE ? NONE : python + operator;
      });
    return { kernels: places('kernels'), memcpys: places('memcpys'), memsets: places('memsets') };
  });
}

interface Building {
  readonly parent: number;
  readonly kind: FlameKind;
  readonly name: string;
  self: number;
  count: number;
}

/** Frames of one name in the same frames are one node. */
class Paths {
  private readonly nodes: Building[] = [];
  private readonly byKey = new Map<string, number>();
  /** Node of each frame, found when work first needs it. */
  private readonly nodeOfFrame: Int32Array;
  private readonly frames: Frames;
  private unplaced = 0;

  constructor(
    private readonly analysis: Analysis,
    private readonly by: FlameBy,
  ) {
    this.frames = framesOf(analysis);
    this.nodeOfFrame = new Int32Array(this.frames.rows.length).fill(UNKNOWN);
  }

  /** @param frame NONE for work from no recorded place */
  add(frame: number, name: number | string, length: Nanoseconds): void {
    const { strings } = this.analysis.profile;
    let parent = frame === NONE ? NONE : this.nodeFor(frame);
    if (frame === NONE) {
      this.unplaced += length;
      parent = this.node(NONE, 'unplaced', '');
    }
    const copy = typeof name === 'string';
    const leaf = this.node(parent, copy ? 'copy' : 'kernel', copy ? name : strings.get(name));
    this.nodes[leaf].self += length;
    this.nodes[leaf].count++;
  }

  result(): Flame {
    const total = this.nodes.map((node) => node.self);
    const count = this.nodes.map((node) => node.count);
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const { parent } = this.nodes[i];
      if (parent === NONE) continue;
      total[parent] += total[i];
      count[parent] += count[i];
    }
    let sum = 0;
    const nodes = this.nodes.map((node, id) => {
      sum += node.self;
      return { ...node, id, source: sourceOf(node.name), total: total[id], count: count[id] };
    });
    return { nodes, total: sum, unplaced: this.unplaced };
  }

  /** Follows the frames out to one whose node is known, then makes those of the others. */
  private nodeFor(frame: number): number {
    const { parent } = this.frames.nesting;
    const open: number[] = [];
    let at = frame;
    while (at !== NONE && this.nodeOfFrame[at] === UNKNOWN) {
      open.push(at);
      at = parent[at];
    }
    let node = at === NONE ? NONE : this.nodeOfFrame[at];
    for (let i = open.length - 1; i >= 0; i--) {
      node = this.enter(node, open[i], at === NONE && i === open.length - 1);
      this.nodeOfFrame[open[i]] = node;
    }
    return node;
  }

  private enter(parent: number, frame: number, outermost: boolean): number {
    const { pythonCalls, operators, strings } = this.analysis.profile;
    if (frame < this.frames.python) {
      const name = strings.get(pythonCalls!.name[frame]);
      const module = MODULE.test(name);
      if (this.by === 'operator' || (this.by === 'module' && !module)) return parent;
      return this.node(parent, module ? 'module' : 'python', name);
    }
    const row = frame - this.frames.python;
    const name = strings.get(operators!.name[row]);
    const above = outermost ? this.recordedStack(parent, row) : parent;
    if (operators!.kind[row] === ANNOTATION) {
      return this.by === 'module' ? above : this.node(above, 'annotation', annotationName(name));
    }
    // By module, an operator stands for all that it calls.
    if (this.by === 'module' && above !== NONE && this.nodes[above].kind === 'operator') {
      return above;
    }
    return this.node(above, 'operator', stepName(name) ?? name);
  }

  /** Older traces have the Python calls as a text with the operator, the innermost first. */
  private recordedStack(parent: number, row: number): number {
    const { operators, strings } = this.analysis.profile;
    const stack = strings.get(operators!.callStack?.[row] ?? 0);
    if (stack === '' || this.by === 'operator') return parent;
    let node = parent;
    for (const name of stack.split(';').reverse()) {
      const module = MODULE.test(name);
      if (this.by === 'stack' || module) node = this.node(node, module ? 'module' : 'python', name);
    }
    return node;
  }

  private node(parent: number, kind: FlameKind, name: string): number {
    const key = `${parent} ${kind} ${name}`;
    let node = this.byKey.get(key);
    if (node === undefined) {
      node = this.nodes.length;
      this.nodes.push({ parent, kind, name, self: 0, count: 0 });
      this.byKey.set(key, node);
    }
    return node;
  }
}

const UNKNOWN = -2;
const ANNOTATION: number = OperatorKind.Annotation;

/** Every step has a name of its own; all of a phase are one node. */
function annotationName(name: string): string {
  return stepName(name) ?? parseStepName(name)?.phase ?? name;
}

/** A profiler's step, which older traces have among the operators. */
const stepName = (name: string): string | undefined =>
  /^ProfilerStep#\d+$/.test(name) ? 'ProfilerStep*' : undefined;
