/**
 * A history in tables. The SQL is what SQLite and PostgreSQL both understand,
 * each parameter used once and in order.
 *
 * Summaries are kept whole, compressed; beside them stand the figures by name,
 * for trends and for whoever asks the tables directly.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  launchMetricNames,
  measureOf,
  metricsOf,
  snapshotOfSummary,
  stepsOf,
  type Measure,
} from '../analysis/compare';
import { HistoryFailure } from './failure';
import {
  timeOf,
  type HistoryStore,
  type KeptKernel,
  type NewRun,
  type RunFilter,
  type RunRecord,
} from './store';

export type SqlValue = string | number | Uint8Array | null;
export type SqlRow = Readonly<Record<string, unknown>>;
export type Query = (sql: string, values?: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

/** One database. A transaction happens whole or not at all, whoever else writes. */
export interface SqlDatabase {
  readonly place: string;
  readonly types: { readonly real: string; readonly bytes: string };
  read<T>(work: (query: Query) => Promise<T>): Promise<T>;
  write<T>(work: (query: Query) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const KERNELS_KEPT = 20;

type Migration = (query: Query, types: SqlDatabase['types']) => Promise<void>;

/** Steps from one version of the tables to the next. */
const MIGRATIONS: readonly Migration[] = [
  async (query, { real, bytes }) => {
    for (const statement of [
      `CREATE TABLE profile_runs (
      id TEXT PRIMARY KEY, added_at TEXT NOT NULL, captured_at TEXT, model TEXT, gpu TEXT,
      git_hash TEXT, branch TEXT, label TEXT NOT NULL, note TEXT,
      is_baseline INTEGER NOT NULL, summary ${bytes} NOT NULL, client ${bytes})`,
      `CREATE TABLE profile_metrics (
      run_id TEXT NOT NULL REFERENCES profile_runs (id) ON DELETE CASCADE,
      name TEXT NOT NULL, unit TEXT NOT NULL, value ${real} NOT NULL,
      PRIMARY KEY (run_id, name))`,
      `CREATE TABLE profile_kernels (
      run_id TEXT NOT NULL REFERENCES profile_runs (id) ON DELETE CASCADE,
      place INTEGER NOT NULL, kernel_name TEXT NOT NULL, component TEXT,
      step_ms ${real} NOT NULL, step_calls ${real} NOT NULL,
      PRIMARY KEY (run_id, place))`,
      'CREATE INDEX profile_runs_by_model ON profile_runs (model, captured_at)',
    ])
      await query(statement);
  },
  async (query) => {
    await query("ALTER TABLE profile_runs ADD COLUMN measure TEXT NOT NULL DEFAULT 'gpu'");
    for (const { id, summary } of await query('SELECT id, summary FROM profile_runs')) {
      const run = snapshotOfSummary(await open(summary), { label: '' });
      await query('UPDATE profile_runs SET measure = $1 WHERE id = $2', [
        measureOf(run),
        id as string,
      ]);
    }
  },
];
const HISTORY_VERSION = MIGRATIONS.length;

const RUN_COLUMNS =
  'id, added_at, captured_at, model, gpu, measure, git_hash, branch, label, note, is_baseline';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

const open = async (packed: unknown): Promise<unknown> =>
  packed === null ? undefined : JSON.parse((await unpack(packed as Uint8Array)).toString());

export class SqlHistory implements HistoryStore {
  constructor(private readonly database: SqlDatabase) {}

  get place(): string {
    return this.database.place;
  }

  async add(run: NewRun): Promise<{ record: RunRecord; added: boolean }> {
    const summary = JSON.stringify(run.summary);
    const client = run.client === undefined ? null : JSON.stringify(run.client);
    const id = createHash('sha256')
      .update(summary)
      .update('\0')
      .update(client ?? '')
      .digest('hex')
      .slice(0, 16);
    const packed = await pack(summary);
    const packedClient = client === null ? null : await pack(client);
    const { identity, label } = run.snapshot;
    return this.write(async (query) => {
      const [known] = await query('SELECT id FROM profile_runs WHERE id = $1', [id]);
      if (known === undefined) {
        await query(
          `INSERT INTO profile_runs (${RUN_COLUMNS}, summary, client) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12)`,
          [
            id,
            new Date().toISOString(),
            identity.capturedAt,
            identity.model,
            identity.gpus.length > 0 ? identity.gpus.join(', ') : null,
            measureOf(run.snapshot),
            identity.commit,
            run.branch ?? null,
            label,
            run.note ?? null,
            packed,
            packedClient,
          ],
        );
        await this.insertFigures(query, id, run);
      }
      const [record] = await this.records(query, [id]);
      return { record, added: known === undefined };
    });
  }

  private async insertFigures(query: Query, id: string, { snapshot }: NewRun): Promise<void> {
    for (const metric of metricsOf([snapshot], launchMetricNames(snapshot, KERNELS_KEPT))) {
      const value = metric.value(snapshot);
      if (value === null) continue;
      await query(
        'INSERT INTO profile_metrics (run_id, name, unit, value) VALUES ($1, $2, $3, $4)',
        [id, metric.name, metric.unit, value],
      );
    }
    const steps = stepsOf(snapshot) ?? 1;
    const kernels = [...snapshot.kernels].sort((a, b) => b.totalMs - a.totalMs);
    for (const [place, kernel] of kernels.slice(0, KERNELS_KEPT).entries()) {
      await query(
        'INSERT INTO profile_kernels (run_id, place, kernel_name, component, step_ms, step_calls) VALUES ($1, $2, $3, $4, $5, $6)',
        [
          id,
          place,
          kernel.name,
          kernel.component,
          kernel.launch?.ms ?? kernel.totalMs / steps,
          kernel.count / steps,
        ],
      );
    }
  }

  list(filter: RunFilter = {}): Promise<readonly RunRecord[]> {
    return this.read<readonly RunRecord[]>([], async (query) => {
      const records = await this.records(query);
      return records
        .filter(
          (run) =>
            (filter.model === undefined || run.model === filter.model) &&
            (filter.gpu === undefined || run.gpu === filter.gpu) &&
            (filter.measure === undefined || run.measure === filter.measure) &&
            (filter.branch === undefined || run.branch === filter.branch) &&
            (filter.since === undefined || timeOf(run) >= filter.since) &&
            (filter.baseline === undefined || run.baseline === filter.baseline),
        )
        .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0));
    });
  }

