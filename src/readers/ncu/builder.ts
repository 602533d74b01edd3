/** A kernel report while it is read: columns that grow with the launches. */
import { StringTable } from '../../profile/strings';
import type {
  KernelReport,
  LaunchTable,
  Metric,
  ReportProcess,
  ReportProvenance,
  ReportSource,
  RuleFinding,
} from '../../profile/kernel-report';
import { displayOf } from './names';
import { NumberReader, type Separator } from './numbers';
import { unitScale, type UnitScale } from './units';

/** What a row says about the launch it belongs to; empty text where the page does not say. */
export interface LaunchFacts {
  readonly id: string;
  readonly pid: string;
  readonly processName: string;
  readonly host: string;
  readonly kernel: string;
  readonly context: string;
  readonly stream: string;
  readonly device: string;
  readonly computeCapability: string;
  readonly grid: string;
  readonly block: string;
  readonly time: string;
  readonly ranges: string;
  readonly invocations: string;
}

const NUMBERS = [
  'id',
  'context',
  'stream',
  'device',
  'gridX',
  'gridY',
  'gridZ',
  'blockX',
  'blockY',
  'blockZ',
  'invocations',
] as const;
const TEXTS = ['process', 'name', 'computeCapability', 'time', 'ranges'] as const;

export class MetricColumn {
  values: Float64Array;
  texts: Uint32Array | undefined;
  unit: string | undefined;

  constructor(
    readonly key: string,
    readonly name: string | undefined,
    readonly displayName: string | undefined,
    readonly section: string | undefined,
    capacity: number,
  ) {
    this.values = new Float64Array(capacity).fill(Number.NaN);
  }

  /** The first value of a launch stays: pages repeat a metric, never change it. */
  set(launch: number, value: number): void {
    if (launch >= this.values.length) {
      const grown = new Float64Array(Math.max(launch + 1, this.values.length * 2)).fill(Number.NaN);
      grown.set(this.values);
      this.values = grown;
    }
    if (Number.isNaN(this.values[launch])) this.values[launch] = value;
  }

  setText(launch: number, text: number): void {
    const size = Math.max(launch + 1, this.values.length);
    if (this.texts === undefined || this.texts.length < size) {
      const grown = new Uint32Array(size);
      if (this.texts !== undefined) grown.set(this.texts);
      this.texts = grown;
    }
    this.texts[launch] = text;
  }

  finish(length: number): Metric {
    const values = new Float64Array(length).fill(Number.NaN);
    values.set(this.values.subarray(0, length));
    let texts: Uint32Array | undefined;
    if (this.texts !== undefined) {
      texts = new Uint32Array(length);
      texts.set(this.texts.subarray(0, length));
    }
    const displayed = this.name === undefined ? undefined : displayOf(this.name);
    return {
      key: this.key,
      name: this.name,
      displayName: this.displayName ?? displayed?.displayName,
      section: this.section ?? displayed?.section,
      unit: this.unit ?? '',
      values,
      texts,
    };
  }
}

/** Values whose reading waits for the end of the page. */
class Pending {
  readonly columns: MetricColumn[] = [];
  readonly launches: number[] = [];
  readonly decimals: number[] = [];
  readonly separators: Separator[] = [];
  readonly units: UnitScale[] = [];
}

const SIBLINGS: readonly { metric: string; axes: readonly (typeof NUMBERS)[number][] }[] = [
  { metric: 'launch__grid_size', axes: ['gridX', 'gridY', 'gridZ'] },
  { metric: 'launch__block_size', axes: ['blockX', 'blockY', 'blockZ'] },
  {
    metric: 'launch__thread_count',
    axes: ['gridX', 'gridY', 'gridZ', 'blockX', 'blockY', 'blockZ'],
  },
];

export class ReportBuilder {
  readonly strings = new StringTable();
  readonly numbers = new NumberReader();
  readonly rules: RuleFinding[] = [];
  readonly warnings: string[] = [];
  length = 0;
  /** Spellings of units that only some versions or `--print-units` choices use. */
  readonly spellings = new Set<string>();
  scaledUnits = false;

  private readonly columns = new Map<string, MetricColumn>();
  private readonly pending = new Pending();
  private readonly processes: ReportProcess[] = [];
  private readonly processRows = new Map<string, number>();
  private readonly facts = {
    ...(Object.fromEntries(NUMBERS.map((name) => [name, []])) as unknown as Record<
      (typeof NUMBERS)[number],
      number[]
    >),
    ...(Object.fromEntries(TEXTS.map((name) => [name, []])) as unknown as Record<
      (typeof TEXTS)[number],
      number[]
    >),
  };

  addLaunch(of: LaunchFacts): number {
    const f = this.facts;
    const grid = axes(of.grid);
    const block = axes(of.block);
    f.id.push(number(of.id));
    f.process.push(this.processRow(of));
    f.name.push(this.strings.intern(of.kernel));
    f.context.push(number(of.context));
    f.stream.push(number(of.stream));
    f.device.push(number(of.device));
    f.computeCapability.push(this.strings.intern(of.computeCapability));
    f.gridX.push(grid[0]);
    f.gridY.push(grid[1]);
    f.gridZ.push(grid[2]);
    f.blockX.push(block[0]);
    f.blockY.push(block[1]);
    f.blockZ.push(block[2]);
    f.time.push(this.strings.intern(of.time));
    f.ranges.push(this.strings.intern(of.ranges));
    f.invocations.push(of.invocations === '' ? 1 : number(of.invocations));
    return this.length++;
  }

