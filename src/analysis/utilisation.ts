/** When each GPU was busy, when it was not, and what the CPU did meanwhile. */
import { NONE, RangeKind, type DeviceIndex, type Profile } from '../profile/model';
import type { Nanoseconds, Share } from '../profile/units';
import { PHASES, type Phase, type Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import { endOf, OverlapLength, UnionInBins, UnionLength } from './intervals';
import { ACTIVITY_KINDS, activityTable, sweepActivities } from './selection';
import { copyName } from './transfers';
import { hiddenTime, type HiddenTime } from './unrecorded';

export interface DeviceUtilisation {
  readonly device: DeviceIndex;
  readonly name: string;
  /**
   * First activity's start to last activity's end on this device; or the
   * scope's window; or, for a phase, its busy, idle and unknown time together.
   */
  readonly span: Nanoseconds;
  /** Union of kernels, copies, fills and graph traces, cut at the window's ends. */
  readonly busy: Nanoseconds;
  /** Nothing ran; for a phase: in the gaps before its activities. */
  readonly idle: Nanoseconds;
  /** Neither busy nor idle: graphs of which nothing was recorded may have run (see `unrecorded.ts`). */
  readonly unknown: Nanoseconds;
  readonly share: Share;
  /** Union of kernels and graph traces. */
  readonly kernelBusy: Nanoseconds;
  /** Union of copies and fills. */
  readonly copyBusy: Nanoseconds;
  /** Time in which two or more streams were busy at once. */
  readonly overlap: Nanoseconds;
  readonly gaps: number;
  /** Idle time in gaps with one step before and another after. */
  readonly idleBetweenSteps: Nanoseconds;
  /** Idle time in gaps with the same step before and after. */
  readonly idleWithinSteps: Nanoseconds;
}

export interface Gap {
  readonly device: DeviceIndex;
  readonly start: Nanoseconds;
  readonly duration: Nanoseconds;
  /** Name of the activity before and after, empty at the ends. */
  readonly before: string;
  readonly after: string;
  /** What the thread that launched the next activity was in for most of the gap: an API call, a range, or nothing recorded. */
  readonly cpu: {
    readonly kind: 'api' | 'range' | 'unknown';
    readonly name: string;
    readonly share: Share;
  };
  readonly betweenSteps: boolean;
}

export interface UtilisationResult {
  readonly devices: readonly DeviceUtilisation[];
  /** The longest, at most 100, longest first. */
  readonly gaps: readonly Gap[];
}

/** Busy share over time in equal bins, by phase; `phases[p].share[i]` for bin i. */
export interface UtilisationSeries {
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  readonly bins: number;
  readonly devices: number;
  readonly phases: readonly { readonly phase: Phase; readonly share: Float32Array }[];
}

const MAX_GAPS = 100;
const MAX_BINS = 4096;
const UNATTRIBUTED = PHASES.indexOf('unattributed');

/** An activity by its place in {@link ACTIVITY_KINDS} and its row; NONE at the ends of the run. */
interface ActivityRef {
  readonly kind: number;
  readonly row: number;
}

interface OpenGap {
  readonly device: DeviceIndex;
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  readonly before: ActivityRef;
  readonly after: ActivityRef;
  readonly betweenSteps: boolean;
}

/** Phase and step of an activity; without steps nothing is looked up. */
class Attributed {
  private readonly byKind: readonly Int32Array[];
  private readonly phases: Uint8Array;

  constructor(analysis: Analysis) {
    const { steps } = analysis;
    this.phases = steps.phase;
    this.byKind = steps.length > 0 ? ACTIVITY_KINDS.map((kind) => analysis.attribution[kind]) : [];
  }

  step(kind: number, row: number): number {
    return kind === NONE || this.byKind.length === 0 ? NONE : this.byKind[kind][row];
  }

  phase(kind: number, row: number): number {
    const step = this.step(kind, row);
    return step === NONE ? UNATTRIBUTED : this.phases[step];
  }
}

const isCopy = (kind: number): boolean =>
  ACTIVITY_KINDS[kind] === 'memcpys' || ACTIVITY_KINDS[kind] === 'memsets';

export function utilisation(analysis: Analysis, scope: Scope): UtilisationResult {
  return analysis.scoped('utilisation', scope, () => new Sweep(analysis, scope).run());
}

/** One pass over all activities of the devices in scope, in order of start. */
class Sweep {
  private readonly attributed: Attributed;
  private readonly deviceOf: Uint32Array;
  private readonly all: UnionLength;
  private readonly kernel: UnionLength;
  private readonly copy: UnionLength;
  private readonly overlap: OverlapLength;
  private readonly first: Float64Array;
  private readonly last: Float64Array;
  private readonly gapCount: Uint32Array;
  private readonly idle: Float64Array;
  private readonly unknown: Float64Array;
  private readonly hidden: HiddenTime;
  private readonly idleBetween: Float64Array;
  private readonly idleWithin: Float64Array;
  /** The activity that ended last so far, by device. */
  private readonly lastKind: Int8Array;
  private readonly lastRow: Int32Array;
  private longest: OpenGap[] = [];
  /** No gap of this length or shorter is among the longest any more. */
  private floor: Nanoseconds = 0;

  constructor(
    private readonly analysis: Analysis,
    private readonly scope: Scope,
  ) {
    const { profile } = analysis;
    const devices = profile.devices.length;
    this.attributed = new Attributed(analysis);
    this.deviceOf = Uint32Array.from(profile.streams, (stream) => stream.device);
    this.all = new UnionLength(devices);
    this.kernel = new UnionLength(devices);
    this.copy = new UnionLength(devices);
    this.overlap = new OverlapLength(devices, profile.streams.length);
    this.first = new Float64Array(devices).fill(Infinity);
    this.last = new Float64Array(devices).fill(-Infinity);
    this.gapCount = new Uint32Array(devices);
    this.idle = new Float64Array(devices);
    this.unknown = new Float64Array(devices);
    this.hidden = hiddenTime(analysis);
    this.idleBetween = new Float64Array(devices);
    this.idleWithin = new Float64Array(devices);
    this.lastKind = new Int8Array(devices).fill(NONE);
    this.lastRow = new Int32Array(devices).fill(NONE);
  }

  run(): UtilisationResult {
    const { scope, analysis } = this;
    const { devices } = scope;
    const streams = ACTIVITY_KINDS.map((kind) => activityTable(analysis, kind).stream);
    const wanted = scope.phase === undefined ? NONE : PHASES.indexOf(scope.phase);
    const [from, to] = scope.window ?? [-Infinity, Infinity];
    // A window cuts what runs across its ends, so the sweep itself is not limited to it.
    sweepActivities(analysis, { devices }, (kind, row, start, end) => {
      if (start >= to || end < from) return;
      const stream = streams[kind][row];
      const device = this.deviceOf[stream];
      const begin = start < from ? from : start;
      const finish = end > to ? to : end;
      const ended = this.last[device];
      if (this.first[device] === Infinity) {
        this.first[device] = begin;
        if (scope.window) this.gap(device, from, begin, kind, row);
      } else if (begin > ended) {
        this.gap(device, ended, begin, kind, row);
      }
      if (finish > ended) {
        this.last[device] = finish;
        this.lastKind[device] = kind;
        this.lastRow[device] = row;
      }
      if (wanted !== NONE && this.attributed.phase(kind, row) !== wanted) return;
      this.all.add(device, begin, finish);
      (isCopy(kind) ? this.copy : this.kernel).add(device, begin, finish);
      this.overlap.add(device, stream, begin, finish);
    });
    if (scope.window) this.closeWindow(to);
    return { devices: this.devices(), gaps: this.gaps() };
  }

  private closeWindow(end: Nanoseconds): void {
    for (let device = 0; device < this.last.length; device++) {
      if (this.first[device] === Infinity) continue;
      if (end > this.last[device]) this.gap(device, this.last[device], end, NONE, NONE);
    }
  }

  /** @param kind of the activity after the gap, and its row; NONE at the window's end */
  private gap(
    device: number,
    start: Nanoseconds,
    end: Nanoseconds,
    kind: number,
    row: number,
  ): void {
    if (!(end > start)) return;
    const { scope, attributed } = this;
    if (scope.phase) {
      // A gap is the phase's whose work it kept waiting.
      if (kind === NONE || PHASES[attributed.phase(kind, row)] !== scope.phase) return;
    }
    const before = attributed.step(this.lastKind[device], this.lastRow[device]);
    const after = attributed.step(kind, row);
    if (this.hidden.empty) {
      this.idleTime(device, start, end, kind, row, before, after);
      return;
    }
    let unknown = end - start;
    for (const [from, to] of this.hidden.known(device, start, end)) {
      this.idleTime(device, from, to, kind, row, before, after);
      unknown -= to - from;
    }
    this.unknown[device] += unknown;
  }

  /** @param before step of the activity before the gap, and after it; NONE where it has none */
  private idleTime(
    device: number,
    start: Nanoseconds,
    end: Nanoseconds,
    kind: number,
    row: number,
    before: number,
    after: number,
  ): void {
    const duration = end - start;
    const known = before !== NONE && after !== NONE;
    const betweenSteps = known && before !== after;
    this.gapCount[device]++;
    this.idle[device] += duration;
    if (betweenSteps) this.idleBetween[device] += duration;
    else if (known) this.idleWithin[device] += duration;

    if (duration <= this.floor) return;
    this.longest.push({
      device,
      start,
      end,
      before: { kind: this.lastKind[device], row: this.lastRow[device] },
      after: { kind, row },
      betweenSteps,
    });
    if (this.longest.length >= 2 * MAX_GAPS) this.cutGaps();
  }

  private cutGaps(): void {
    this.longest.sort(
      (a, b) => b.end - b.start - (a.end - a.start) || a.device - b.device || a.start - b.start,
    );
    this.longest = this.longest.slice(0, MAX_GAPS);
    const shortest = this.longest[MAX_GAPS - 1];
    if (shortest) this.floor = shortest.end - shortest.start;
  }

  private devices(): DeviceUtilisation[] {
    const { scope, first, last, all } = this;
    const rows: DeviceUtilisation[] = [];
    this.analysis.profile.devices.forEach(({ name }, device) => {
      const used = first[device] !== Infinity;
      if (!used && !(scope.window && scope.devices?.includes(device))) return;
      const busy = all.length[device];
      let span = used ? last[device] - first[device] : 0;
      if (scope.window) span = scope.window[1] - scope.window[0];
      const unknown = this.unknown[device];
      if (scope.phase) span = busy + this.idle[device] + unknown;
      rows.push({
        device,
        name,
        span,
        busy,
        idle: scope.phase ? this.idle[device] : span - busy - unknown,
        unknown,
        share: span > 0 ? busy / span : 0,
        kernelBusy: this.kernel.length[device],
        copyBusy: this.copy.length[device],
        overlap: this.overlap.length[device],
        gaps: this.gapCount[device],
        idleBetweenSteps: this.idleBetween[device],
        idleWithinSteps: this.idleWithin[device],
      });
    });
    return rows;
  }

  private gaps(): Gap[] {
    this.cutGaps();
    const cpu = new CpuDuringGaps(this.analysis, this.longest);
    return this.longest.map((gap, i) => ({
      device: gap.device,
      start: gap.start,
      duration: gap.end - gap.start,
      before: activityName(this.analysis.profile, gap.before),
      after: activityName(this.analysis.profile, gap.after),
      cpu: cpu.of(i),
      betweenSteps: gap.betweenSteps,
    }));
  }
}

function activityName(profile: Profile, { kind, row }: ActivityRef): string {
  switch (ACTIVITY_KINDS[kind]) {
    case 'kernels':
      return profile.strings.get(profile.shapes[profile.kernels.shape[row]].name);
    case 'memcpys':
      return `[CUDA memcpy ${copyName(profile.memcpys.kind[row])}]`;
    case 'memsets':
      return '[CUDA memset]';
    case 'graphTraces':
      return `[CUDA graph ${profile.graphTraces.graphId[row]}]`;
    default:
      return '';
  }
}

/** Gaps before work that one thread launched, in order of start. */
interface ThreadGaps {
  readonly gaps: number[];
  /** Latest end of this gap and those before it; threads that feed two devices have gaps at once. */
  readonly latestEnd: Nanoseconds[];
}

const NOTHING_RECORDED: Gap['cpu'] = { kind: 'unknown', name: '', share: 0 };
/** From this part of a gap on, what a thread was in counts as what it was in. */
const MOST = 0.5;

/**
 * What the launching threads were in during some gaps: one pass over the API
 * calls and one over the ranges, looking only at threads and times of a gap.
 */
class CpuDuringGaps {
  private readonly byThread: (ThreadGaps | undefined)[];
  private readonly calls: Map<number, Nanoseconds>[];
  private readonly range: { name: number; length: Nanoseconds; covered: Nanoseconds }[];

  constructor(
    private readonly analysis: Analysis,
    private readonly gapsOf: readonly OpenGap[],
  ) {
    this.byThread = analysis.profile.threads.map(() => undefined);
    this.calls = gapsOf.map(() => new Map<number, Nanoseconds>());
    this.range = gapsOf.map(() => ({ name: 0, length: Infinity, covered: 0 }));
    const { api, ranges } = analysis.profile;
    gapsOf.forEach(({ after }, gap) => {
      if (after.kind === NONE) return;
      const call = analysis.launches[ACTIVITY_KINDS[after.kind]][after.row];
      if (call === NONE) return;
      const thread = api.thread[call];
      (this.byThread[thread] ??= { gaps: [], latestEnd: [] }).gaps.push(gap);
    });
    const threads = this.byThread.filter((own) => own !== undefined);
    if (threads.length === 0) return;
    for (const { gaps, latestEnd } of threads) {
      gaps.sort((a, b) => gapsOf[a].start - gapsOf[b].start);
      let latest = -Infinity;
      for (const gap of gaps) latestEnd.push((latest = Math.max(latest, gapsOf[gap].end)));
    }

    for (let i = 0; i < api.length; i++) {
      this.each(api.thread[i], api.start[i], endOf(api.start[i], api.end[i]), (gap, covered) => {
        const sums = this.calls[gap];
        sums.set(api.name[i], (sums.get(api.name[i]) ?? 0) + covered);
      });
    }
    for (let i = 0; i < ranges.length; i++) {
      const kind: RangeKind = ranges.kind[i];
      if (kind === RangeKind.Mark) continue;
      const start = ranges.start[i];
      const end = Number.isNaN(ranges.end[i]) ? Infinity : endOf(start, ranges.end[i]);
      this.each(ranges.thread[i], start, end, (gap, covered) => {
        const { start: from, end: to } = this.gapsOf[gap];
        if (covered < MOST * (to - from) || end - start > this.range[gap].length) return;
        this.range[gap] = { name: ranges.name[i], length: end - start, covered };
      });
    }
  }

  /** The API call that takes most of a gap, else the shortest range that covers most of it. */
  of(gap: number): Gap['cpu'] {
    const { strings } = this.analysis.profile;
    const duration = this.gapsOf[gap].end - this.gapsOf[gap].start;
    const [name, time] = [...this.calls[gap]].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0]);
    if (time >= MOST * duration && time > 0) {
      return { kind: 'api', name: strings.get(name), share: Math.min(1, time / duration) };
    }
    const range = this.range[gap];
    if (range.covered === 0) return NOTHING_RECORDED;
    return { kind: 'range', name: strings.get(range.name), share: range.covered / duration };
  }

  private each(
    thread: number,
    start: Nanoseconds,
    end: Nanoseconds,
    visit: (gap: number, covered: Nanoseconds) => void,
  ): void {
    const own = this.byThread[thread];
    if (!own) return;
    const { gaps, latestEnd } = own;
    let next = 0;
    for (let beyond = gaps.length; next < beyond;) {
      const middle = (next + beyond) >>> 1;
      if (this.gapsOf[gaps[middle]].start < end) next = middle + 1;
      else beyond = middle;
    }
    for (let i = next - 1; i >= 0 && latestEnd[i] > start; i--) {
      const { start: from, end: to } = this.gapsOf[gaps[i]];
      const covered = Math.min(end, to) - Math.max(start, from);
      if (covered > 0) visit(gaps[i], covered);
    }
  }
}

