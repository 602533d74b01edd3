/**
 * What a spoilt export must still give, counted row by row from the tables it
 * was written from; and what must hold of every result whatever was read.
 */
import assert from 'node:assert/strict';
import { columnName } from '../data/nsys-schema';
import type { MemoryTables, Value } from '../data/sqlite';
import { Analysis } from '../../src/analysis/analysis';
import { captureGaps, findings } from '../../src/analysis/findings';
import { graphs } from '../../src/analysis/graphs';
import {
  kernelDetail,
  kernelInstances,
  kernelTable,
  type KernelGrouping,
} from '../../src/analysis/kernels';
import { STATS_REPORTS } from '../../src/analysis/nsys-stats';
import { overview } from '../../src/analysis/overview';
import { componentBreakdown, phaseBreakdown, stepPoints } from '../../src/analysis/phases';
import { rangeChildren, rangeNames } from '../../src/analysis/ranges';
import { memory } from '../../src/analysis/transfers';
import { utilisation, utilisationSeries } from '../../src/analysis/utilisation';
import { NONE, type ActivityTable, type Profile } from '../../src/profile/model';

const LIMIT = Number.MAX_SAFE_INTEGER;

/** A stored value as the number it is, or NaN where it is none; of texts, digits alone are one. */
function number(value: Value): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^[-+]?\d{1,19}(\.\d+)?$/.test(value) ? Number(value) : NaN;
}

const isTime = (value: number): boolean => value >= -LIMIT && value <= LIMIT;

interface Reading {
  /** Rows whose times are times, in the file's order. */
  readonly rows: readonly ((column: string) => Value)[];
  /** Their lengths, none of them negative. */
  readonly time: number;
  /** Rows were left out or straightened. */
  readonly odd: boolean;
}

function reading(tables: MemoryTables, name: string): Reading {
  const table = tables.tables.get(name);
  if (!table) return { rows: [], time: 0, odd: false };
  const at = new Map(table.columns.map((column, i) => [columnName(column), i]));
  const rows: ((column: string) => Value)[] = [];
  let time = 0;
  let odd = false;
  for (const values of table.rows) {
    const cell = (column: string): Value => {
      const i = at.get(column);
      return i === undefined ? null : (values[i] ?? null);
    };
    const start = number(cell('start'));
    const end = number(cell('end'));
    if (!isTime(start) || !isTime(end)) {
      odd = true;
      continue;
    }
    if (end < start) odd = true;
    rows.push(cell);
    time += Math.max(0, end - start);
  }
  return { rows, time, odd };
}

/** Summed length of all rows. */
export const totalTime = (table: ActivityTable): number => {
  let total = 0;
  for (let i = 0; i < table.length; i++) total += table.end[i] - table.start[i];
  return total;
};

/** Holds a profile against the tables its file was written from. */
export function checkReading(tables: MemoryTables, profile: Profile): void {
  const known = new Set(
    (tables.tables.get('DIAGNOSTIC_EVENT')?.rows ?? []).flat().filter((v) => typeof v === 'string'),
  );
  const told = profile.diagnostics.some((diagnostic) => !known.has(diagnostic.text));
  const kinds = [
    ['kernels', 'CUPTI_ACTIVITY_KIND_KERNEL'],
    ['memcpys', 'CUPTI_ACTIVITY_KIND_MEMCPY'],
    ['memsets', 'CUPTI_ACTIVITY_KIND_MEMSET'],
    ['graphTraces', 'CUPTI_ACTIVITY_KIND_GRAPH_TRACE'],
    ['synchronizations', 'CUPTI_ACTIVITY_KIND_SYNCHRONIZATION'],
  ] as const;
  for (const [kind, name] of kinds) {
    const expected = reading(tables, name);
    const table = profile[kind];
    assert.equal(table.length, expected.rows.length, `rows of ${kind}`);
    closeTo(totalTime(table), expected.time, `time of ${kind}`);
    if (expected.odd) assert.ok(told, `${kind} left out or straightened without a word`);
  }
  const api = reading(tables, 'CUPTI_ACTIVITY_KIND_RUNTIME');
  assert.equal(profile.api.length, api.rows.length, 'API calls');
  if (api.odd) assert.ok(told, 'API calls left out or straightened without a word');
  checkLinks(tables, profile);
  checkCopies(tables, profile, told);
}

/** No kernel may be charged to a call whose correlation is another one. */
function checkLinks(tables: MemoryTables, profile: Profile): void {
  const calls = reading(tables, 'CUPTI_ACTIVITY_KIND_RUNTIME').rows;
  const kernels = reading(tables, 'CUPTI_ACTIVITY_KIND_KERNEL').rows;
  const links = new Analysis(profile).launches.kernels;
  for (let i = 0; i < kernels.length; i++)
    if (links[i] !== NONE)
      assert.equal(
        number(calls[links[i]]('correlationId')),
        number(kernels[i]('correlationId')),
        'correlation of a kernel and its call',
      );
}

