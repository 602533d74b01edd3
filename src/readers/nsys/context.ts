import type { StringTable } from '../../profile/strings';
import type { Database } from '../sqlite/database';
import type { Column, Row } from '../sqlite/row';
import type { Anomalies } from './anomalies';
import type { Identities } from './identities';

/** What the readers of the single tables share. */
export interface Context {
  readonly db: Database;
  readonly strings: StringTable;
  /** Our string id for nsys's, of which 0 is one like any other; NaN is none. */
  readonly stringId: (nsysId: number) => number;
  readonly identities: Identities;
  readonly anomalies: Anomalies;
  /** A column of times, counted from the session's start whatever the export counts from. */
  readonly time: (column: string) => Column;
  /** Key of the process for rows that name none: the only one that calls CUDA; undefined where several do. */
  soleProcess(): number | undefined;
  scan(table: string, columns: readonly Column[], onRow: (row: Row) => void): Promise<void>;
}
