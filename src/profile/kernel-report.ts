/**
 * The kernel report: what Nsight Compute measured for each launch it profiled.
 *
 * A metric is a column over the launches; a missing value is NaN, never zero.
 * Values are in base units (nanoseconds, bytes, bytes per second, hertz, per
 * cent as printed), whatever the page scaled them to, so that one report gives
 * the same figures from every page that shows it.
 *
 * No I/O here, and no figures: a reader fills it, analysis computes from it.
 */
import type { StringId, StringTable } from './strings';
import type { Bytes } from './units';

/** Row of {@link LaunchTable}. */
export type LaunchIndex = number;

/**
 * - `details`: one row per launch and metric, with display names.
 * - `raw`: one row per launch, a column per metric.
 * - `summary`: `--print-summary`, one row per kernel and metric; a "launch" of
 *   the report then stands for `invocations` launches and holds their average.
 */
export type ReportPage = 'details' | 'raw' | 'summary';

export interface ReportProcess {
  /** NaN where the page does not say. */
  readonly pid: number;
  readonly name: string;
  readonly host: string;
}

/** The profiled launches, in the order of the file. */
export interface LaunchTable {
  readonly length: number;
  /** The tool's own number of the launch; unique within a process only. */
  readonly id: Float64Array;
  /** → {@link KernelReport.processes} */
  readonly process: Uint32Array;
  /** → {@link KernelReport.strings}: the name as the tool demangled it. */
  readonly name: Uint32Array;
  /** CUDA context and stream, NaN where the page does not say. */
  readonly context: Float64Array;
  readonly stream: Float64Array;
  /** CUDA ordinal, NaN where the page does not say. */
  readonly device: Float64Array;
  /** Compute capability as text (`8.0`); 0 where the page does not say. */
  readonly computeCapability: Uint32Array;
  /** Blocks in each direction, NaN where the page does not say. */
  readonly gridX: Float64Array;
  readonly gridY: Float64Array;
  readonly gridZ: Float64Array;
  /** Threads in each direction, NaN where the page does not say. */
  readonly blockX: Float64Array;
  readonly blockY: Float64Array;
  readonly blockZ: Float64Array;
  /** When it was profiled, as printed (2022 and earlier); 0 where the page does not say. */
  readonly time: Uint32Array;
  /** The NVTX ranges around it, as printed; 0 where there are none. */
  readonly ranges: Uint32Array;
  /** 1, or on a summary page the number of launches behind the row. */
  readonly invocations: Float64Array;
}

/** Base units every value is kept in; others keep the spelling of the page. */
export type MetricUnit =
  'ns' | 'byte' | 'byte/s' | 'byte/cycle' | 'byte/block' | 'Hz' | '%' | '' | (string & {});

export interface Metric {
  /**
   * Identity within the report: the metric's own name (`dram__bytes.sum`) where
   * it is known, else `section/label/display name`.
   */
  readonly key: string;
  /** `gpu__time_duration.sum`; undefined for a display name that no metric is known for. */
  readonly name: string | undefined;
  /** `Duration`, where the page or the table of names says. */
  readonly displayName: string | undefined;
  /** Display name of the section; undefined on a raw page for metrics no section is known for. */
  readonly section: string | undefined;
  readonly unit: MetricUnit;
  /** By launch; NaN where missing or not a number. */
  readonly values: Float64Array;
  /** By launch, → {@link KernelReport.strings}; only where some value is text. */
  readonly texts: Uint32Array | undefined;
}

/** What a rule of the tool said about a launch. */
export interface RuleFinding {
  readonly launch: LaunchIndex;
  /** Identifier of the section (`SpeedOfLight`), not its display name. */
  readonly section: StringId;
  readonly rule: StringId;
  /** `INF`, `WRN`, `OPT`, `ERR`, … */
  readonly type: StringId;
  readonly text: StringId;
  /** `local`, `global`, or 0 where none is given. */
  readonly speedupType: StringId;
  /** Estimated speed-up in per cent, NaN where none is given. */
  readonly speedup: number;
}

/** How the writer's locale prints a number, and how that was found out. */
export interface NumberConvention {
  /** Undefined where no value of the page shows it. */
  readonly decimal: '.' | ',' | undefined;
  readonly group: string | undefined;
  /** Values that read differently under another convention (`4.096`, `4,096`). */
  readonly ambiguous: number;
  /** One sentence: what decided those. */
  readonly reason: string;
}

export interface ReportProvenance {
  readonly page: ReportPage;
  /** `auto`: the page scales its units (`Mbyte`, `us`). Undefined where nothing shows it. */
  readonly printUnits: 'auto' | 'base' | undefined;
  /** The tool's version as far as the page's shape tells, with what told it. */
  readonly writer: string;
  readonly numbers: NumberConvention;
  readonly delimiter: string;
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** Lines of profiler and program output before the header. */
  readonly preambleLines: number;
  /** True where another program wrote the file again: rows may have been taken out. */
  readonly rewritten: boolean;
  /** True where the file ends in the middle of a row. */
  readonly cut: boolean;
}

export interface ReportSource {
  /** Path as the user gave it; for display only. */
  readonly path: string;
  readonly size: Bytes;
}

export interface KernelReport {
  readonly source: ReportSource;
  readonly provenance: ReportProvenance;
  readonly strings: StringTable;
  readonly processes: readonly ReportProcess[];
  readonly launches: LaunchTable;
  readonly metrics: readonly Metric[];
  readonly rules: readonly RuleFinding[];
  /** What a person should know before trusting the figures: one sentence each. */
  readonly warnings: readonly string[];
}

const indexes = new WeakMap<KernelReport, ReadonlyMap<string, Metric>>();

/** Metrics by {@link Metric.key}. */
export function metricIndex(report: KernelReport): ReadonlyMap<string, Metric> {
  let index = indexes.get(report);
  if (index === undefined) {
    index = new Map(report.metrics.map((metric) => [metric.key, metric]));
    indexes.set(report, index);
  }
  return index;
}

/** The metric of that name, or undefined where the report has none. */
export const findMetric = (report: KernelReport, name: string): Metric | undefined =>
  metricIndex(report).get(name);

/**
 * The metric a section shows under that name. A display name is not unique
 * (`Memory Throughput` is per cent in one section and bytes per second in
 * another), so the section is part of the question, and the unit may be.
 */
export function findDisplayed(
  report: KernelReport,
  section: string,
  displayName: string,
  unit?: MetricUnit,
): Metric | undefined {
  return report.metrics.find(
    (metric) =>
      metric.section === section &&
      metric.displayName === displayName &&
      (unit === undefined || metric.unit === unit),
  );
}