function checkCopies(tables: MemoryTables, profile: Profile, told: boolean): void {
  reading(tables, 'CUPTI_ACTIVITY_KIND_MEMCPY').rows.forEach((cell, i) => {
    const bytes = number(cell('bytes'));
    const valid = bytes >= 0 && Number.isFinite(bytes);
    assert.equal(profile.memcpys.bytes[i], valid ? bytes : 0, 'bytes of a copy');
    if (!valid) assert.ok(told, 'size of a copy made up without a word');
    const kind = number(cell('copyKind'));
    if (!(kind >= 0 && kind <= 13))
      assert.ok(!(profile.memcpys.kind[i] >= 1 && profile.memcpys.kind[i] <= 13), 'kind of a copy');
  });
}

function closeTo(actual: number, expected: number, what: string): void {
  const tolerance = 1e-9 * Math.max(1, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, not ${expected}`);
}

const GROUPINGS: readonly KernelGrouping[] = ['kernel', 'shortName', 'geometry', 'component'];

/** Computes every result there is, and checks that each makes sense in itself. */
export function checkResults(profile: Profile): void {
  const analysis = new Analysis(profile);
  const all = {};
  const kernelTime = totalTime(profile.kernels);
  for (const grouping of GROUPINGS) {
    const rows = kernelTable(analysis, all, grouping);
    closeTo(sum(rows, 'total'), kernelTime, `kernel time by ${grouping}`);
    assert.equal(sum(rows, 'instances'), profile.kernels.length, `kernels by ${grouping}`);
    sane(rows, `kernelTable ${grouping}`);
    const first = rows[0];
    if (first === undefined) continue;
    assert.equal(kernelInstances(analysis, all, grouping, first.key).length, first.instances);
    sane(kernelDetail(analysis, all, grouping, first.key), 'kernelDetail');
  }
  const breakdown = phaseBreakdown(analysis, all);
  sane(breakdown, 'phaseBreakdown');
  sane(stepPoints(analysis, all), 'stepPoints');
  for (const phase of ['prefill', 'unattributed'] as const)
    sane(phaseBreakdown(analysis, { phase }), `phaseBreakdown of ${phase}`);
  sane(componentBreakdown(analysis, all), 'componentBreakdown');
  sane(graphs(analysis, all), 'graphs');
  sane(memory(analysis, all), 'memory');
  const busy = utilisation(analysis, all);
  sane(busy, 'utilisation');
  for (const device of busy.devices) assert.ok(device.busy <= device.span, 'busy beyond the span');
  closeTo(sum(busy.devices, 'busy'), breakdown.busy, 'busy time of devices and of phases');
  sane(utilisationSeries(analysis, all, 64), 'utilisationSeries');
  sane(rangeNames(analysis, all), 'rangeNames');
  for (const node of rangeChildren(analysis, all, undefined)) {
    sane(node, 'rangeChildren');
    sane(rangeChildren(analysis, all, node.id), 'rangeChildren');
  }
  sane(findings(analysis, all), 'findings');
  sane(captureGaps(analysis), 'captureGaps');
  sane(overview(analysis, all), 'overview');
  for (const report of STATS_REPORTS) sane(report.run(analysis).rows, report.name);
}

function sum<K extends string>(rows: readonly Readonly<Record<K, number>>[], key: K): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

/** Amounts: whatever else a file says, there is no less than nothing of these. */
const AMOUNTS =
  /^(instances|total|busy|idle|span|count|bytes|steps|requests|kernels|replays|average|median|min|max|stddev|gpu\w+|cpu\w+|duration|overlap|time(Inside|Outside))$/;

/** Every number in a result is finite, every share within 0 and 1, no amount negative. */
function sane(value: unknown, path: string): void {
  if (typeof value === 'number') {
    // A step's name may not say how much it works on.
    if (/^stepPoints\[\]\.(requests|tokens)$/.test(path) && Number.isNaN(value)) return;
    // Geometry is what the file says, and nothing is computed from it.
    if (/\.(grid|block)\[\]$|\.registers$|SharedMemory$/i.test(path)) return;
    assert.ok(Number.isFinite(value), `${path} is ${value}`);
    const key = /[^.]*$/.exec(path)![0];
    if (/(^s|S)hare$|^coverage$/.test(key))
      assert.ok(value >= 0 && value <= 1 + 1e-9, `${path} is ${value}`);
    if (AMOUNTS.test(key)) assert.ok(value >= 0, `${path} is ${value}`);
  } else if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    for (const item of value as unknown as Iterable<unknown>) sane(item, `${path}[]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) sane(inner, `${path}.${key}`);
  }
}
