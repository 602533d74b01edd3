/** cuda_api_sum and cuda_kern_exec_sum: API calls, and what became of those that launched kernels. */
import { NONE, type Profile } from '../../profile/model';
import { compareText, durations, PairIndex, summarizeGroups, TextIndex } from './groups';
import { missingData } from './missing';
import {
  integer,
  report,
  round1,
  spread,
  spreadOf,
  text,
  timeColumns,
  timeRows,
  type StatsValue,
} from './table';

/** Name of a call without its ABI version: `cudaLaunchKernel_v7000` → `cudaLaunchKernel`. Always four digits. */
export const callName = (recorded: string): string =>
  recorded.slice(-6, -4) === '_v' ? recorded.slice(0, -6) : recorded;

export const apiSummary = report(
  'cuda_api_sum',
  'CUDA API Summary',
  [...timeColumns('Num Calls'), text('Name')],
  ({ profile }) => {
    const missing = missingData(profile, 'api');
    if (missing) return missing;
    const { api, strings } = profile;
    // Grouped by the recorded name: two versions of a call are two rows of one name.
    const groups = new Int32Array(strings.length).fill(NONE);
    const names: number[] = [];
    for (let i = 0; i < api.length; i++) {
      if (groups[api.name[i]] === NONE) groups[api.name[i]] = names.push(api.name[i]) - 1;
    }
    const summaries = summarizeGroups(
      names.length,
      durations(api, (row) => groups[api.name[row]]),
    );
    return timeRows(
      summaries,
      // nsys's groups are in order of the export's string ids, which ours follow.
      (a, b) => names[a] - names[b],
      (group) => [callName(strings.get(names[group]))],
    );
  },
);

export const launchSummary = report(
  'cuda_kern_exec_sum',
  'CUDA Kernel Launch & Exec Time Summary',
  [
    ...['PID', 'TID', 'DevId', 'Count', 'QCount'].map(integer),
    ...['T', 'A', 'Q', 'K'].flatMap(spread),
    text('API Name'),
    text('Kernel Name'),
  ],
  ({ profile, launches }) => {
    const missing = missingData(profile, 'kernels', 'api');
    if (missing) return missing;
    const { api, kernels } = profile;
    const links = launches.kernels;
    const { groups, key } = launchGroups(profile, links);
    const summarize = (
      value: (kernel: number, call: number) => number,
      group: (kernel: number) => number = (k) => groups[k],
    ) =>
      summarizeGroups(key.length, {
        length: kernels.length,
        group,
        value: (k) => value(k, links[k]),
      });
    const total = summarize((k, c) => Math.max(api.end[c], kernels.end[k]) - api.start[c]);
    const call = summarize((_, c) => api.end[c] - api.start[c]);
    const kernel = summarize((k) => kernels.end[k] - kernels.start[k]);
    // A kernel that started before its call returned did not wait, and counts for no average.
    const queue = summarize(
      (k, c) => kernels.start[k] - api.end[c],
      (k) => (groups[k] !== NONE && kernels.start[k] >= api.end[links[k]] ? groups[k] : NONE),
    );
    return [...key.keys()]
      .sort(
        (a, b) =>
          // nsys sorts by the figure it prints.
          round1(total[b]!.average) - round1(total[a]!.average) || compareKeys(key[a], key[b]),
      )
      .map((group): readonly StatsValue[] => {
        const { pid, tid, ordinal, call: callText, kernel: kernelText } = key[group];
        return [
          pid,
          tid,
          ordinal,
          total[group]!.count,
          queue[group]?.count ?? 0,
          ...[total, call, queue, kernel].flatMap((summaries) => spreadOf(summaries[group])),
          callText,
          kernelText,
        ];
      });
  },
);

interface LaunchKey {
  readonly pid: number;
  readonly tid: number;
  /** CUDA's number of the device, as the process has it. */
  readonly ordinal: number;
  readonly call: string;
  readonly kernel: string;
}

/** Groups kernels by the thread and call that launched them, device and name; NONE where no call is known. */
function launchGroups(
  profile: Profile,
  links: Int32Array,
): { groups: Int32Array; key: readonly LaunchKey[] } {
  const { api, kernels, shapes, streams, strings, threads, processes } = profile;
  const calls = new TextIndex();
  const names = new TextIndex();
  const callByString = new Map<number, number>();
  const nameOf = shapes.map((shape) => names.id(strings.get(shape.name)));
  const ordinalOf = streams.map((stream) => stream.ordinal);
  const callers = new PairIndex();
  const targets = new PairIndex();
  const pairs = new PairIndex();
  const groups = new Int32Array(kernels.length).fill(NONE);
  for (let i = 0; i < kernels.length; i++) {
    const row = links[i];
    if (row === NONE) continue;
    let call = callByString.get(api.name[row]);
    if (call === undefined) {
      call = calls.id(callName(strings.get(api.name[row])));
      callByString.set(api.name[row], call);
    }
    const caller = callers.id(api.thread[row], call);
    const target = targets.id(ordinalOf[kernels.stream[i]], nameOf[kernels.shape[i]]);
    groups[i] = pairs.id(caller, target);
  }
  const key = Array.from({ length: pairs.length }, (_, pair) => {
    const caller = pairs.first(pair);
    const target = pairs.second(pair);
    const { process, tid } = threads[callers.first(caller)];
    return {
      pid: processes[process].pid,
      tid,
      ordinal: targets.first(target),
      call: calls.texts[callers.second(caller)],
      kernel: names.texts[targets.second(target)],
    };
  });
  return { groups, key };
}

const compareKeys = (a: LaunchKey, b: LaunchKey): number =>
  a.pid - b.pid ||
  a.tid - b.tid ||
  a.ordinal - b.ordinal ||
  compareText(a.call, b.call) ||
  compareText(a.kernel, b.kernel);
