/** A session narrowed to one process, or to a window of time. */
import type { Session, SessionTableName, SessionTables } from '../../profile/session';
import type { Nanoseconds } from '../../profile/units';

export interface SessionScope {
  /** An index into {@link Session.processes}. */
  readonly process?: number;
  readonly window?: readonly [start: Nanoseconds, end: Nanoseconds];
}

/** Tables whose rows are of a moment. Of the others a session has totals alone. */
const TIMED: ReadonlySet<SessionTableName> = new Set([
  'kvUsage',
  'evictions',
  'graphSteps',
  'forward',
  'cpu',
  'batch',
  'preemptions',
  'components',
  'imbalance',
]);
const TOTALS: readonly SessionTableName[] = [
  'captures',
  'graphUsage',
  'lifecycle',
  'activations',
  'coselections',
  'weights',
];

/**
 * The same session with the rows in scope alone, so that every figure of it is of
 * them. Totals (graphs, experts) know no time: a window leaves them whole. Requests
 * stay where they were in the engine at any time of it.
 */
export function narrowed(session: Session, { process, window }: SessionScope): Session {
  if (process === undefined && window === undefined) return session;
  const tables: Partial<Record<SessionTableName, unknown>> = {};
  for (const name of [...TIMED, ...TOTALS]) {
    const table = session[name];
    const during = window && duringOf(session, name, window);
    tables[name] = filtered(
      table,
      (row) => (process === undefined || table.process[row] === process) && (during?.(row) ?? true),
    );
  }
  return { ...session, ...(tables as SessionTables) };
}

/** Rows of all tables. */
export const rowCount = (session: Session): number =>
  [...TIMED, ...TOTALS].reduce((sum, name) => sum + session[name].length, 0);

function duringOf(
  session: Session,
  name: SessionTableName,
  [start, end]: readonly [Nanoseconds, Nanoseconds],
): ((row: number) => boolean) | undefined {
  if (name === 'lifecycle') {
    const { queued, started, finished } = session.lifecycle;
    return (row) => {
      const from = Number.isNaN(queued[row]) ? started[row] : queued[row];
      return !(from > end) && !(finished[row] < start);
    };
  }
  if (!TIMED.has(name)) return undefined;
  const { time } = session[name as 'kvUsage'];
  return (row) => time[row] >= start && time[row] <= end;
}

type Columns = Float64Array | Uint32Array | Int32Array;

function filtered(
  table: SessionTables[SessionTableName],
  keep: (row: number) => boolean,
): Record<string, Columns | number> {
  const rows = new Uint32Array(table.length);
  let length = 0;
  for (let row = 0; row < table.length; row++) if (keep(row)) rows[length++] = row;
  const kept: Record<string, Columns | number> = { length };
  for (const [name, column] of Object.entries(table) as [string, Columns | number][]) {
    if (typeof column === 'number') continue;
    const values = new (column.constructor as new (length: number) => Columns)(length);
    for (let row = 0; row < length; row++) values[row] = column[rows[row]];
    kept[name] = values;
  }
  return kept;
}
