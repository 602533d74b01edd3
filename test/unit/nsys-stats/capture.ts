/** Captures with everything a report can stumble over: ranges that nest, cross and never end, two processes, ties. */
import {
  NsysBuilder,
  type KernelKind,
  type StreamRef,
  type ThreadRef,
} from '../../data/nsys-builder';
import { Random } from '../../data/random';
import type { TableSink } from '../../data/sqlite';

/** Accents, and code points that UTF-16 and UTF-8 put in different orders. */
const KERNELS = [
  'zeta',
  'alpha',
  '[CUDA beta',
  'b,eta',
  'gamma é',
  'gamma 😀',
  'gamma ～',
  'k<int, 4>',
];
const RANGES = ['step', 'fwd', 'a,b', 'layer 1', 'é', 'op'];
const CALLS = [
  'cudaLaunchKernel_v7000',
  'cuLaunchKernel',
  'cudaMemcpyAsync_v3020',
  'cudaGraphLaunch_v10000',
];
/** In bytes; some are halves of the last decimal of a megabyte. */
const SIZES = [0, 1, 500, 1500, 62_500, 187_500, 1_000_000_000];
const NCCL = 5;
/** Ticks of this many ns, and bounds off the ticks, so that no two ranges are as tight around a third. */
const TICK = 100_000;

export function randomCapture(database: TableSink, seed: number): void {
  const random = new Random(seed);
  const nsys = new NsysBuilder(database, { version: '2024.6', hardwareId: random.pick([0, 1]) });
  const length = random.pick([60, 200, 600]);
  for (let p = 0; p < random.int(1, 2); p++) {
    const process = nsys.process(100 + p, 'python');
    const threads = [100, 101, 107]
      .slice(0, random.int(1, 3))
      .map((tid) => nsys.thread(process, tid));
    const streams = [0, 1].map((device) => ({ process, device, context: 1, id: 7 + device }));
    nsys.domain(threads[0], NCCL, 'NCCL', 0);
    let correlation = 1;
    for (const thread of threads) {
      for (let now = 0; now < length;) {
        const start = now + random.int(0, 6);
        now = start + random.int(1, 9);
        work(nsys, random, streams, thread, start, now, correlation++);
      }
      ranges(nsys, random, thread, threads[threads.length - 1], length);
    }
  }
  nsys.finish();
}

/** A call, most often, and what it launched, if anything. */
function work(
  nsys: NsysBuilder,
  random: Random,
  streams: readonly StreamRef[],
  thread: ThreadRef,
  from: number,
  to: number,
  correlation: number,
): void {
  const call = { start: from * TICK, end: to * TICK };
  if (random.chance(0.9)) nsys.api({ ...call, thread, name: random.pick(CALLS), correlation });
  for (let i = random.pick([0, 1, 1, 1, 2, 4]); i > 0; i--) {
    const start = call.start + random.int(0, 20) * TICK;
    const end = start + random.int(0, 30) * TICK + random.int(0, 3);
    const activity = { stream: random.pick(streams), start, end, correlation };
    const kind = random.next();
    if (kind < 0.7) {
      const grid = [random.pick([1, 20, 300_000]), 1, 1] as const;
      nsys.kernel({ ...activity, kind: kernel(random), grid });
    } else if (kind < 0.9) {
      const copyKind = random.pick([1, 2, 8, 10]);
      nsys.memcpy({ ...activity, bytes: random.pick(SIZES), copyKind, source: 0, target: 2 });
    } else {
      nsys.memset({ ...activity, bytes: random.int(0, 1_000_000) });
    }
  }
}

function kernel(random: Random): KernelKind {
  const name = random.pick(KERNELS);
  return {
    demangled: name,
    short: name,
    mangled: name,
    registers: random.pick([16, 32]),
    block: [random.pick([32, 128]), 1, 1],
    staticShared: 0,
    dynamicShared: 0,
  };
}

function ranges(
  nsys: NsysBuilder,
  random: Random,
  thread: ThreadRef,
  other: ThreadRef,
  length: number,
): void {
  const add = (from: number, to: number | null, kind: number, domain: number): void => {
    const start = from * TICK + random.int(0, 40_000);
    const end = to === null ? null : to * TICK + random.int(50_000, 90_000);
    const endThread = kind !== 59 && other !== thread && random.chance(0.3) ? other : undefined;
    const registered = random.chance(0.5);
    nsys.range({
      thread,
      start,
      end,
      name: random.pick(RANGES),
      kind,
      domain,
      registered,
      endThread,
    });
  };
  const nest = (from: number, to: number, depth: number, domain: number): void => {
    if (depth > 4 || to - from < 2) return;
    for (let now = from; now < to;) {
      const start = now + random.int(0, 5);
      const end = Math.min(to, start + random.int(1, to - from));
      if (start >= end) return;
      add(start, end, 59, domain);
      if (random.chance(0.8)) nest(start, end, depth + 1, domain);
      now = end + 1;
    }
  };
  nest(0, length, 0, 0);
  add(random.int(0, length), null, 34, 0);
  if (random.chance(0.3)) add(random.int(0, length / 2), null, 59, 0);
  if (random.chance(0.7)) {
    nest(0, length, 1, NCCL);
    for (let i = random.int(0, 12); i > 0; i--) {
      const start = random.int(0, length);
      add(start, start + random.int(0, length / 2), random.pick([60, 71]), 0);
    }
  }
}