  /** All runs, or those. */
  private async records(query: Query, ids?: readonly string[]): Promise<RunRecord[]> {
    const some = ids === undefined ? '' : ` WHERE run_id IN (${places(ids)})`;
    const runs = await query(
      `SELECT ${RUN_COLUMNS} FROM profile_runs${some.replace('run_id', 'id')} ORDER BY added_at`,
      ids,
    );
    const metrics = new Map<string, Record<string, number>>();
    for (const row of await query(`SELECT run_id, name, value FROM profile_metrics${some}`, ids)) {
      const own = metrics.get(row.run_id as string) ?? {};
      own[row.name as string] = Number(row.value);
      metrics.set(row.run_id as string, own);
    }
    const kernels = new Map<string, KeptKernel[]>();
    for (const row of await query(
      `SELECT run_id, kernel_name, component, step_ms, step_calls FROM profile_kernels${some} ORDER BY run_id, place`,
      ids,
    )) {
      const own = kernels.get(row.run_id as string) ?? [];
      own.push({
        name: row.kernel_name as string,
        component: row.component as string | null,
        ms: Number(row.step_ms),
        calls: Number(row.step_calls),
      });
      kernels.set(row.run_id as string, own);
    }
    return runs.map((row) => ({
      id: row.id as string,
      addedAt: row.added_at as string,
      capturedAt: row.captured_at as string | null,
      model: row.model as string | null,
      gpu: row.gpu as string | null,
      measure: row.measure as Measure,
      commit: row.git_hash as string | null,
      branch: row.branch as string | null,
      label: row.label as string,
      note: row.note as string | null,
      baseline: Number(row.is_baseline) === 1,
      metrics: metrics.get(row.id as string) ?? {},
      kernels: kernels.get(row.id as string) ?? [],
    }));
  }

  documents(id: string): Promise<{ summary: unknown; client: unknown } | undefined> {
    return this.read<{ summary: unknown; client: unknown } | undefined>(
      undefined,
      async (query) => {
        const [row] = await query('SELECT summary, client FROM profile_runs WHERE id = $1', [id]);
        if (row === undefined) return undefined;
        return { summary: await open(row.summary), client: await open(row.client) };
      },
    );
  }

  setBaseline(id: string, baseline: boolean): Promise<boolean> {
    return this.write(async (query) => {
      const found = await query('SELECT id FROM profile_runs WHERE id = $1', [id]);
      await query('UPDATE profile_runs SET is_baseline = $1 WHERE id = $2', [baseline ? 1 : 0, id]);
      return found.length > 0;
    });
  }

  remove(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return Promise.resolve(0);
    return this.write(async (query) => {
      const found = await query(`SELECT id FROM profile_runs WHERE id IN (${places(ids)})`, ids);
      for (const table of ['profile_metrics', 'profile_kernels']) {
        await query(`DELETE FROM ${table} WHERE run_id IN (${places(ids)})`, ids);
      }
      await query(`DELETE FROM profile_runs WHERE id IN (${places(ids)})`, ids);
      return found.length;
    });
  }

  close(): Promise<void> {
    return this.database.close();
  }

  private write<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.database.write(async (query) => {
      await migrate(query, this.database);
      return work(query);
    });
  }

  /** A history that nobody has written to yet is an empty one, and is not made by reading it. */
  private async read<T>(empty: T, work: (query: Query) => Promise<T>): Promise<T> {
    const result = await this.database.read(async (query) => {
      const version = await versionOf(query);
      if (version > HISTORY_VERSION) throw tooNew(version, this.place);
      if (version === HISTORY_VERSION) return { value: await work(query) };
      return version === 0 ? { value: empty } : undefined;
    });
    return result === undefined ? this.write(work) : result.value;
  }
}

const places = (ids: readonly string[]): string => ids.map((_, i) => `$${i + 1}`).join(', ');

const tooNew = (version: number, place: string): HistoryFailure =>
  new HistoryFailure(
    `The history ${place} has version ${version}, and this version of ProfileMate reads up to ${HISTORY_VERSION}. Update ProfileMate.`,
  );

const VERSIONS = 'CREATE TABLE IF NOT EXISTS profile_history (version INTEGER NOT NULL)';

/** 0 where there are no tables. */
async function versionOf(query: Query): Promise<number> {
  try {
    const [row] = await query('SELECT max(version) AS version FROM profile_history');
    return Number(row?.version ?? 0);
  } catch (error) {
    if (/no such table|does not exist/.test((error as Error).message)) return 0;
    throw error;
  }
}

async function migrate(query: Query, { types, place }: SqlDatabase): Promise<void> {
  await query(VERSIONS);
  const version = await versionOf(query);
  if (version > HISTORY_VERSION) throw tooNew(version, place);
  for (let at = version; at < HISTORY_VERSION; at++) {
    await MIGRATIONS[at](query, types);
    await query('INSERT INTO profile_history (version) VALUES ($1)', [at + 1]);
  }
}
