/**
 * Who and where: processes, threads, devices, streams and domains, numbered in
 * the order they are first met, so that an event row holds small numbers.
 */
import type { Device, Diagnostic, Domain, Process, Stream, Thread } from '../../profile/model';
import { select, type Database } from '../sqlite/database';
import { processOf, threadOf } from './columns';

const PID_BITS = 0x1000000;

interface StreamKey {
  readonly process: number;
  readonly ordinal: number;
  readonly context: number;
  readonly id: number;
  readonly index: number;
}

export class Identities {
  readonly processes: Process[] = [];
  readonly threads: { process: number; tid: number; name: string }[] = [];
  readonly devices: Device[] = [];
  readonly streams: Stream[] = [];
  readonly domains: { process: number; id: number; name: string }[] = [];

  private readonly processNames = new Map<number, string>();
  private readonly processByKey = new Map<number, number>();
  private readonly threadNames = new Map<string, string>();
  private readonly threadsByProcess: Map<number, number>[] = [];
  private readonly streamKeys: StreamKey[] = [];
  private readonly streamByKey = new Map<string, StreamKey>();
  private readonly domainByKey = new Map<string, number>();
  /** (pid, CUDA ordinal) → row of devices; and by ordinal alone. */
  private readonly deviceByProcess = new Map<string, number>();
  private readonly deviceByOrdinal = new Map<number, number>();

  /** How many the capture describes. */
  private describedDevices = 0;
  private lastProcess = { key: NaN, index: 0 };
  private lastThread = { process: -1, tid: -1, index: 0 };
  private lastDomain = { process: -1, id: -1, index: 0 };
  private lastStream: StreamKey = { process: -1, ordinal: -1, context: -1, id: -1, index: 0 };

  /** @param strings names by nsys's own string id */
  constructor(
    db: Database,
    private readonly strings: (id: number) => string,
  ) {
    if (db.has('PROCESSES')) {
      for (const [key, name] of db.all(select(db, 'PROCESSES', [processOf('globalPid'), 'name']))) {
        this.processNames.set(Number(key), name ?? '');
      }
    }
    if (db.has('ThreadNames')) {
      const sql = select(db, 'ThreadNames', [
        processOf('globalTid'),
        threadOf('globalTid'),
        'nameId',
      ]);
      for (const [key, tid, name] of db.all(sql)) {
        this.threadNames.set(`${key} ${tid}`, this.strings(Number(name ?? NaN)));
      }
    }
    this.readDevices(db);
    this.describedDevices = this.devices.length;
    if (this.describedDevices === 0) this.numberDevices(db);
  }

  /** @param key globalPid >> 24 */
  process(key: number): number {
    if (key === this.lastProcess.key) return this.lastProcess.index;
    let index = this.processByKey.get(key);
    if (index === undefined) {
      index = this.processes.length;
      this.processes.push({
        pid: ((key % PID_BITS) + PID_BITS) % PID_BITS,
        name: this.processNames.get(key) ?? '',
        key,
      });
      this.processByKey.set(key, index);
      this.threadsByProcess.push(new Map());
    }
    this.lastProcess = { key, index };
    return index;
  }

  thread(key: number, tid: number): number {
    const process = this.process(key);
    if (tid === this.lastThread.tid && process === this.lastThread.process) {
      return this.lastThread.index;
    }
    const known = this.threadsByProcess[process];
    let index = known.get(tid);
    if (index === undefined) {
      index = this.threads.length;
      this.threads.push({ process, tid, name: this.threadNames.get(`${key} ${tid}`) ?? '' });
      known.set(tid, index);
    }
    this.lastThread = { process, tid, index };
    return index;
  }

  /** NVTX can name a thread after its first event. */
  nameThread(thread: number, name: string): void {
    if (name) this.threads[thread].name = name;
  }

