/** Launches, one at a time: rows of the kernel table, millions of them, shown a page at a time. */
import type { Analysis } from '../analysis/analysis';
import { COMPONENTS } from '../analysis/components';
import { NONE } from '../profile/model';
import { PHASES, type Phase } from '../profile/scope';
import { compileFilter, type Filter, type FilterAccess } from '../protocol/filter';
import type { LaunchRow } from '../protocol/requests';
import { dimensions, number, text, time, type Column } from './tables';

/** Asked of a kernel's name rather than of a launch: looked up once a launch shape. */
const BY_SHAPE: ReadonlySet<string> = new Set(['name', 'component']);

export const LAUNCH_COLUMNS: readonly Column<LaunchRow>[] = [
  number('index', 'Row', (row) => row.index),
  text('name', 'Name', (row) => row.name),
  time('start', 'Start', (row) => row.start),
  time('duration', 'Duration', (row) => row.duration),
  text('device', 'Device', (row) => row.device),
  number('stream', 'Stream', (row) => row.stream),
  text('grid', 'Grid', (row) => dimensions(row.grid)),
  text('block', 'Block', (row) => dimensions(row.block)),
  number('graphId', 'Graph', (row) => row.graphId),
  text('phase', 'Phase', (row) => row.phase),
  text('step', 'Step', (row) => row.step),
  text('api', 'API Call', (row) => row.api),
  time('apiTime', 'API Time', (row) => row.apiTime),
  time('queueTime', 'Queue Time', (row) => row.queueTime),
];

export class LaunchTable {
  constructor(private readonly analysis: Analysis) {}

  /** The launch as it is shown. */
  row(index: number): LaunchRow {
    const { profile } = this.analysis;
    const { kernels, strings } = profile;
    const shape = profile.shapes[kernels.shape[index]];
    const stream = profile.streams[kernels.stream[index]];
    const step = this.step(index);
    const call = this.analysis.launches.kernels[index];
    return {
      index,
      name: strings.get(shape.name),
      start: kernels.start[index],
      duration: this.duration(index),
      device: profile.devices[stream.device]?.name ?? '',
      deviceIndex: stream.device,
      stream: stream.id,
      grid: [shape.gridX, shape.gridY, shape.gridZ],
      block: [shape.blockX, shape.blockY, shape.blockZ],
      graphId: known(this.graphId(index)),
      phase: this.phase(index),
      step:
        step === NONE
          ? undefined
          : strings.get(profile.ranges.name[this.analysis.steps.range[step]]),
      api: call === NONE ? undefined : strings.get(profile.api.name[call]).replace(/_v\d+$/, ''),
      apiTime: known(this.apiTime(index)),
      queueTime: known(this.queueTime(index)),
    };
  }

  /** A launch's place in the order of a column; undefined where there is no such column. */
  key(column: string): ((index: number) => number) | undefined {
    const { kernels } = this.analysis.profile;
    switch (column) {
      case 'index':
        return (index) => index;
      case 'start':
        return (index) => kernels.start[index];
      case 'duration':
        return (index) => this.duration(index);
      case 'stream':
        return (index) => this.stream(index);
      case 'graphId':
        return (index) => this.graphId(index);
      case 'phase':
        return (index) => PHASES.indexOf(this.phase(index));
      case 'apiTime':
        return (index) => this.apiTime(index);
      case 'queueTime':
        return (index) => this.queueTime(index);
      default:
        return undefined;
    }
  }

  /** Those of `rows` that pass, in the same order. */
  filter(rows: Uint32Array, filter: Filter): Uint32Array {
    const passesShape = this.shapesThatPass(filter.filter((term) => BY_SHAPE.has(term.field.name)));
    const passes = compileFilter(
      filter.filter((term) => !BY_SHAPE.has(term.field.name)),
      this.access,
    );
    if (!passesShape && !passes) return rows;
    const { shape } = this.analysis.profile.kernels;
    return rows.filter(
      (row) => (!passesShape || passesShape[shape[row]] === 1) && (!passes || passes(row)),
    );
  }

  duration(index: number): number {
    const { kernels } = this.analysis.profile;
    return kernels.end[index] - kernels.start[index];
  }

  private shapesThatPass(filter: Filter): Uint8Array | undefined {
    const { profile, classes } = this.analysis;
    const passes = compileFilter<number>(filter, {
      text: (shape, field) =>
        field === 'name'
          ? profile.strings.get(profile.shapes[shape].name)
          : COMPONENTS[classes.component[shape]],
      number: () => undefined,
    });
    return passes && Uint8Array.from(profile.shapes, (_, shape) => Number(passes(shape)));
  }

  private readonly access: FilterAccess<number> = {
    text: (index, field) => {
      switch (field) {
        case 'phase':
          return this.phase(index);
        case 'in':
          return Number.isNaN(this.graphId(index)) ? '' : 'graph';
        case 'step': {
          const step = this.step(index);
          if (step === NONE) return '';
          const { profile, steps } = this.analysis;
          return profile.strings.get(profile.ranges.name[steps.range[step]]);
        }
        default:
          return undefined;
      }
    },
    number: (index, field) => {
      switch (field) {
        case 'time':
          return this.duration(index);
        case 'start':
          return this.analysis.profile.kernels.start[index];
        case 'stream':
          return this.stream(index);
        case 'device':
          return this.analysis.profile.streams[this.analysis.profile.kernels.stream[index]].device;
        case 'graph':
          return this.graphId(index);
        case 'api':
          return this.apiTime(index);
        case 'queue':
          return this.queueTime(index);
        default:
          return undefined;
      }
    },
  };

  private stream(index: number): number {
    const { profile } = this.analysis;
    return profile.streams[profile.kernels.stream[index]].id;
  }

  private step(index: number): number {
    return this.analysis.attribution.kernels[index];
  }

  private phase(index: number): Phase {
    const step = this.step(index);
    return step === NONE ? 'unattributed' : PHASES[this.analysis.steps.phase[step]];
  }

  /** NaN for a kernel outside a graph. */
  private graphId(index: number): number {
    const { graphNode, graphId } = this.analysis.profile.kernels;
    return graphNode && graphId && graphNode[index] !== 0 ? graphId[index] : NaN;
  }

  /** NaN where no call was recorded. */
  private apiTime(index: number): number {
    const call = this.analysis.launches.kernels[index];
    const { api } = this.analysis.profile;
    return call === NONE ? NaN : api.end[call] - api.start[call];
  }

  /** From the end of the call to the start of the kernel, 0 where it began before; NaN where no call was recorded. */
  private queueTime(index: number): number {
    const call = this.analysis.launches.kernels[index];
    const { api, kernels } = this.analysis.profile;
    return call === NONE ? NaN : Math.max(0, kernels.start[index] - api.end[call]);
  }
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
