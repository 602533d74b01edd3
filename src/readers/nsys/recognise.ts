import { ReadFailure } from '../failure';
import type { Database } from '../sqlite/database';

/** Any of these is in every export, whatever was traced. */
const SIGNATURE = [
  'StringIds',
  'META_DATA_EXPORT',
  'EXPORT_META_DATA',
  'TARGET_INFO_SESSION_START_TIME',
  'TARGET_INFO_SYSTEM_ENV',
];
/** And one of these, for those that keep only events. */
const EVENTS =
  /^(CUPTI_ACTIVITY_KIND_|NVTX_EVENTS$|OSRT_API$|TARGET_INFO_|ProcessStreams$|PROFILER_OVERHEAD$|PROCESSES$)/;

/** Other programs' databases that people have beside their profiles, by a table only they have. */
const OTHERS: readonly (readonly [table: string, name: string])[] = [
  ['read_only_op_instances', 'a DLProf database'],
  ['rocpd_kernelapi', 'a rocprof database'],
  ['kernel_rank_stats', 'an Nsight Systems recipe result'],
];

/** Whether a database is an nsys export, by the tables it has. */
export function isNsysExport(db: Database): boolean {
  return SIGNATURE.some((table) => db.has(table)) && [...db.tables].some((t) => EVENTS.test(t));
}

export function checkIsExport(db: Database, path: string): void {
  if (isNsysExport(db)) return;
  const other = OTHERS.find(([table]) => db.has(table));
  const tables = [...db.tables];
  const what = other
    ? `is ${other[1]}`
    : tables.length === 0
      ? 'is an SQLite database without tables'
      : 'is an SQLite database of another program';
  throw new ReadFailure(
    'not-a-profile',
    `${path} ${what}: an export of Nsight Systems was expected (nsys export --type sqlite).`,
  );
}
