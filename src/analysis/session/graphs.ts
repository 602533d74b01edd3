/** Which CUDA graphs were captured, which are replayed, and what their padding costs. */
import type { CaptureTable, GraphUsageTable, Session } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import { once } from './once';

export interface SessionGraph {
  /** The same for the same graph in every process and file. */
  readonly key: string;
  readonly mode: string;
  readonly tokens?: number;
  readonly requests?: number;
  readonly uniform?: boolean;
  readonly lora?: boolean;
  readonly loras?: number;
  readonly captured: boolean;
  readonly captureTime?: Nanoseconds;
  readonly pieces?: number;
  /** Steps that replayed it, of the process that has most: ranks run the same steps. */
  readonly replays: number;
  /** Of all steps. */
  readonly share: Share;
  /** Computed for padding, of all tokens computed; undefined where the file does not tell. */
  readonly padding?: Share;
}

export interface SessionGraphs {
  /** Most replayed first; graphs never replayed at the end. */
  readonly graphs: readonly SessionGraph[];
  readonly steps: number;
  readonly eagerSteps: number;
  /** Steps with a graph, of all steps; undefined where steps without one were not counted. */
  readonly coverage?: Share;
  readonly captured: number;
  readonly neverUsed: number;
  readonly captureTime: Nanoseconds;
  readonly neverUsedTime: Nanoseconds;
  /** Over all graphs. */
  readonly padding?: Share;
}

type Described = Pick<
  CaptureTable | GraphUsageTable,
  'mode' | 'tokens' | 'requests' | 'uniform' | 'lora' | 'loras'
>;

interface Found {
  table: Described;
  row: number;
  captureTime: number;
  pieces: number;
  captured: boolean;
  byProcess: Map<number, { replays: number; unpadded: number; padded: number }>;
}

export const sessionGraphs = once((session): SessionGraphs => {
  const { captures, graphUsage } = session;
  const found = new Map<string, Found>();
  const at = (table: Described, row: number): Found => {
    const key = keyOf(session, table, row);
    let graph = found.get(key);
    if (graph === undefined) {
      graph = { table, row, captureTime: NaN, pieces: NaN, captured: false, byProcess: new Map() };
      found.set(key, graph);
    }
    return graph;
  };
  for (let row = 0; row < captures.length; row++) {
    const graph = at(captures, row);
    graph.captured = true;
    // Ranks capture side by side: the longest is what was waited for.
    graph.captureTime = larger(graph.captureTime, captures.duration[row]);
    graph.pieces = larger(graph.pieces, captures.pieces[row]);
  }
  for (let row = 0; row < graphUsage.length; row++) {
    at(graphUsage, row).byProcess.set(graphUsage.process[row], {
      replays: graphUsage.replays[row],
      unpadded: graphUsage.unpadded[row],
      padded: graphUsage.padded[row],
    });
  }

  const busiest = busiestProcess(found.values());
  const replaysOf = (graph: Found): number => graph.byProcess.get(busiest)?.replays || 0;
  let steps = 0;
  let eagerSteps = 0;
  let countsEager = false;
  const totals = { unpadded: 0, padded: 0 };
  for (const graph of found.values()) {
    const use = graph.byProcess.get(busiest);
    steps += replaysOf(graph);
    if (modeOf(session, graph) === 'NONE') {
      eagerSteps += replaysOf(graph);
      countsEager = true;
    } else if (use !== undefined) {
      totals.unpadded += use.unpadded;
      totals.padded += use.padded;
    }
  }
  // Where the layer counts tokens it counts steps without a graph too, though there be none.
  countsEager ||= graphUsage.unpadded.some((value) => !Number.isNaN(value));

  const graphs = [...found]
    .filter(([, graph]) => modeOf(session, graph) !== 'NONE')
    .map(([key, graph]): SessionGraph => {
      const { table, row } = graph;
      const use = graph.byProcess.get(busiest);
      return {
        key,
        mode: modeOf(session, graph),
        tokens: numberOf(table.tokens[row]),
        requests: numberOf(table.requests[row]),
        uniform: truthOf(table.uniform[row]),
        lora: truthOf(table.lora[row]),
        loras: numberOf(table.loras[row]),
        captured: graph.captured,
        captureTime: numberOf(graph.captureTime),
        pieces: numberOf(graph.pieces),
        replays: replaysOf(graph),
        share: steps > 0 ? replaysOf(graph) / steps : 0,
        padding: use === undefined ? undefined : padding(use),
      };
    })
    .sort((a, b) => b.replays - a.replays || (b.tokens ?? 0) - (a.tokens ?? 0));
  const unused = graphs.filter(({ captured, replays }) => captured && replays === 0);
  const time = (of: readonly SessionGraph[]): number =>
    of.reduce((sum, { captureTime }) => sum + (captureTime ?? 0), 0);
  return {
    graphs,
    steps,
    eagerSteps,
    coverage: countsEager && steps > 0 ? 1 - eagerSteps / steps : undefined,
    captured: graphs.filter(({ captured }) => captured).length,
    neverUsed: unused.length,
    captureTime: time(graphs),
    neverUsedTime: time(unused),
    padding: padding(totals),
  };
});

/** Names a graph by its batch descriptor. */
export function keyOf(session: Session, table: Described, row: number): string {
  const number = (value: number): string => (Number.isNaN(value) ? '' : String(value));
  return [
    session.strings.get(table.mode[row]),
    number(table.tokens[row]),
    number(table.requests[row]),
    table.uniform[row] === 1 ? 'uniform' : '',
    table.lora[row] === 1 ? `lora${number(table.loras[row])}` : '',
  ].join('/');
}

const modeOf = (session: Session, { table, row }: Found): string =>
  session.strings.get(table.mode[row]);
const numberOf = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
const truthOf = (value: number): boolean | undefined =>
  Number.isNaN(value) ? undefined : value === 1;
const larger = (a: number, b: number): number => (Number.isNaN(a) || b > a ? b : a);

function padding({ unpadded, padded }: { unpadded: number; padded: number }): Share | undefined {
  return padded > 0 && unpadded <= padded ? (padded - unpadded) / padded : undefined;
}

function busiestProcess(graphs: Iterable<Found>): number {
  const steps = new Map<number, number>();
  for (const { byProcess } of graphs) {
    for (const [process, { replays }] of byProcess) {
      steps.set(process, (steps.get(process) ?? 0) + replays);
    }
  }
  return [...steps].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 0;
}
