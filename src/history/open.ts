/** A history by the name a person gives it: a file, or the address of a server. */
import { HistoryFailure } from './failure';
import { SqlHistory } from './sql-store';
import { SqliteFile } from './sqlite';
import type { HistoryStore } from './store';

export { DEFAULT_HISTORY } from './store';

export async function openHistory(place: string): Promise<HistoryStore> {
  if (/^postgres(ql)?:\/\//.test(place)) {
    // Who keeps a file need not load a server's client.
    const { PostgresServer } = await import('./postgres');
    return new SqlHistory(new PostgresServer(place));
  }
  if (/^\w[\w+.-]*:\/\//.test(place)) {
    throw new HistoryFailure(
      `A history is a file or postgresql://…, not ${place.split('://')[0]}.`,
    );
  }
  return new SqlHistory(new SqliteFile(place));
}
