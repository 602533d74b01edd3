/**
 * Baselines on disk: the figures a run is held against, what each may change
 * by, and where they came from. A person may edit the file; the schema in
 * schemas/profile-baseline.schema.json says how.
 */
import path from 'node:path';
import {
  compare,
  DEFAULT_THRESHOLD,
  isSnapshot,
  kernelMetricName,
  metricsOf,
  NO_GPU_WORK,
  perOf,
  UNKNOWN_RUN,
  type CompareOptions,
  type Comparison,
  type Snapshot,
} from '../analysis/compare';
import { isObject, listAt, numberAt, objectAt, textAt, type Json } from '../analysis/compare/json';
import { makeFolder } from '../disk/make-folder';
import { replaceFile } from './replace-file';

export const BASELINE_TYPE = 'profilemate-baseline';
export const BASELINE_VERSION = 1;
export const BASELINE_SUFFIX = '.profile-baseline.json';

export interface BaselineMetric {
  readonly value: number;
  /** Of the figure; what a person wrote is shown as it is. */
  readonly unit: string;
  /** Per cent of the value, or points where the unit is %. */
  readonly tolerance: number;
}

export interface Provenance {
  /** The file of the run. */
  readonly run: string;
  readonly commit: string | null;
  readonly model: string | null;
  readonly gpus: readonly string[];
  readonly flags: readonly string[] | null;
  readonly captured_at: string | null;
  /** When the baseline was set, ISO 8601. */
  readonly set_at: string | null;
}

export interface Baseline {
  readonly type: typeof BASELINE_TYPE;
  readonly version: typeof BASELINE_VERSION;
  readonly provenance: Provenance;
  readonly metrics: Readonly<Record<string, BaselineMetric>>;
  /** Earlier values, the latest first. */
  readonly history: readonly {
    readonly provenance: Provenance;
    readonly metrics: Readonly<Record<string, number>>;
  }[];
  /** The run itself, for its kernels; null in a file that a person wrote. */
  readonly snapshot: Snapshot | null;
}

/** Said to a person: what is wrong with the file. */
export class NotABaseline extends Error {}

const HISTORY_KEPT = 50;
/** A baseline names the kernels that matter; its snapshot keeps some more of them, to explain a change. */
const KERNEL_METRICS = 5;
const KERNELS_KEPT = 60;

/** Whether a JSON document has the shape of a baseline, whatever its file is called. */
export function isBaseline(document: unknown): boolean {
  if (!isObject(document)) return false;
  if (document.type === BASELINE_TYPE) return true;
  const metrics = isObject(document.metrics) ? Object.values(document.metrics) : [];
  return metrics.length > 0 && metrics.every((row) => metricOf(row) !== undefined);
}

/**
 * A baseline of any version.
 * @throws NotABaseline
 */
export function readBaseline(text: string): Baseline {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new NotABaseline(`it is not JSON: ${(error as Error).message}`);
  }
  return upgradeBaseline(document);
}

/** @throws NotABaseline */
export function upgradeBaseline(document: unknown): Baseline {
  if (!isObject(document) || !isBaseline(document)) {
    throw new NotABaseline('it has no "metrics" with values, which a baseline has');
  }
  const version = document.version ?? 0;
  if (typeof version !== 'number' || version > BASELINE_VERSION) {
    throw new NotABaseline(
      `its version is ${JSON.stringify(version)}, and this version of ProfileMate reads up to ${BASELINE_VERSION}; update ProfileMate`,
    );
  }
  const metrics: Record<string, BaselineMetric> = {};
  for (const [name, row] of Object.entries(objectAt(document, 'metrics'))) {
    const metric = metricOf(row);
    if (metric === undefined) throw new NotABaseline(`metric "${name}" has no number as its value`);
    metrics[name] = metric;
  }
  return {
    type: BASELINE_TYPE,
    version: BASELINE_VERSION,
    provenance: provenanceOf(objectAt(document, 'provenance')),
    metrics,
    history: listAt(document, 'history')
      .filter(isObject)
      .map((entry) => ({
        provenance: provenanceOf(objectAt(entry, 'provenance')),
        metrics: Object.fromEntries(
          Object.entries(objectAt(entry, 'metrics')).filter(
            (pair): pair is [string, number] => typeof pair[1] === 'number',
          ),
        ),
      })),
    snapshot: snapshotOf(document.snapshot),
  };
}

/** A metric as an object, or as a mere number, as the first baselines had it. */
function metricOf(row: unknown): BaselineMetric | undefined {
  if (typeof row === 'number') return { value: row, unit: '', tolerance: DEFAULT_THRESHOLD };
  const value = numberAt(row, 'value');
  if (value === null) return undefined;
  return {
    value,
    unit: textAt(row, 'unit') ?? '',
    tolerance: Math.max(0, numberAt(row, 'tolerance') ?? DEFAULT_THRESHOLD),
  };
}

