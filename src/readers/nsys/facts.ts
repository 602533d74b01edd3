/** How the capture was made, and what the profiler said about it. Environment variables are never read. */
import type { CaptureFacts, Diagnostic, Severity } from '../../profile/model';
import { select, type Database } from '../sqlite/database';

export interface Facts {
  readonly capture: CaptureFacts;
  readonly diagnostics: readonly Diagnostic[];
  /** Made by a generator, said so by the file itself. */
  readonly generated: boolean;
}

const ARGUMENT = /^PROCESS_0:ARGUMENT_(\d+)$/;

/** The names of traces as the command line has them, by the name the capture keeps. */
const TRACES: Readonly<Record<string, string>> = {
  Cuda: 'cuda',
  NvtxEvents: 'nvtx',
  OSRuntime: 'osrt',
  CuBLAS: 'cublas',
  CuDNN: 'cudnn',
  Mpi: 'mpi',
  NCCL: 'nccl',
};

export function readFacts(db: Database): Facts {
  const capture = nameValues(db, 'META_DATA_CAPTURE');
  const exported = [
    ...nameValues(db, 'META_DATA_EXPORT'),
    // The same table's name until 2023.2.
    ...nameValues(db, 'EXPORT_META_DATA'),
  ];
  const find = (rows: readonly NameValue[], name: string) =>
    rows.find((row) => row.name === name)?.value;
  const system = new Map<string, string>();
  if (db.columns('TARGET_INFO_SYSTEM_ENV').has('name')) {
    // By name, never as a whole: the table can hold the target's environment.
    const rows = db.all(
      `${select(db, 'TARGET_INFO_SYSTEM_ENV', ['name', 'value'])} WHERE name IN ('Hostname', 'OsDescription', 'NvDriverVersion')`,
      16,
    );
    for (const [name, value] of rows) if (name && value) system.set(name, value);
  }
  const version = find(exported, 'EXPORT_PRODUCT_VERSION');
  return {
    capture: {
      tool: version ? `nsys ${version}` : undefined,
      schemaVersion: find(exported, 'EXPORT_SCHEMA_VERSION'),
      command: command(capture),
      host: system.get('Hostname') ?? find(capture, 'DEVICE_DISPLAY_NAME'),
      operatingSystem: system.get('OsDescription'),
      driverVersion: system.get('NvDriverVersion'),
      utcEpoch: single(db, 'TARGET_INFO_SESSION_START_TIME', 'utcEpochNs'),
      duration: length(single(db, 'ANALYSIS_DETAILS', 'duration')),
      traces: capture
        .filter((row) => row.name === 'CAPTURE_EVENT_TYPE')
        .map((row) => TRACES[row.value] ?? row.value),
      graphTrace: graphTrace(find(capture, 'CUDA_GRAPH_TRACE_OPTIONS:MODE')),
      memoryUsage: flag(find(capture, 'COLLECT_GPU_MEMORY_USAGE')),
    },
    diagnostics: readDiagnostics(db),
    generated: find(capture, 'PROFILEMATE_GENERATED') === '1',
  };
}

interface NameValue {
  readonly name: string;
  readonly value: string;
}

function nameValues(db: Database, table: string): NameValue[] {
  if (!db.has(table) || !db.columns(table).has('name')) return [];
  const sql = select(db, table, ['name', 'value']);
  return db
    .all(`${sql} WHERE name NOT LIKE '%ENVIRONMENT%'`)
    .map(([name, value]) => ({ name: name ?? '', value: value ?? '' }));
}

function command(capture: readonly NameValue[]): string[] | undefined {
  const program = capture.find((row) => row.name === 'PROCESS_0:COMMAND')?.value;
  if (!program) return undefined;
  const parts: string[] = [];
  for (const { name, value } of capture) {
    const at = ARGUMENT.exec(name)?.[1];
    if (at !== undefined && Number(at) < 4096) parts[Number(at)] = value;
  }
  return [program, ...Array.from(parts, (part) => part ?? '')];
}

function single(db: Database, table: string, column: string): number | undefined {
  if (!db.columns(table).has(column)) return undefined;
  const value = db.all(select(db, table, [column]), 1)[0]?.[0];
  const number = Number(value ?? NaN);
  return Number.isFinite(number) ? number : undefined;
}

/** A length that can be one. */
const length = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;

const flag = (value: string | undefined): boolean | undefined =>
  value === undefined ? undefined : value === 'true';

function graphTrace(mode: string | undefined): 'graph' | 'node' | undefined {
  const known = mode?.toLowerCase();
  return known === 'graph' || known === 'node' ? known : undefined;
}

/** ENUM_DIAGNOSTIC_SEVERITY_LEVEL: 1 info, 2 warning, 3 error, 4 verbose. */
const SEVERITIES: Readonly<Record<string, Severity>> = { 2: 'warning', 3: 'error' };

function readDiagnostics(db: Database): Diagnostic[] {
  if (!db.has('DIAGNOSTIC_EVENT')) return [];
  const seen = new Set<string>();
  const found: Diagnostic[] = [];
  for (const [level, text] of db.all(
    select(db, 'DIAGNOSTIC_EVENT', ['severity', 'text']),
    10_000,
  )) {
    // Lost data is told at any level, in the words nsys has for it.
    const lost = /dropped|lost|incomplete|overflow/i.test(text ?? '');
    const severity = SEVERITIES[level ?? ''] ?? (lost ? 'warning' : undefined);
    if (!severity || !text || seen.has(text)) continue;
    seen.add(text);
    found.push({ severity, text: text.trim() });
  }
  return found;
}
