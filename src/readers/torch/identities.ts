/**
 * Who and where: processes, threads, devices and streams, numbered as they are
 * first met. A trace is of one process as a rule; a GPU's events carry the
 * GPU's number where others carry the process.
 */
import type { Device, Domain, Process, Stream, Thread } from '../../profile/model';

interface StreamKey {
  readonly device: number;
  readonly context: number;
  readonly id: number;
}

export class Identities {
  readonly threads: { process: number; tid: number; name: string }[] = [];
  readonly streams: StreamKey[] = [];
  /** API calls of each process. */
  readonly calls: number[] = [];
  private readonly pids: number[] = [];

  private readonly processByPid = new Map<number, number>();
  private readonly threadsByProcess: Map<number | string, number>[] = [];
  private readonly streamByKey = new Map<string, number>();
  private readonly processNames = new Map<number, string>();
  private readonly threadNames = new Map<string, string>();
  private lastThread = { pid: NaN, tid: NaN, index: 0 };
  private lastStream = { device: NaN, context: NaN, id: NaN, index: 0 };

  process(pid: number): number {
    let index = this.processByPid.get(pid);
    if (index === undefined) {
      index = this.pids.length;
      this.pids.push(pid);
      this.calls.push(0);
      this.threadsByProcess.push(new Map());
      this.processByPid.set(pid, index);
    }
    return index;
  }

  /** @param tid the system's number, or whatever the file calls it by */
  thread(pid: number, tid: number | string): number {
    const last = this.lastThread;
    if (pid === last.pid && tid === last.tid) return last.index;
    const process = this.process(pid);
    const known = this.threadsByProcess[process];
    let index = known.get(tid);
    if (index === undefined) {
      index = this.threads.length;
      const named = typeof tid === 'string';
      this.threads.push({ process, tid: named ? 0 : tid, name: named ? tid : '' });
      known.set(tid, index);
    }
    if (typeof tid === 'number') this.lastThread = { pid, tid, index };
    return index;
  }

  stream(device: number, context: number, id: number): number {
    const last = this.lastStream;
    if (device === last.device && id === last.id && context === last.context) return last.index;
    const key = `${device} ${context} ${id}`;
    let index = this.streamByKey.get(key);
    if (index === undefined) {
      index = this.streams.length;
      this.streams.push({ device, context, id });
      this.streamByKey.set(key, index);
    }
    this.lastStream = { device, context, id, index };
    return index;
  }

  nameProcess(pid: number, name: string): void {
    this.processNames.set(pid, name);
  }

  nameThread(pid: number, tid: number, name: string): void {
    this.threadNames.set(`${pid} ${tid}`, name);
  }

  /** @param listed the devices that the file describes; those it only uses come after them */
  finish(
    listed: readonly Device[],
    describe: (id: number) => Device,
    processOfStream: (stream: number) => number,
  ): {
    processes: Process[];
    threads: Thread[];
    devices: Device[];
    streams: Stream[];
    domains: Domain[];
  } {
    const devices = [...listed];
    const deviceById = new Map(devices.map((device, index) => [device.id, index]));
    const streams = this.streams.map((key, index) => {
      let device = deviceById.get(key.device);
      if (device === undefined) {
        device = devices.length;
        devices.push(describe(key.device));
        deviceById.set(key.device, device);
      }
      const { context, id } = key;
      return { device, process: processOfStream(index), ordinal: key.device, context, id };
    });
    const processes = this.pids.map((pid) => ({
      pid,
      name: this.processNames.get(pid) ?? '',
      key: pid,
    }));
    for (const thread of this.threads) {
      const name = this.threadNames.get(`${this.pids[thread.process]} ${thread.tid}`);
      if (name !== undefined && thread.name === '') thread.name = bareName(name);
    }
    return {
      processes,
      threads: this.threads,
      devices,
      streams,
      // Annotations are of no domain: the default one of each process.
      domains: processes.map((_, process) => ({ process, id: 0, name: '' })),
    };
  }
}

/** Kineto writes `thread 25286 (python3)`; what the thread itself is called stands in the brackets. */
function bareName(name: string): string {
  return /^thread -?\d+ \((.*)\)$/.exec(name)?.[1] ?? name;
}