  /** @param process row of processes */
  stream(process: number, ordinal: number, context: number, id: number): number {
    const last = this.lastStream;
    if (matches(last, process, ordinal, context, id)) return last.index;
    // Captures have a handful of streams; looking through them beats making a key.
    let found = this.streamKeys.find((key) => matches(key, process, ordinal, context, id));
    if (!found) {
      const text = `${process} ${ordinal} ${context} ${id}`;
      found = this.streamByKey.get(text);
      if (!found) {
        found = { process, ordinal, context, id, index: this.streams.length };
        this.streams.push({ device: this.device(process, ordinal), process, ordinal, context, id });
        this.streamByKey.set(text, found);
        if (this.streamKeys.length < 32) this.streamKeys.push(found);
      }
    }
    this.lastStream = found;
    return found.index;
  }

  /** Row of devices for what a process calls device `ordinal`. */
  device(process: number, ordinal: number): number {
    const pid = this.processes[process]?.pid;
    const known =
      this.deviceByProcess.get(`${pid} ${ordinal}`) ?? this.deviceByOrdinal.get(ordinal);
    if (known !== undefined) return known;
    return this.addDevice(ordinal);
  }

  private addDevice(ordinal: number): number {
    const index = this.devices.length;
    this.devices.push({ id: ordinal, name: `GPU ${ordinal}` });
    this.deviceByOrdinal.set(ordinal, index);
    return index;
  }

  domain(key: number, id: number): number {
    const process = this.process(key);
    const last = this.lastDomain;
    if (last.id === id && last.process === process) return last.index;
    const text = `${process} ${id}`;
    let index = this.domainByKey.get(text);
    if (index === undefined) {
      index = this.domains.length;
      this.domains.push({ process, id, name: '' });
      this.domainByKey.set(text, index);
    }
    this.lastDomain = { process, id, index };
    return index;
  }

  nameDomain(domain: number, name: string): void {
    this.domains[domain].name = name;
  }

  /**
   * An ordinal is of its process: with CUDA_VISIBLE_DEVICES each may mean another
   * GPU by the same one. Where several that did work mean something by one, more
   * than one GPU is there, and the capture does not say which, that is told.
   * @param streams rows of streams that did work
   */
  sharedDevices(streams: Iterable<number>): readonly Diagnostic[] {
    if (this.describedDevices === 1) return [];
    const processes = new Map<number, Set<number>>();
    for (const row of streams) {
      const { process, ordinal } = this.streams[row];
      if (this.deviceByProcess.has(`${this.processes[process].pid} ${ordinal}`)) continue;
      const known = processes.get(ordinal);
      if (known) known.add(process);
      else processes.set(ordinal, new Set([process]));
    }
    const shared = [...processes].filter(([, { size }]) => size > 1).map(([ordinal]) => ordinal);
    if (shared.length === 0) return [];
    return [
      {
        severity: 'warning',
        text: `Several processes ran on a GPU they call device ${shared.sort((a, b) => a - b).join(', ')}, and the capture does not say whether it is the same GPU: it is shown as one.`,
      },
    ];
  }

  get finished(): {
    processes: readonly Process[];
    threads: readonly Thread[];
    devices: readonly Device[];
    streams: readonly Stream[];
    domains: readonly Domain[];
  } {
    const { processes, threads, devices, streams, domains } = this;
    return { processes, threads, devices, streams, domains };
  }

  /** Devices that nothing describes, in order of their numbers and not of their first kernels. */
  private numberDevices(db: Database): void {
    const found = ['KERNEL', 'MEMCPY', 'MEMSET', 'GRAPH_TRACE']
      .map((kind) => `CUPTI_ACTIVITY_KIND_${kind}`)
      .filter((table) => db.columns(table).has('deviceId'))
      .flatMap((table) => db.all(`SELECT DISTINCT deviceId FROM ${table}`, MOST_DEVICES))
      .map(([ordinal]) => Number(ordinal ?? 0));
    for (const ordinal of [...new Set(found)].sort((a, b) => a - b)) this.addDevice(ordinal);
  }