  private processRow(of: LaunchFacts): number {
    const key = `${of.pid}\n${of.processName}\n${of.host}`;
    let row = this.processRows.get(key);
    if (row === undefined) {
      row = this.processes.length;
      this.processes.push({ pid: number(of.pid), name: of.processName, host: of.host });
      this.processRows.set(key, row);
    }
    return row;
  }

  column(
    key: string,
    name: string | undefined,
    displayName?: string,
    section?: string,
  ): MetricColumn {
    let column = this.columns.get(key);
    if (column === undefined) {
      column = new MetricColumn(key, name, displayName, section, Math.max(16, this.length));
      this.columns.set(key, column);
    }
    return column;
  }

  /** Files a printed value; one that can be read two ways waits for {@link finish}. */
  setValue(column: MetricColumn, launch: number, cell: string, printedUnit: string): void {
    const unit = unitScale(printedUnit);
    if (column.unit === undefined || column.unit === '') column.unit = unit.unit;
    if (unit.scaled) this.scaledUnits = true;
    if (printedUnit !== '') this.spellings.add(printedUnit);
    switch (this.numbers.read(cell)) {
      case 'number':
        column.set(launch, scaleValue(this.numbers.value, unit));
        break;
      case 'ambiguous':
        this.pending.columns.push(column);
        this.pending.launches.push(launch);
        this.pending.decimals.push(this.numbers.value);
        this.pending.separators.push(this.numbers.separator);
        this.pending.units.push(unit);
        break;
      case 'text':
        column.setText(launch, this.strings.intern(cell.trim()));
        break;
      case 'missing':
        break;
    }
  }

  private resolvePending(): void {
    const { columns, launches, decimals, separators, units } = this.pending;
    this.learnFromSiblings();
    for (let i = 0; i < columns.length; i++) {
      const value = this.numbers.resolve(separators[i], decimals[i], units[i]);
      columns[i].set(launches[i], scaleValue(value, units[i]));
    }
  }

  /** The header columns give grid and block ungrouped; the same sizes as metrics show the separator. */
  private learnFromSiblings(): void {
    const { columns, launches, decimals, separators } = this.pending;
    for (let i = 0; i < columns.length; i++) {
      const sibling = SIBLINGS.find((s) => s.metric === columns[i].name);
      if (sibling === undefined) continue;
      const size = sibling.axes.reduce((n, axis) => n * this.facts[axis][launches[i]], 1);
      if (size === Math.round(decimals[i] * 1000)) {
        this.numbers.learnGroup(separators[i]);
        return;
      }
    }
  }

  finish(
    source: ReportSource,
    provenance: Omit<ReportProvenance, 'numbers' | 'printUnits' | 'writer'>,
    writer: string,
  ): KernelReport {
    this.resolvePending();
    const numbers = this.numbers.convention();
    if (this.numbers.guessed > 0) this.warnings.push(numbers.reason);
    if (this.numbers.contradictory) {
      this.warnings.push(
        'Values on this page follow different number formats (decimal point and decimal comma); where one could be read two ways, the more frequent format decided.',
      );
    }
    const metrics = [...this.columns.values()].map((column) => column.finish(this.length));
    const base = metrics.some(
      (m) =>
        (m.unit === 'byte' || m.unit === 'ns' || m.unit === 'Hz') &&
        m.values.some((v) => v >= 1000),
    );
    return {
      source,
      provenance: {
        ...provenance,
        numbers,
        printUnits: this.scaledUnits ? 'auto' : base ? 'base' : undefined,
        writer,
      },
      strings: this.strings,
      processes: this.processes,
      launches: this.launchTable(),
      metrics,
      rules: this.rules,
      warnings: this.warnings,
    };
  }

  private launchTable(): LaunchTable {
    const f = this.facts;
    return {
      length: this.length,
      id: Float64Array.from(f.id),
      process: Uint32Array.from(f.process),
      name: Uint32Array.from(f.name),
      context: Float64Array.from(f.context),
      stream: Float64Array.from(f.stream),
      device: Float64Array.from(f.device),
      computeCapability: Uint32Array.from(f.computeCapability),
      gridX: Float64Array.from(f.gridX),
      gridY: Float64Array.from(f.gridY),
      gridZ: Float64Array.from(f.gridZ),
      blockX: Float64Array.from(f.blockX),
      blockY: Float64Array.from(f.blockY),
      blockZ: Float64Array.from(f.blockZ),
      time: Uint32Array.from(f.time),
      ranges: Uint32Array.from(f.ranges),
      invocations: Float64Array.from(f.invocations),
    };
  }
}

/** Whole base units stay whole: 536.871296 Mbyte is 536871296 bytes. */
function scaleValue(value: number, unit: UnitScale): number {
  if (unit.factor === 1) return value;
  const scaled = value * unit.factor;
  const whole = Math.round(scaled);
  return Math.abs(scaled - whole) < 1e-9 * Math.abs(scaled) ? whole : scaled;
}

/** A whole number of the header columns; a locale may group it. */
function number(text: string): number {
  const digits = text.replace(/[\s.,'\u2019]/g, '');
  return digits === '' ? Number.NaN : Number(digits);
}

const UNKNOWN_AXES: readonly [number, number, number] = [Number.NaN, Number.NaN, Number.NaN];

/** `(256, 1, 1)`, as the header columns print a size; never grouped. */
function axes(text: string): readonly [number, number, number] {
  const match = /^\(?\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)?$/.exec(text.trim());
  return match === null ? UNKNOWN_AXES : [Number(match[1]), Number(match[2]), Number(match[3])];
}