const texts = (values: readonly unknown[]): string[] =>
  values.filter((value) => typeof value === 'string');

function provenanceOf(from: Json): Provenance {
  return {
    run: textAt(from, 'run') ?? '',
    commit: textAt(from, 'commit'),
    model: textAt(from, 'model'),
    gpus: texts(listAt(from, 'gpus')),
    flags: Array.isArray(from.flags) ? texts(from.flags) : null,
    captured_at: textAt(from, 'captured_at'),
    set_at: textAt(from, 'set_at'),
  };
}

/** A snapshot that a person damaged is none: the metrics are still there. */
const snapshotOf = (from: unknown): Snapshot | null => (isSnapshot(from) ? from : null);

const provenance = ({ label, identity }: Snapshot, setAt: string): Provenance => ({
  run: label,
  commit: identity.commit,
  model: identity.model,
  gpus: identity.gpus,
  flags: identity.flags,
  captured_at: identity.capturedAt,
  set_at: setAt,
});

const keep = (run: Snapshot): Snapshot => ({
  ...run,
  kernels: [...run.kernels].sort((a, b) => b.totalMs - a.totalMs).slice(0, KERNELS_KEPT),
});

/** @param setAt ISO 8601 */
export function makeBaseline(
  run: Snapshot,
  setAt: string,
  tolerance = DEFAULT_THRESHOLD,
): Baseline {
  const kernels =
    perOf([run]) === 'run'
      ? []
      : [...run.kernels].sort((a, b) => b.totalMs - a.totalMs).slice(0, KERNEL_METRICS);
  const names = kernels.map(({ name }) => kernelMetricName(name));
  const metrics: Record<string, BaselineMetric> = {};
  for (const metric of metricsOf([run], names)) {
    const value = metric.value(run);
    if (value === null || !(metric.gates || metric.group === 'kernel')) continue;
    metrics[metric.name] = { value, unit: metric.unit, tolerance };
  }
  return {
    type: BASELINE_TYPE,
    version: BASELINE_VERSION,
    provenance: provenance(run, setAt),
    metrics,
    history: [],
    snapshot: keep(run),
  };
}

/** New values for the metrics it has, with their tolerances; what it said before goes to its history. */
export function updateBaseline(baseline: Baseline, run: Snapshot, setAt: string): Baseline {
  const now = new Map(
    metricsOf([run], Object.keys(baseline.metrics)).map((metric) => [metric.name, metric]),
  );
  const metrics: Record<string, BaselineMetric> = {};
  for (const [name, old] of Object.entries(baseline.metrics)) {
    const metric = now.get(name);
    const value = metric?.value(run) ?? null;
    // What the run does not measure keeps its value: a missing figure is no zero.
    metrics[name] = value === null ? old : { ...old, value, unit: metric!.unit };
  }
  const before = {
    provenance: baseline.provenance,
    metrics: Object.fromEntries(
      Object.entries(baseline.metrics).map(([name, { value }]) => [name, value]),
    ),
  };
  return {
    ...baseline,
    provenance: provenance(run, setAt),
    metrics,
    history: [before, ...baseline.history].slice(0, HISTORY_KEPT),
    snapshot: keep(run),
  };
}

/** A run held against a baseline: its metrics, by their tolerances, decide, and the kernels of its run. */
export function compareToBaseline(
  baseline: Baseline,
  current: readonly Snapshot[],
  options: CompareOptions = {},
): Comparison {
  const rows = Object.entries(baseline.metrics);
  const from = baseline.snapshot ?? withoutRun(baseline, current[0]);
  return compare([from], current, {
    ...options,
    only: rows.map(([name]) => name),
    baselineValues: Object.fromEntries(rows.map(([name, { value }]) => [name, value])),
    metricThresholds: {
      ...Object.fromEntries(rows.map(([name, { tolerance }]) => [name, tolerance])),
      ...options.metricThresholds,
    },
    // Of a run that nobody kept, its length and load are not known.
    allow: baseline.snapshot ? options.allow : [...(options.allow ?? []), 'length', 'tokens'],
  });
}

function withoutRun({ provenance: from }: Baseline, current: Snapshot): Snapshot {
  return {
    version: 1,
    source: current.source,
    label: from.run,
    identity: {
      ...UNKNOWN_RUN,
      model: from.model,
      gpus: from.gpus,
      flags: from.flags,
      capturedAt: from.captured_at,
      commit: from.commit,
    },
    ...NO_GPU_WORK,
    client: null,
  };
}

export const baselineText = (baseline: Baseline): string =>
  `${JSON.stringify(baseline, undefined, 2)}\n`;

/** Written beside its place and renamed, so that a reader finds a whole file. */
export async function writeBaseline(file: string, baseline: Baseline): Promise<void> {
  await makeFolder(path.dirname(file));
  await replaceFile(file, Buffer.from(baselineText(baseline)));
}
