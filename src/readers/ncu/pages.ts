/** The rows of each page, filed with the builder. */
import type { Header } from './header';
import type { ReportBuilder } from './builder';
import { type LaunchFacts, type MetricColumn } from './builder';
import { metricOf } from './names';

/** Files rows one by one; false for what is no row of the page. */
export interface PageReader {
  row(fields: readonly string[]): boolean;
}

const FACT_COLUMNS: Readonly<Record<keyof Omit<LaunchFacts, 'ranges'>, string>> = {
  id: 'ID',
  pid: 'Process ID',
  processName: 'Process Name',
  host: 'Host Name',
  kernel: 'Kernel Name',
  context: 'Context',
  stream: 'Stream',
  device: 'Device',
  computeCapability: 'CC',
  grid: 'Grid Size',
  block: 'Block Size',
  time: 'Kernel Time',
  invocations: 'Invocations',
};

const DETAIL_COLUMNS = [
  'Section Name',
  'Body Item Label',
  'Metric Name',
  'Metric Unit',
  'Metric Value',
  'Minimum',
  'Maximum',
  'Average',
  'Rule Name',
  'Rule Type',
  'Rule Description',
  'Estimated Speedup Type',
  'Estimated Speedup',
];

const isRangeColumn = (name: string): boolean => /Push\/Pop_Range|Start\/Stop_Range/.test(name);

/** Reads the launch's facts out of a row, whichever of their columns the page has. */
class FactReader {
  private readonly at: Readonly<Record<keyof Omit<LaunchFacts, 'ranges'>, number>>;
  private readonly rangeColumns: readonly number[];

  constructor(columns: readonly string[]) {
    this.at = Object.fromEntries(
      Object.entries(FACT_COLUMNS).map(([fact, column]) => [fact, columns.indexOf(column)]),
    ) as Record<keyof typeof FACT_COLUMNS, number>;
    this.rangeColumns = columns.flatMap((name, i) => (isRangeColumn(name) ? [i] : []));
  }

  read(fields: readonly string[]): LaunchFacts {
    const of = (fact: keyof typeof FACT_COLUMNS): string => fields[this.at[fact]] ?? '';
    return {
      id: of('id'),
      pid: of('pid'),
      processName: of('processName'),
      host: of('host'),
      kernel: of('kernel'),
      context: of('context'),
      stream: of('stream'),
      device: of('device'),
      computeCapability: of('computeCapability'),
      grid: of('grid'),
      block: of('block'),
      time: of('time'),
      ranges: this.rangeColumns
        .map((i) => fields[i] ?? '')
        .filter((text) => text !== '')
        .join(' '),
      invocations: of('invocations'),
    };
  }

