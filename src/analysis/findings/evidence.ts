/** What finding rules look at: results for the scope, asked for only when a rule needs them. */
import { PHASES, type Scope } from '../../profile/scope';
import type { BytesPerSecond, Nanoseconds, Share } from '../../profile/units';
import type { Analysis } from '../analysis';
import type { Component } from '../components';
import { graphs, isWhole, type GraphsResult } from '../graphs';
import {
  componentBreakdown,
  phaseBreakdown,
  type ComponentTime,
  type PhaseBreakdown,
  type PhaseRow,
} from '../phases';
import { inScope } from '../selection';
import { memory, type TransferRow } from '../transfers';
import { utilisation, type Gap, type UtilisationResult } from '../utilisation';

/** Below these a capture is too short to generalise from. */
const ENOUGH_KERNELS = 200;
const ENOUGH_STEPS = 20;
const ENOUGH_TIME: Nanoseconds = 50e6;

export class Evidence {
  private componentRows: readonly ComponentTime[] | undefined;

  constructor(
    readonly analysis: Analysis,
    readonly scope: Scope,
  ) {}

  get phases(): PhaseBreakdown {
    return phaseBreakdown(this.analysis, this.scope);
  }

  get utilisation(): UtilisationResult {
    return utilisation(this.analysis, this.scope);
  }

  get transfersInSteps(): readonly TransferRow[] {
    const { analysis, scope } = this;
    if (scope.phase) return memory(analysis, scope).transfers;
    return PHASES.filter((phase) => phase !== 'unattributed').flatMap(
      (phase) => memory(analysis, { ...scope, phase }).transfers,
    );
  }

  get kernels(): number {
    const mask = inScope(this.analysis, 'kernels', this.scope);
    return mask ? mask.reduce((sum, own) => sum + own, 0) : this.analysis.profile.kernels.length;
  }

  graphs(scope: Scope = this.scope): GraphsResult {
    return graphs(this.analysis, scope);
  }

  phase(name: PhaseRow['phase']): PhaseRow {
    return this.phases.phases.find((row) => row.phase === name)!;
  }

  /** Engine steps of all phases. */
  get steps(): number {
    return this.phases.phases.reduce((sum, row) => sum + row.steps, 0);
  }

  /** Enough work in scope to say something about it as a whole. */
  get isEnough(): boolean {
    return this.span >= ENOUGH_TIME && this.kernels >= ENOUGH_KERNELS;
  }

  /** All but a few of the graphs that were launched left a trace. */
  get isWhole(): boolean {
    return isWhole(this.graphs());
  }

  get hasEnoughSteps(): boolean {
    return this.isEnough && this.steps >= ENOUGH_STEPS;
  }

  component(name: Component): Share {
    this.componentRows ??= componentBreakdown(this.analysis, this.scope);
    return this.componentRows.find((row) => row.component === name)?.share ?? 0;
  }

  /** Whether it looks like a model of this kind at all. */
  get isTransformer(): boolean {
    return this.component('attention') > 0 && this.component('gemm') > 0;
  }

  /** Of a phase's own time. */
  componentIn(phase: PhaseRow['phase'], name: Component): Pick<ComponentTime, 'total' | 'share'> {
    const rows = this.phase(phase).components;
    return rows.find((row) => row.component === name) ?? { total: 0, share: 0 };
  }

  /** Bandwidth of the slowest memory of the devices that ran something; undefined where one's is not known. */
  get slowestMemory(): BytesPerSecond | undefined {
    const { devices } = this.analysis.profile;
    const known = this.utilisation.devices.map(({ device }) => devices[device].memoryBandwidth);
    return known.every((bandwidth) => bandwidth !== undefined && bandwidth > 0)
      ? Math.min(...(known as BytesPerSecond[]))
      : undefined;
  }

  /** Over all devices. */
  get span(): Nanoseconds {
    return this.sum('span');
  }

  sum(
    figure: 'span' | 'busy' | 'idle' | 'unknown' | 'gaps' | 'idleBetweenSteps' | 'idleWithinSteps',
  ): Nanoseconds {
    return this.utilisation.devices.reduce((sum, device) => sum + device[figure], 0);
  }

  /** What the CPU was in during most of the time of some gaps, where one thing stands out. */
  cause(gaps: readonly Gap[]): string | undefined {
    const times = new Map<string, Nanoseconds>();
    let all = 0;
    for (const { cpu, duration } of gaps) {
      all += duration;
      if (cpu.kind === 'unknown') continue;
      times.set(cpu.name, (times.get(cpu.name) ?? 0) + duration);
    }
    for (const [name, time] of times) if (time >= all / 2) return name;
    return undefined;
  }
}
