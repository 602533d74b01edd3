/** A history on a PostgreSQL server, for teams that outgrow one machine. */
import { Client } from 'pg';
import { HistoryFailure } from './failure';
import type { Query, SqlDatabase } from './sql-store';

/** Any number; the same for all who create the tables. */
const LOCK = 727_466_273;
const CONNECT_MS = 15_000;

export class PostgresServer implements SqlDatabase {
  readonly types = { real: 'DOUBLE PRECISION', bytes: 'BYTEA' };
  readonly place: string;
  private client: Promise<Client> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** @param url postgresql://user:password@host:port/database */
  constructor(private readonly url: string) {
    this.place = withoutPassword(url);
  }

  read<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work);
  }

  write<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.transaction('BEGIN', async (query) => {
      // Writers wait for each other, so that tables are made once and a run is added once.
      await query(`SELECT pg_advisory_xact_lock(${LOCK})`);
      return work(query);
    });
  }

  /** One after the other: a connection has one transaction at a time. */
  private transaction<T>(begin: string, work: (query: Query) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      const query = queryOf(await this.connect());
      await query(begin);
      try {
        const result = await work(query);
        await query('COMMIT');
        return result;
      } catch (error) {
        await query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    };
    const result = this.last.then(run, run);
    this.last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await (await client)?.end();
  }

  private connect(): Promise<Client> {
    this.client ??= this.open();
    return this.client;
  }

  private async open(): Promise<Client> {
    let client: Client;
    try {
      client = new Client({ connectionString: this.url, connectionTimeoutMillis: CONNECT_MS });
      // A connection that breaks between two calls is told by the next call.
      client.on('error', () => (this.client = undefined));
      await client.connect();
    } catch (error) {
      this.client = undefined;
      throw new HistoryFailure(
        `Cannot open the history at ${this.place}: ${(error as Error).message || (error as { code?: string }).code}.`,
      );
    }
    return client;
  }
}

const queryOf =
  (client: Client): Query =>
  async (sql, values = []) => {
    const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
    return rows;
  };

/** What may be shown: a password stands before the @, or in the options. */
function withoutPassword(text: string): string {
  try {
    const url = new URL(text);
    url.username = '';
    url.password = '';
    url.search = '';
    return url.toString();
  } catch {
    return 'postgresql://…';
  }
}
