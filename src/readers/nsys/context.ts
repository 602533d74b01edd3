import type { StringTable } from '../../profile/strings';
import type { Database } from '../sqlite/database';
import type { Column, Row } from '../sqlite/row';
import type { Anomalies } from './anomalies';
import type { Identities } from './identities';

/** What the readers of the single tables share. */
export interface Context {
  readonly db: Database;
  readonly strings: StringTable;
  /** Our string id for nsys's. */
  readonly stringId: (nsysId: number) => number;
  readonly identities: Identities;
  readonly anomalies: Anomalies;
  /** Key of the process for rows that name none: the only one, or a nameless one. */
  readonly soleProcess: number;
  scan(table: string, columns: readonly Column[], onRow: (row: Row) => void): Promise<void>;
}
