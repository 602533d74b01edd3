import type { Database } from '../sqlite/database';

/** The moments that times may be counted from, the likelier first. */
const ORIGINS: readonly (readonly [table: string, sql: string])[] = [
  [
    'TARGET_INFO_SESSION_START_TIME',
    'SELECT utcEpochNs FROM TARGET_INFO_SESSION_START_TIME LIMIT 1',
  ],
  [
    'META_DATA_EXPORT',
    "SELECT value FROM META_DATA_EXPORT WHERE name = 'EXPORT_CONFIG_TIME_SHIFT' LIMIT 1",
  ],
];

/**
 * What the times of the export are counted from; 0 in most. `nsys export` counts
 * from 1970 with `--ts-normalize=true`, and from anywhere with `--ts-shift`, and
 * such times do not fit a double. Counted from this they are as without the
 * option, from the start of the session.
 * @param events tables with a column `start`
 */
export function timeOrigin(db: Database, events: readonly string[]): bigint {
  const first = events
    .filter((table) => db.columns(table).has('start'))
    .map((table) => integer(db, `SELECT start FROM "${table}" LIMIT 1`))
    .find((start) => start !== undefined);
  if (first === undefined || fits(first)) return 0n;
  // Of a row that is damaged none of them is near.
  return (
    ORIGINS.filter(([table]) => db.has(table))
      .map(([, sql]) => integer(db, sql))
      .find((origin) => origin !== undefined && fits(first - origin)) ?? 0n
  );
}

const fits = (time: bigint): boolean => BigInt.asIntN(53, time) === time;

/** The first value of a query, where it is a whole number. */
function integer(db: Database, sql: string): bigint | undefined {
  const text = db.all(sql, 1)[0]?.[0] ?? '';
  return /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}
