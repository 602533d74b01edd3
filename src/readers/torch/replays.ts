/** Kernels of graphs where the trace does not number their nodes: AMD's, and older ones of CUDA. */
import type { ActivityTable, ApiTable, Profile } from '../../profile/model';

const GRAPH_LAUNCH = /^(?:cu(?:da)?|hip)GraphLaunch(?![A-Za-z])/;
const CORRELATIONS = 2 ** 32;

/**
 * What shares the correlation id of a call that launches a graph is a replay of
 * one. Its nodes are numbered as they start, and graphs from 1 on, told apart
 * by the kernels that they run. Undefined where no graph was launched.
 */
export function numberReplays({
  kernels,
  api,
  streams,
  threads,
  strings,
}: {
  readonly kernels: ActivityTable & { readonly shape: Uint32Array };
  readonly api: ApiTable;
} & Pick<Profile, 'streams' | 'threads' | 'strings'>):
  { graphNode: Float64Array; graphId: Uint32Array } | undefined {
  const replays = new Map<number, number[]>();
  const launches = new Uint8Array(strings.length);
  for (let id = 0; id < launches.length; id++) {
    if (GRAPH_LAUNCH.test(strings.get(id))) launches[id] = 1;
  }
  for (let row = 0; row < api.length; row++) {
    if (api.correlation[row] === 0 || launches[api.name[row]] === 0) continue;
    replays.set(threads[api.thread[row]].process * CORRELATIONS + api.correlation[row], []);
  }
  if (replays.size === 0) return undefined;
  const graphNode = new Float64Array(kernels.length);
  const graphId = new Uint32Array(kernels.length);
  for (let row = 0; row < kernels.length; row++) {
    const { process } = streams[kernels.stream[row]];
    replays.get(process * CORRELATIONS + kernels.correlation[row])?.push(row);
  }
  const graphs = new Map<string, number>();
  let found = false;
  for (const rows of replays.values()) {
    if (rows.length === 0) continue;
    found = true;
    rows.sort((a, b) => kernels.start[a] - kernels.start[b] || a - b);
    const content = rows.map((row) => kernels.shape[row]).join();
    const graph = graphs.get(content) ?? graphs.size + 1;
    graphs.set(content, graph);
    rows.forEach((row, node) => {
      graphNode[row] = node + 1;
      graphId[row] = graph;
    });
  }
  return found ? { graphNode, graphId } : undefined;
}
