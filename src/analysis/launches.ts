/** From work on the device back to the call that asked for it. */
import { NONE, type ActivityTable, type ApiTable, type Profile } from '../profile/model';

/**
 * For each activity the row of `profile.api` with the same process and
 * correlation id, or NONE (-1). All kernels of one graph replay share a row.
 *
 * Exporters record only the outermost of nested calls, so that a key names one
 * row; no real export was seen with two. Where a file has several all the same,
 * a call that launches work goes before one that does not, then the one that
 * started first (the outer one), then the one that stands first in the file.
 *
 * Correlation id 0 is CUPTI's "unknown" and never links.
 */
export interface LaunchLinks {
  readonly kernels: Int32Array;
  readonly memcpys: Int32Array;
  readonly memsets: Int32Array;
  readonly graphTraces: Int32Array;
}

export function linkLaunches(profile: Profile): LaunchLinks {
  const index = new CallIndex(profile);
  const processOfStream = Uint32Array.from(profile.streams, (stream) => stream.process);
  const link = (activities: ActivityTable): Int32Array => {
    const rows = new Int32Array(activities.length).fill(NONE);
    for (let i = 0; i < rows.length; i++) {
      rows[i] = index.find(processOfStream[activities.stream[i]], activities.correlation[i]);
    }
    return rows;
  };
  return {
    kernels: link(profile.kernels),
    memcpys: link(profile.memcpys),
    memsets: link(profile.memsets),
    graphTraces: link(profile.graphTraces),
  };
}

const LAUNCHING = /launch|memcpy|memset|prefetch/i;

/**
 * Rows of the API table by (process, correlation id). Every process has its
 * stretch of one array of rows: addressed by the id itself where its ids are
 * compact, as a hash table with linear probing where they are not. Keys are
 * not stored: the row a slot holds tells its own.
 */
class CallIndex {
  private readonly slots: Int32Array;
  private readonly stretches: Stretch[] = [];
  private readonly api: ApiTable;
  /** Keeps a file from being built so that all of its ids meet in one place. */
  private readonly seed = (Math.random() * 0x1_0000_0000) | 0;

  constructor(private readonly profile: Profile) {
    this.api = profile.api;
    const processOfThread = Uint32Array.from(profile.threads, (thread) => thread.process);
    this.slots = new Int32Array(this.measure(processOfThread)).fill(NONE);
    for (let row = 0; row < this.api.length; row++) {
      if (this.api.correlation[row] !== 0) this.insert(processOfThread[this.api.thread[row]], row);
    }
  }

  find(process: number, correlation: number): number {
    const stretch = this.stretches[process];
    if (stretch === undefined || correlation < stretch.lowest || correlation > stretch.highest) {
      return NONE;
    }
    return this.slots[this.slotOf(stretch, correlation)];
  }

  private insert(process: number, row: number): void {
    const slot = this.slotOf(this.stretches[process], this.api.correlation[row]);
    const held = this.slots[slot];
    if (held === NONE || this.goesBefore(row, held)) this.slots[slot] = row;
  }

  /** Lays out a stretch for each process that made calls; returns the length of all of them. */
  private measure(processOfThread: Uint32Array): number {
    const { thread, correlation } = this.api;
    const processes = this.profile.processes.length;
    const counts = new Uint32Array(processes);
    const lowest = new Uint32Array(processes).fill(0xffff_ffff);
    const highest = new Uint32Array(processes);
    for (let row = 0; row < this.api.length; row++) {
      const process = processOfThread[thread[row]];
      const id = correlation[row];
      if (id === 0) continue;
      counts[process]++;
      if (id < lowest[process]) lowest[process] = id;
      if (id > highest[process]) highest[process] = id;
    }
    let length = 0;
    for (let process = 0; process < processes; process++) {
      if (counts[process] === 0) continue;
      const range = highest[process] - lowest[process] + 1;
      const buckets = 2 ** Math.ceil(Math.log2(counts[process] * 1.5 + 1));
      const hashed = range > 2 * buckets;
      this.stretches[process] = {
        offset: length,
        lowest: lowest[process],
        highest: highest[process],
        mask: hashed ? buckets - 1 : undefined,
      };
      length += hashed ? buckets : range;
    }
    return length;
  }

  /** The slot that holds the id, or the free one where it would go. */
  private slotOf({ offset, lowest, mask }: Stretch, correlation: number): number {
    if (mask === undefined) return offset + correlation - lowest;
    let place = mix(correlation ^ this.seed) & mask;
    for (;;) {
      const row = this.slots[offset + place];
      if (row === NONE || this.api.correlation[row] === correlation) return offset + place;
      place = (place + 1) & mask;
    }
  }

  private goesBefore(row: number, held: number): boolean {
    const launches = this.launches(row);
    if (launches !== this.launches(held)) return launches;
    return this.api.start[row] < this.api.start[held];
  }

  private launches(row: number): boolean {
    return LAUNCHING.test(this.profile.strings.get(this.api.name[row]));
  }
}

/** A process's part of the slots; ids are direct addresses where there is no mask. */
interface Stretch {
  readonly offset: number;
  readonly lowest: number;
  readonly highest: number;
  readonly mask: number | undefined;
}

/** The finalizer of MurmurHash3 (Austin Appleby, public domain): every bit in stirs every bit out. */
function mix(key: number): number {
  let h = key;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
