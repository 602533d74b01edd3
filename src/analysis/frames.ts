/**
 * The flame graph's frames as rows: what one function, module, operator or
 * kernel costs wherever it is called from, and which lines of Python that is.
 */
import { NONE } from '../profile/model';
import type { Scope } from '../profile/scope';
import type { Nanoseconds, Share } from '../profile/units';
import type { Analysis } from './analysis';
import { flame, type Flame, type FlameBy, type FlameKind, type SourceLine } from './flame';

/** All nodes of one kind and name. */
export interface FrameRow {
  readonly kind: FlameKind;
  readonly name: string;
  readonly source: SourceLine | undefined;
  /**
   * Launched from it and from no other frame of its kind in it. A built-in is of
   * another kind than a function of a file: what it launches is its caller's own.
   */
  readonly own: Nanoseconds;
  /** Launched from it and from what it calls; of a call in itself, once. */
  readonly total: Nanoseconds;
  /** Of all work on the GPU in scope. */
  readonly ownShare: Share;
  readonly share: Share;
  /** Kernels, copies and fills. */
  readonly count: number;
}

/** By total time, descending. Empty in profiles of other tools. */
export function frames(analysis: Analysis, scope: Scope, by: FlameBy): readonly FrameRow[] {
  return analysis.scoped(`frames.${by}`, scope, () => {
    const found = flame(analysis, scope, by);
    return found ? summarise(found) : [];
  });
}

/** Lines at which Python functions begin that launched work on the GPU, over the whole profile. */
export function pythonLines(analysis: Analysis): readonly FrameRow[] {
  return frames(analysis, {}, 'stack').filter((row) => row.source !== undefined);
}

/** Functions that called an operator, by the GPU time they asked of it, descending. */
export function callersOf(analysis: Analysis, scope: Scope, operator: string): readonly FrameRow[] {
  const found = flame(analysis, scope, 'stack');
  if (!found) return [];
  const { nodes, total: all } = found;
  const callers = new Map<string, { row: FrameRow; total: number; count: number }>();
  const inside = within(nodes, (node) => node.kind === 'operator' && node.name === operator);
  for (const node of nodes) {
    if (node.kind !== 'operator' || node.name !== operator || inside[node.id]) continue;
    let at = node.parent;
    while (at !== NONE && nodes[at].source === undefined) at = nodes[at].parent;
    if (at === NONE) continue;
    const { kind, name, source } = nodes[at];
    let caller = callers.get(name);
    if (!caller) {
      const row = { kind, name, source, own: 0, total: 0, ownShare: 0, share: 0, count: 0 };
      callers.set(name, (caller = { row, total: 0, count: 0 }));
    }
    caller.total += node.total;
    caller.count += node.count;
  }
  return [...callers.values()]
    .map(({ row, total, count }) => ({
      ...row,
      own: total,
      total,
      count,
      ownShare: all > 0 ? total / all : 0,
      share: all > 0 ? total / all : 0,
    }))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}

/** Whether each node lies in one that is meant. Nodes come after those they lie in. */
export function within(
  nodes: Flame['nodes'],
  meant: (node: Flame['nodes'][number]) => boolean,
): Uint8Array {
  const inside = new Uint8Array(nodes.length);
  for (const node of nodes) {
    if (node.parent === NONE) continue;
    if (inside[node.parent] || meant(nodes[node.parent])) inside[node.id] = 1;
  }
  return inside;
}

function summarise({ nodes, total: all }: Flame): FrameRow[] {
  const groups = new Map<string, number>();
  const groupOf = new Int32Array(nodes.length);
  const first: number[] = [];
  for (const node of nodes) {
    const key = `${node.kind} ${node.name}`;
    let group = groups.get(key);
    if (group === undefined) {
      groups.set(key, (group = first.length));
      first.push(node.id);
    }
    groupOf[node.id] = group;
  }
  const own = new Float64Array(first.length);
  const total = new Float64Array(first.length);
  const count = new Float64Array(first.length);
  for (const node of nodes) {
    const group = groupOf[node.id];
    // The node, and what it lies in: once a group, and the innermost of each kind.
    let kinds = 0;
    let again = false;
    for (let at = node.id; at !== NONE && node.self > 0; at = nodes[at].parent) {
      const kind = 1 << classOf(nodes[at]);
      if ((kinds & kind) === 0) own[groupOf[at]] += node.self;
      kinds |= kind;
    }
    for (let at = node.parent; at !== NONE && !again; at = nodes[at].parent) {
      again = groupOf[at] === group;
    }
    if (again) continue;
    total[group] += node.total;
    count[group] += node.count;
  }
  return first
    .map((node, group) => {
      const { kind, name, source } = nodes[node];
      return {
        kind,
        name,
        source,
        own: own[group],
        total: total[group],
        ownShare: all > 0 ? own[group] / all : 0,
        share: all > 0 ? total[group] / all : 0,
        count: count[group],
      };
    })
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}

const classOf = ({ kind, source }: Pick<FrameRow, 'kind' | 'source'>): number =>
  kind === 'python' && source === undefined ? KINDS.length : KINDS.indexOf(kind);

const KINDS: readonly FlameKind[] = [
  'python',
  'module',
  'operator',
  'annotation',
  'kernel',
  'copy',
  'unplaced',
];