  /**
   * Devices and what each process calls them: by TARGET_INFO_CUDA_DEVICE where
   * it is there, else by the CUDA ordinal of TARGET_INFO_GPU (2021 on), else by
   * TARGET_INFO_CUDA_GPU (2020).
   */
  private readDevices(db: Database): void {
    const byId = new Map<number, number>();
    if (db.has('TARGET_INFO_GPU')) {
      const sql = select(db, 'TARGET_INFO_GPU', [
        'id',
        'name',
        'chipName',
        'uuid',
        'totalMemory',
        'memoryBandwidth',
        'clockRate',
        'smCount',
        'computeMajor',
        'computeMinor',
        'maxWarpsPerSm',
        'l2CacheSize',
        'cuDevice',
      ]);
      for (const row of db.all(sql, 1024)) {
        const number = (at: number) => positive(row[at]);
        const id = row[0] === null ? this.devices.length : Number(row[0]);
        const index = this.devices.length;
        const major = number(8);
        this.devices.push({
          id,
          name: row[1] || `GPU ${id}`,
          chip: row[2] || undefined,
          uuid: row[3] || undefined,
          totalMemory: number(4),
          memoryBandwidth: number(5),
          clockRate: number(6),
          smCount: number(7),
          computeCapability: major === undefined ? undefined : [major, Number(row[9] ?? 0)],
          maxWarpsPerSm: number(10),
          l2CacheSize: number(11),
        });
        byId.set(id, index);
        const ordinal = Number(row[12] ?? id);
        if (!this.deviceByOrdinal.has(ordinal)) this.deviceByOrdinal.set(ordinal, index);
      }
    } else if (db.has('TARGET_INFO_CUDA_GPU')) {
      const sql = select(db, 'TARGET_INFO_CUDA_GPU', [
        'deviceId',
        'name',
        'pid',
        'numMultiprocessors',
        'computeCapabilityMajor',
        'computeCapabilityMinor',
        'l2CacheSize',
        'maxWarpsPerMultiprocessor',
      ]);
      for (const [ordinal, name, pid, sms, major, minor, l2, warps] of db.all(sql, 1024)) {
        const id = Number(ordinal ?? 0);
        let index = byId.get(id);
        if (index === undefined) {
          index = this.devices.length;
          this.devices.push({
            id,
            name: name || `GPU ${id}`,
            smCount: positive(sms),
            computeCapability: positive(major) ? [Number(major), Number(minor ?? 0)] : undefined,
            l2CacheSize: positive(l2),
            maxWarpsPerSm: positive(warps),
          });
          byId.set(id, index);
          this.deviceByOrdinal.set(id, index);
        }
        if (pid !== null) this.deviceByProcess.set(`${pid} ${id}`, index);
      }
    }
    if (db.has('TARGET_INFO_CUDA_DEVICE')) {
      const sql = select(db, 'TARGET_INFO_CUDA_DEVICE', ['gpuId', 'cudaId', 'pid']);
      for (const [gpu, cuda, pid] of db.all(sql, 4096)) {
        const index = byId.get(Number(gpu));
        if (index !== undefined) this.deviceByProcess.set(`${Number(pid)} ${Number(cuda)}`, index);
      }
    }
  }
}

/** More than any machine has; a damaged file may have any number of them. */
const MOST_DEVICES = 64;

function matches(
  key: StreamKey,
  process: number,
  ordinal: number,
  context: number,
  id: number,
): boolean {
  return (
    key.id === id && key.process === process && key.ordinal === ordinal && key.context === context
  );
}

/** A figure that is there: NULL, text and 0 all mean that the tool did not know. */
function positive(value: string | null | undefined): number | undefined {
  const number = Number(value ?? NaN);
  return number > 0 ? number : undefined;
}
