/** Answers to the questions that only a trace of PyTorch can be asked. */
import type { Analysis } from '../../analysis/analysis';
import { flame, type Flame, type FlameBy } from '../../analysis/flame';
import { callersOf, frames, pythonLines, within } from '../../analysis/frames';
import {
  memoryByOperator,
  memoryDevices,
  memorySeries,
  type DeviceMemory,
} from '../../analysis/memory-events';
import { operatorChildren, operators } from '../../analysis/operators';
import { NONE } from '../../profile/model';
import type { Params, Question, Result } from '../../protocol/requests';
import type {
  AllocatorView,
  FlameView,
  TorchQuestionName,
  TorchTableName,
} from '../../protocol/torch';
import { page, summaryText, type Listings } from '../listing';
import { FRAMES, OPERATOR_TREE, OPERATORS } from './tables';

const ASKING = { stack: 'python', module: 'module', operator: 'operator' } as const;
/** What is narrower than this part of the width can not be seen on any screen. */
const NARROWEST = 1 / 4000;
/** Nodes of one picture, the widest first. */
const MAX_NODES = 20_000;
const MAX_CALLERS = 100;
const MAX_MEMORY_OPERATORS = 200;

export class TorchQueries {
  constructor(
    private readonly analysis: Analysis,
    private readonly listings: Listings,
  ) {}

  answer({ name, params }: Question<TorchQuestionName>): Result<TorchQuestionName> {
    const { analysis } = this;
    switch (name) {
      case 'operators':
        return this.operators(params);
      case 'operatorTree':
        return this.operatorTree(params);
      case 'operatorCallers':
        return callersOf(analysis, params.scope, params.name).slice(0, MAX_CALLERS);
      case 'flame':
        return this.flame(params);
      case 'frames': {
        const listing = this.frameListing(params, params.by);
        return { ...page(listing, params, (row) => listing.rows[row]), total: listing.rows.length };
      }
      case 'allocators':
        return allocators(analysis, params);
      case 'pythonLines':
        return pythonLines(analysis);
    }
  }

  /** A whole table as text. */
  text(table: TorchTableName, params: Params<'table'>): Result<'table'> {
    switch (table) {
      case 'operators':
        return summaryText(OPERATORS, this.operatorListing(params, 'name'), params.format);
      case 'operatorShapes':
        return summaryText(OPERATORS, this.operatorListing(params, 'shape'), params.format);
      case 'frames':
        return summaryText(FRAMES, this.frameListing(params, 'stack'), params.format);
      case 'moduleFrames':
        return summaryText(FRAMES, this.frameListing(params, 'module'), params.format);
      case 'operatorFrames':
        return summaryText(FRAMES, this.frameListing(params, 'operator'), params.format);
    }
  }

  private operatorListing(
    { scope, filter, sort }: Pick<Params<'table'>, 'scope' | 'filter' | 'sort'>,
    by: 'name' | 'shape',
  ) {
    return this.listings.list(
      `operators ${by} ${JSON.stringify(scope)}`,
      OPERATORS,
      () => operators(this.analysis, scope, by).rows,
      filter,
      sort,
    );
  }

  private frameListing(
    { scope, filter, sort }: Pick<Params<'table'>, 'scope' | 'filter' | 'sort'>,
    by: FlameBy,
  ) {
    return this.listings.list(
      `frames ${by} ${JSON.stringify(scope)}`,
      FRAMES,
      () => frames(this.analysis, scope, by),
      filter,
      sort,
    );
  }

  private operators(params: Params<'operators'>): Result<'operators'> {
    const { rows, coverage } = operators(this.analysis, params.scope, params.by);
    const listing = this.operatorListing(params, params.by);
    let matchedTime = 0;
    let matchedShare = 0;
    for (const row of listing.order) {
      matchedTime += listing.rows[row].gpuSelf ?? 0;
      matchedShare += listing.rows[row].gpuShare ?? 0;
    }
    return {
      ...page(listing, params, (row) => listing.rows[row]),
      total: rows.length,
      ...(rows.at(0)?.gpuSelf !== undefined && { matchedTime, matchedShare }),
      coverage,
      // Of a trace without a GPU's work the rows are in order of CPU self time.
      ...(rows.length > 0 && { heaviest: rows[0] }),
      cpuSelf: rows.reduce((sum, row) => sum + row.cpuSelf, 0),
      gpuSelf: rows.reduce((sum, row) => sum + (row.gpuSelf ?? 0), 0),
    };
  }