  /** False for a line that a program printed among the rows, and for a row that such a line ran into. */
  holds(fields: readonly string[]): boolean {
    const { id, kernel } = this.at;
    return (
      fields[kernel] !== undefined && (id < 0 || /^\d[\d\s.,'\u2019]*$/.test(fields[id].trim()))
    );
  }

  /** Names the launch among the rows of a details page. */
  key(fields: readonly string[]): string {
    const { id, pid, host, kernel, grid, block, device } = this.at;
    return id >= 0
      ? `${fields[id]}\n${fields[pid] ?? ''}\n${fields[host] ?? ''}\n${fields[kernel]}`
      : [kernel, pid, host, device, grid, block].map((i) => fields[i] ?? '').join('\n');
  }
}

/** Details and summary pages: a row a launch and metric, and a row a rule. */
export class DetailsReader implements PageReader {
  private readonly facts: FactReader;
  private readonly at: Readonly<Record<string, number>>;
  private readonly value: number;
  private launches = new Map<string, number>();
  private lastKey = '';
  private lastLaunch = -1;
  private readonly columns = new Map<string, MetricColumn>();

  constructor(
    private readonly builder: ReportBuilder,
    private readonly header: Header,
  ) {
    this.facts = new FactReader(header.columns);
    this.at = Object.fromEntries(
      DETAIL_COLUMNS.map((name) => [name, header.columns.indexOf(name)]),
    );
    this.value = this.at[header.page === 'summary' ? 'Average' : 'Metric Value'];
  }

  row(fields: readonly string[]): boolean {
    if (fields.length <= this.value) return false;
    if (fields[this.value] === this.header.columns[this.value]) {
      // The header again: one file after another, whose launches are others.
      this.launches = new Map();
      this.lastKey = '';
      return true;
    }
    if (!this.facts.holds(fields)) return false;
    const metric = fields[this.at['Metric Name']];
    const rule = this.cell(fields, 'Rule Name');
    if (metric === '' && rule === '') return true;
    const launch = this.launchOf(fields);
    if (metric !== '') {
      const unit = fields[this.at['Metric Unit']] ?? '';
      this.builder.setValue(this.columnOf(fields, metric), launch, fields[this.value], unit);
    } else {
      this.addRule(launch, fields, rule);
    }
    return true;
  }

  private launchOf(fields: readonly string[]): number {
    const key = this.facts.key(fields);
    if (key === this.lastKey) return this.lastLaunch;
    let launch = this.launches.get(key);
    if (launch === undefined) {
      launch = this.builder.addLaunch(this.facts.read(fields));
      this.launches.set(key, launch);
    }
    this.lastKey = key;
    this.lastLaunch = launch;
    return launch;
  }

  private columnOf(fields: readonly string[], displayName: string): MetricColumn {
    const section = this.cell(fields, 'Section Name');
    const label = this.cell(fields, 'Body Item Label');
    const place = `${section}\n${label}\n${displayName}`;
    let column = this.columns.get(place);
    if (column === undefined) {
      const name = metricOf(section, label, displayName);
      const shown = name === displayName ? undefined : displayName;
      const key = name ?? [section, label, displayName].filter((part) => part !== '').join('/');
      column = this.builder.column(key, name, shown, section);
      this.columns.set(place, column);
    }
    return column;
  }

  private addRule(launch: number, fields: readonly string[], rule: string): void {
    const { strings, numbers } = this.builder;
    const speedup = this.cell(fields, 'Estimated Speedup');
    const token = numbers.read(speedup);
    this.builder.rules.push({
      launch,
      section: strings.intern(this.cell(fields, 'Section Name')),
      rule: strings.intern(rule),
      type: strings.intern(this.cell(fields, 'Rule Type')),
      text: strings.intern(this.cell(fields, 'Rule Description')),
      speedupType: strings.intern(this.cell(fields, 'Estimated Speedup Type')),
      speedup: token === 'number' || token === 'ambiguous' ? numbers.value : Number.NaN,
    });
  }

  private cell(fields: readonly string[], column: string): string {
    const i = this.at[column];
    return i < 0 ? '' : (fields[i] ?? '');
  }
}

/** Raw page: a row a launch, after one row of units. */
export class RawReader implements PageReader {
  private readonly facts: FactReader;
  private readonly metrics: readonly number[];
  private units: readonly string[] | undefined;
  private readonly columns: (MetricColumn | undefined)[] = [];

  constructor(
    private readonly builder: ReportBuilder,
    private readonly header: Header,
  ) {
    this.facts = new FactReader(header.columns);
    const known = new Set(Object.values(FACT_COLUMNS));
    this.metrics = header.columns.flatMap((name, i) =>
      known.has(name) || isRangeColumn(name) || name === '' ? [] : [i],
    );
  }

  get hasUnits(): boolean {
    return this.units !== undefined;
  }

  row(fields: readonly string[]): boolean {
    const { columns } = this.header;
    if (fields.length < columns.length) return false;
    const id = columns.indexOf('ID');
    if (fields[id] === 'ID') {
      this.units = undefined;
      return true;
    }
    if (fields[id].trim() === '') {
      this.units ??= fields;
      return true;
    }
    if (this.units === undefined || !this.facts.holds(fields)) return false;
    const launch = this.builder.addLaunch(this.facts.read(fields));
    for (const i of this.metrics) {
      const name = columns[i];
      const column = (this.columns[i] ??= this.builder.column(name, name));
      this.builder.setValue(column, launch, fields[i], this.units[i]);
    }
    return true;
  }
}