/** First start and last end on each device; Infinity and -Infinity where nothing ran. */
function deviceExtents(analysis: Analysis): { first: Float64Array; last: Float64Array } {
  return analysis.once('utilisation.extents', () => {
    const { devices, streams } = analysis.profile;
    const first = new Float64Array(devices.length).fill(Infinity);
    const last = new Float64Array(devices.length).fill(-Infinity);
    sweepActivities(analysis, {}, (kind, row, start, end) => {
      const { device } = streams[activityTable(analysis, ACTIVITY_KINDS[kind]).stream[row]];
      if (start < first[device]) first[device] = start;
      if (end > last[device]) last[device] = end;
    });
    return { first, last };
  });
}

/**
 * Time in which work of two phases runs at once counts for the one that started
 * first, so that the phases of a bin add up to the device's busy time.
 *
 * @param bins 1 to 4096; the whole run, or the scope's window, averaged over devices in scope.
 */
export function utilisationSeries(
  analysis: Analysis,
  scope: Scope,
  bins: number,
): UtilisationSeries {
  const count = Math.min(MAX_BINS, Math.max(1, Math.floor(bins) || 1));
  return analysis.scoped(`utilisationSeries:${count}`, scope, () => {
    const { profile } = analysis;
    const { first, last } = deviceExtents(analysis);
    const wanted = scope.devices && new Set(scope.devices);
    const slots = new Int32Array(profile.devices.length).fill(NONE);
    let devices = 0;
    let [start, end] = [Infinity, -Infinity];
    for (let device = 0; device < slots.length; device++) {
      if (first[device] === Infinity || (wanted && !wanted.has(device))) continue;
      slots[device] = devices++;
      start = Math.min(start, first[device]);
      end = Math.max(end, last[device]);
    }
    if (scope.window) [start, end] = scope.window;
    const shares = PHASES.map((phase) => ({ phase, share: new Float32Array(count) }));
    if (devices === 0 || !(end > start)) {
      return { start: 0, end: 0, bins: count, devices, phases: shares };
    }

    const attributed = new Attributed(analysis);
    const only = scope.phase === undefined ? NONE : PHASES.indexOf(scope.phase);
    const union = new UnionLength(devices);
    const inBins = new UnionInBins(devices * PHASES.length, start, end, count);
    const streams = ACTIVITY_KINDS.map((kind) => activityTable(analysis, kind).stream);
    const slotOf = Int32Array.from(profile.streams, (stream) => slots[stream.device]);
    sweepActivities(analysis, { devices: scope.devices }, (kind, row, begin, finish) => {
      const slot = slotOf[streams[kind][row]];
      const phase = attributed.phase(kind, row);
      if (only !== NONE && phase !== only) return;
      const grown = union.add(slot, begin, finish);
      if (grown > 0) inBins.add(slot * PHASES.length + phase, finish - grown, finish);
    });
    const whole = ((end - start) / count) * devices;
    inBins.lengths.forEach((length, i) => {
      shares[Math.floor(i / count) % PHASES.length].share[i % count] += length / whole;
    });
    return { start, end, bins: count, devices, phases: shares };
  });
}