  private operatorTree(params: Params<'operatorTree'>): Result<'operatorTree'> {
    const { scope, parent, filter, sort } = params;
    const listing = this.listings.list(
      `operator tree ${parent ?? 'top'} ${JSON.stringify(scope)}`,
      OPERATOR_TREE,
      () => operatorChildren(this.analysis, scope, parent),
      filter,
      sort,
    );
    return { ...page(listing, params, (row) => listing.rows[row]), total: listing.rows.length };
  }

  private flame({ scope, by, root, search }: Params<'flame'>): FlameView | undefined {
    const whole = flame(this.analysis, scope, by);
    if (!whole) return undefined;
    const rows = frames(this.analysis, scope, by);
    const asking = ASKING[by];
    let heaviest: (typeof rows)[number] | undefined;
    for (const row of rows) {
      // A built-in is no place to go to.
      if (row.kind === 'python' && !row.source) continue;
      if (row.kind === asking && (!heaviest || row.own > heaviest.own)) heaviest = row;
    }
    return {
      ...flamePart(whole, root),
      total: whole.total,
      unplaced: whole.unplaced,
      ...(search !== '' && { found: searched(whole, search) }),
      ...(heaviest && { heaviest }),
    };
  }
}

/** What can be seen of the graph when a node fills the width. */
export function flamePart(
  { nodes, total }: Flame,
  root: number | undefined,
): Pick<FlameView, 'path' | 'nodes' | 'hidden' | 'shown'> {
  const top = root !== undefined && root < nodes.length ? root : NONE;
  const path = [];
  for (let at = top; at !== NONE; at = nodes[at].parent) path.unshift(nodes[at]);
  const shown = top === NONE ? total : nodes[top].total;
  const inside = top === NONE ? undefined : within(nodes, ({ id }) => id === top);
  const all = inside ? nodes.filter(({ id }) => inside[id]) : nodes;
  let kept = all.filter((node) => node.total >= shown * NARROWEST && node.total > 0);
  if (kept.length > MAX_NODES) {
    // A node is never narrower than what lies in it, so that whole branches stay.
    const least = [...kept].sort((a, b) => b.total - a.total)[MAX_NODES - 1].total;
    kept = kept.filter((node) => node.total > least);
  }
  return { path, nodes: kept, hidden: all.length - kept.length, shown };
}

/** Time in nodes whose name holds the words; of one in another, once. */
function searched({ nodes }: Flame, words: string): { nodes: number; time: number } {
  const wanted = words.toLowerCase();
  const matches = nodes.map(({ name }) => name.toLowerCase().includes(wanted));
  const inside = within(nodes, ({ id }) => matches[id]);
  let found = 0;
  let time = 0;
  for (const node of nodes) {
    if (!matches[node.id]) continue;
    found++;
    if (!inside[node.id]) time += node.total;
  }
  return { nodes: found, time };
}

function allocators(
  analysis: Analysis,
  { scope, device, bins }: Params<'allocators'>,
): AllocatorView {
  const devices = memoryDevices(analysis, scope);
  const chosen = devices.find(({ id }) => id === device) ?? mostHeld(devices);
  if (!chosen) return { devices, device: device ?? 0, operators: [] };
  const series = memorySeries(analysis, chosen.id, bins, scope.window);
  return {
    devices,
    device: chosen.id,
    ...(series && {
      series: {
        start: series.start,
        end: series.end,
        allocated: known(series.allocated),
        reserved: known(series.reserved),
      },
    }),
    operators: memoryByOperator(analysis, chosen.id, scope).slice(0, MAX_MEMORY_OPERATORS),
  };
}

/** A GPU before the CPU, whose allocator no one runs out of. */
function mostHeld(devices: readonly DeviceMemory[]): DeviceMemory | undefined {
  const gpus = devices.filter(({ name }) => name !== 'CPU');
  return (gpus.length > 0 ? gpus : [...devices]).sort(
    (a, b) => (b.peakAllocated ?? b.taken) - (a.peakAllocated ?? a.taken),
  )[0];
}

const known = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : value));
