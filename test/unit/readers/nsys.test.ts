import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import initSqlJs from 'sql.js';
import { linkLaunches } from '../../../src/analysis/launches';
import { CopyKind, MemoryKind, RangeKind, type Profile } from '../../../src/profile/model';
import { readNsys, type ReadStage } from '../../../src/readers/nsys';
import { ReadFailure } from '../../../src/readers/failure';
import { fileFailure } from '../../../src/readers/sqlite/header';
import { Random } from '../../data/random';
import { realProfiles } from '../real';

const STRINGS = `CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO StringIds VALUES (0, ''), (1, 'void flash<(int)4>(float*)'), (2, 'flash'), (3, 'cudaLaunchKernel_v7000'), (4, 'forward');`;
const KERNELS = `CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, deviceId INTEGER, contextId INTEGER,
 streamId INTEGER, correlationId INTEGER, globalPid INTEGER, demangledName INTEGER, shortName INTEGER,
 registersPerThread INTEGER, gridX INTEGER, gridY INTEGER, gridZ INTEGER, blockX INTEGER, blockY INTEGER, blockZ INTEGER,
 staticSharedMemory INTEGER, dynamicSharedMemory INTEGER, graphNodeId INTEGER);`;
const RUNTIME = `CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER);`;
const NVTX = `CREATE TABLE NVTX_EVENTS (start INTEGER, end INTEGER, eventType INTEGER, text TEXT, globalTid INTEGER,
 endGlobalTid INTEGER, textId INTEGER, domainId INTEGER);`;

/** VM 1, process 77: and with a hardware id that makes it negative and far beyond 2^53. */
const GLOBAL_PID = (1n << 48n) | (77n << 24n);
const HUGE_PID = BigInt.asIntN(64, (0x81n << 56n) | (77n << 24n));

const kernel = (
  start: number | string,
  end: number | string,
  pid: bigint = GLOBAL_PID,
  graphNode: number | bigint | string = 'NULL',
): string =>
  `INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (${start}, ${end}, 0, 1, 7, 100, ${pid}, 1, 2, 64, 8, 4, 1, 128, 1, 1, 0, 4096, ${graphNode});`;

describe('nsys exports', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'profilemate-nsys-'))));
  after(() => rmSync(folder, { recursive: true }));

  const at = (name: string): string => join(folder, name);

  async function make(...sql: string[]): Promise<string> {
    const SQL = await initSqlJs();
    const db = new SQL.Database();
    for (const part of sql) db.run(part);
    const path = at(`${randomBytes(6).toString('hex')}.sqlite`);
    writeFileSync(path, db.export());
    db.close();
    return path;
  }

  const read = async (...sql: string[]): Promise<Profile> => readNsys(await make(...sql));

  async function refusal(path: string): Promise<ReadFailure> {
    try {
      await readNsys(path);
    } catch (error) {
      assert.ok(error instanceof ReadFailure, String(error));
      assert.ok(error.message.includes(path), 'the sentence names the file');
      assert.match(error.message, /[.)]$/);
      return error;
    }
    return assert.fail('was read');
  }

  it('keep what a kernel row says', async () => {
    const { kernels, shapes, streams, processes, strings } = await read(
      STRINGS,
      KERNELS,
      kernel(1000, 1500),
      kernel(1600, 1700),
    );
    assert.equal(kernels.length, 2);
    assert.deepEqual([...kernels.start], [1000, 1600]);
    assert.deepEqual([...kernels.end], [1500, 1700]);
    assert.equal(shapes.length, 1);
    const [shape] = shapes;
    assert.equal(strings.get(shape.name), 'void flash<(int)4>(float*)');
    assert.equal(strings.get(shape.shortName), 'flash');
    assert.deepEqual(
      [shape.gridX, shape.gridY, shape.blockX, shape.registers, shape.dynamicSharedMemory],
      [8, 4, 128, 64, 4096],
    );
    assert.equal(streams[kernels.stream[0]].id, 7);
    assert.equal(processes[streams[0].process].pid, 77);
    assert.equal(kernels.graphNode, undefined);
  });

  it('tell processes apart by ids that no double holds', async () => {
    const other = HUGE_PID + (1n << 24n);
    const { processes, threads, kernels, api, streams } = await read(
      STRINGS,
      KERNELS,
      RUNTIME,
      kernel(1, 2, HUGE_PID),
      kernel(3, 4, other),
      `INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (0, 1, ${HUGE_PID + 5n}, 100, 3), (2, 3, ${other + 6n}, 100, 3);`,
    );
    assert.deepEqual(
      processes.map((process) => process.pid),
      [77, 78],
    );
    assert.deepEqual(
      threads.map((thread) => [processes[thread.process].pid, thread.tid]),
      [
        [77, 5],
        [78, 6],
      ],
    );
    const owner = (row: number) => streams[kernels.stream[row]].process;
    assert.equal(owner(0), threads[api.thread[0]].process);
    assert.equal(owner(1), threads[api.thread[1]].process);
  });

  describe('of processes that call a GPU by the same number', () => {
    const other = GLOBAL_PID + (1n << 24n);
    const both = [STRINGS, KERNELS, kernel(1, 2), kernel(1, 2, other)];
    const gpus = (count: number): string =>
      `CREATE TABLE TARGET_INFO_GPU (id INTEGER, name TEXT);
       INSERT INTO TARGET_INFO_GPU VALUES ${Array.from({ length: count }, (_, i) => `(${i}, 'H100')`).join()};`;

    it('say that it may be another one', async () => {
      for (const profile of [await read(...both), await read(...both, gpus(2))]) {
        assert.match(profile.diagnostics[0].text, /they call device 0, .* shown as one/);
        assert.equal(profile.streams[0].device, profile.streams[1].device);
      }
    });

    it('tell them apart, or know that they are one, where the capture says so', async () => {
      assert.deepEqual((await read(...both, gpus(1))).diagnostics, []);
      const mapped = await read(
        ...both,
        gpus(2),
        `CREATE TABLE TARGET_INFO_CUDA_DEVICE (gpuId INTEGER, cudaId INTEGER, pid INTEGER);
         INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (0, 0, 77), (1, 0, 78);`,
      );
      assert.deepEqual(mapped.diagnostics, []);
      assert.deepEqual(
        mapped.streams.map((stream) => stream.device),
        [0, 1],
      );
    });
  });

  it('number CUDA graphs by the upper half of the node', async () => {
    const { kernels } = await read(
      STRINGS,
      KERNELS,
      kernel(1, 2),
      kernel(3, 4, GLOBAL_PID, (9n << 32n) | 5n),
      kernel(5, 6),
    );
    assert.deepEqual([...kernels.graphId!], [0, 9, 0]);
    assert.deepEqual([...kernels.graphNode!], [0, 9 * 2 ** 32 + 5, 0]);
  });

  it('read names from either column, domains, marks and open ranges', async () => {
    const tid = GLOBAL_PID + 3n;
    const { ranges, strings, domains, threads } = await read(
      STRINGS,
      NVTX,
      `INSERT INTO NVTX_EVENTS VALUES
        (0, NULL, 75, 'NCCL', ${tid}, NULL, NULL, 2),
        (10, 20, 59, 'execute_context_1(5)_generation_0(0)', ${tid}, NULL, NULL, 0),
        (11, 19, 59, NULL, ${tid}, NULL, 4, 2),
        (12, NULL, 34, 'here', ${tid}, NULL, NULL, 0),
        (13, NULL, 60, 'open', ${tid}, NULL, NULL, 0),
        (14, 30, 60, 'handed on', ${tid}, ${tid + 1n}, NULL, 0),
        (0, NULL, 39, 'worker', ${tid}, NULL, NULL, 0);`,
    );
    assert.deepEqual(
      [...ranges.name].map((id) => strings.get(id)),
      ['execute_context_1(5)_generation_0(0)', 'forward', 'here', 'open', 'handed on'],
    );
    assert.deepEqual([...ranges.end], [20, 19, 12, NaN, 30]);
    assert.equal(ranges.kind[2], RangeKind.Mark);
    assert.equal(domains[ranges.domain[1]].name, 'NCCL');
    assert.equal(domains[ranges.domain[0]].name, '');
    assert.equal(threads[ranges.thread[0]].name, 'worker');
    assert.notEqual(ranges.endThread[4], ranges.thread[4]);
  });

  it('leave out rows without a time, straighten those that end before they start, and say so', async () => {
    const profile = await read(
      STRINGS,
      KERNELS,
      kernel(1000, 1500),
      kernel('NULL', 5),
      kernel("'soon'", 5),
      kernel(2000, 1000),
      kernel('9223372036854775807', '9223372036854775807'),
    );
    assert.deepEqual([...profile.kernels.start], [1000, 2000]);
    assert.deepEqual([...profile.kernels.end], [1500, 2000]);
    assert.deepEqual(
      profile.diagnostics.map((diagnostic) => diagnostic.text),
      [
        '3 kernels without a valid time: left out.',
        '1 kernels that end before they start: counted with no length.',
      ],
    );
  });

  describe('whose times are counted from elsewhere', () => {
    const UTC = 1_795_780_107_693_423_329n;
    const rows = (from: bigint): string[] => [
      STRINGS,
      KERNELS,
      RUNTIME,
      NVTX,
      kernel(`${from + 1001n}`, `${from + 1502n}`),
      `INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (${from + 7n}, ${from + 9n}, ${GLOBAL_PID + 3n}, 100, 3);`,
      `INSERT INTO NVTX_EVENTS VALUES (${from - 5n}, ${from + 10n}, 59, 'a', ${GLOBAL_PID + 3n}, NULL, NULL, 0),
        (${from + 11n}, NULL, 59, 'open', ${GLOBAL_PID + 3n}, NULL, NULL, 0);`,
    ];
    const start = `CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER); INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (${UTC});`;
    const shifted = `CREATE TABLE META_DATA_EXPORT (name TEXT, value TEXT); INSERT INTO META_DATA_EXPORT VALUES ('EXPORT_CONFIG_TIME_SHIFT', '${-UTC}');`;
    const times = ({ kernels, api, ranges }: Profile) =>
      [kernels, api, ranges].map(({ start, end }) => [[...start], [...end]]);

    it('have them from the start of the session, to the nanosecond', async () => {
      const expected = times(await read(...rows(0n), start));
      for (const moved of [
        await read(...rows(UTC), start),
        await read(...rows(-UTC), shifted),
        await read(...rows(UTC), start, shifted),
      ]) {
        assert.deepEqual(times(moved), expected);
        assert.deepEqual(moved.diagnostics, []);
      }
    });

    it('keep a shift that was asked for', async () => {
      const { kernels } = await read(...rows(UTC + 2_000_000_000n), start);
      assert.equal(kernels.start[0], 2_000_001_001);
    });

    it('are left out where nothing says from where', async () => {
      const { kernels, diagnostics } = await read(...rows(UTC));
      assert.equal(kernels.length, 0);
      assert.match(diagnostics[0].text, /without a valid time/);
    });
  });

  it('number GPUs that nothing describes by what CUDA calls them', async () => {
    const on = (device: number): string => kernel(1, 2).replace('(1, 2, 0, ', `(1, 2, ${device}, `);
    const { devices, streams, kernels } = await read(STRINGS, KERNELS, on(3), on(0), on(1));
    assert.deepEqual(
      devices.map(({ id }) => id),
      [0, 1, 3],
    );
    assert.deepEqual(
      [...kernels.stream].map((stream) => streams[stream].device),
      [2, 0, 1],
    );
  });

  it('leave a name that was not recorded empty, where string 0 is a name', async () => {
    const { kernels, shapes, api, ranges, strings } = await read(
      STRINGS.replace("(0, '')", "(0, 'zero')"),
      KERNELS,
      RUNTIME,
      NVTX,
      kernel(1, 2).replace(', 1, 2, 64', ', NULL, NULL, 64'),
      kernel(3, 4).replace(', 1, 2, 64', ', 0, 0, 64'),
      `INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (0, 1, ${GLOBAL_PID}, 100, NULL), (2, 3, ${GLOBAL_PID}, 101, 0);`,
      `INSERT INTO NVTX_EVENTS VALUES (1, 2, 59, NULL, ${GLOBAL_PID}, NULL, NULL, 0),
        (3, 4, 59, NULL, ${GLOBAL_PID}, NULL, 0, 0);`,
    );
    const named = (ids: Iterable<number>) => [...ids].map((id) => strings.get(id));
    assert.deepEqual(named([...kernels.shape].map((row) => shapes[row].name)), ['', 'zero']);
    assert.deepEqual(named([...kernels.shape].map((row) => shapes[row].shortName)), ['', 'zero']);
    assert.deepEqual(named(api.name), ['', 'zero']);
    assert.deepEqual(named(ranges.name), ['', 'zero']);
  });

  describe('whose activities do not say of which process they are', () => {
    const calls = (...pids: bigint[]): string =>
      `INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES ${pids.map((pid) => `(0, 1, ${pid + 3n}, 100, 3)`).join()};`;
    const nameless = [
      STRINGS,
      KERNELS,
      RUNTIME,
      kernel(1, 2).replace(`${GLOBAL_PID}`, 'NULL'),
      kernel(5, 6).replace(`${GLOBAL_PID}`, 'NULL'),
    ];

    it('are of the only one that calls CUDA', async () => {
      const profile = await read(...nameless, calls(GLOBAL_PID, GLOBAL_PID));
      assert.deepEqual([...linkLaunches(profile).kernels], [0, 0]);
      assert.deepEqual(profile.diagnostics, []);
    });

    it('are of none of several', async () => {
      const profile = await read(...nameless, calls(GLOBAL_PID, GLOBAL_PID + (1n << 24n)));
      assert.deepEqual([...linkLaunches(profile).kernels], [-1, -1]);
      assert.match(profile.diagnostics[0].text, /^2 kernels that do not say which of several/);
    });
  });

  it('leave out ranges that end at no time; one without an end is open', async () => {
    const profile = await read(
      STRINGS,
      NVTX,
      `INSERT INTO NVTX_EVENTS VALUES (1, 9e999, 59, 'a', ${GLOBAL_PID}, NULL, NULL, 0),
        (2, 'late', 59, 'b', ${GLOBAL_PID}, NULL, NULL, 0), (3, NULL, 59, 'c', ${GLOBAL_PID}, NULL, NULL, 0);`,
    );
    assert.deepEqual([...profile.ranges.start], [3]);
    assert.deepEqual([...profile.ranges.end], [NaN]);
    assert.deepEqual(
      profile.diagnostics.map(({ text }) => text),
      ['2 ranges without a valid time: left out.'],
    );
  });

  it('do without any column that is not there', async () => {
    const profile = await read(
      'CREATE TABLE StringIds (id INTEGER, value TEXT);',
      'CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER);',
      'INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 5);',
      'CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER, end INTEGER, bytes INTEGER, copyKind INTEGER);',
      'INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (6, 9, 64, 1);',
      'CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (start INTEGER, end INTEGER);',
      'CREATE TABLE NVTX_EVENTS (start INTEGER);',
    );
    assert.equal(profile.kernels.length, 1);
    assert.equal(profile.shapes[0].registers, undefined);
    assert.equal(profile.memcpys.kind[0], CopyKind.HostToDevice);
    assert.equal(profile.memcpys.source[0], MemoryKind.Unknown);
    assert.equal(profile.has.memsets, true);
    assert.equal(profile.has.api, false);
  });

  it('are read whatever a copy made of their numbers', async () => {
    // pandas makes doubles of columns with a NULL in them, CSV files make texts of all.
    const tid = GLOBAL_PID + 3n;
    const rows = [
      kernel(1000, 1500),
      `INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (7, 9, ${tid}, 100, 3);`,
      `INSERT INTO NVTX_EVENTS VALUES (5, 10, 59, 'a', ${tid}, NULL, NULL, 0), (6, 9, 59, NULL, ${tid}, NULL, 4, 0);`,
    ];
    const whole = async (retype: (sql: string) => string) => {
      const tables = [STRINGS.replace(' NOT NULL PRIMARY KEY', ''), KERNELS, RUNTIME, NVTX];
      const { kernels, shapes, api, ranges, threads, processes, strings } = await read(
        ...tables.map(retype),
        ...rows,
      );
      return {
        ...{ kernels, shapes, api, ranges, threads, processes },
        names: [...ranges.name, shapes[0].name, ...api.name].map((id) => strings.get(id)),
      };
    };
    const expected = await whole((sql) => sql);
    assert.equal(expected.threads[0].tid, 3);
    for (const type of ['REAL', 'TEXT']) {
      assert.deepEqual(await whole((sql) => sql.replaceAll(/INTEGER/g, type)), expected, type);
    }
  });

  it('are read where a table is kept by its key', async () => {
    const { kernels } = await read(
      STRINGS,
      KERNELS.replace(
        'graphNodeId INTEGER)',
        'graphNodeId INTEGER, PRIMARY KEY (start)) WITHOUT ROWID',
      ),
      kernel(1600, 1700),
      kernel(1000, 1500),
    );
    assert.deepEqual([...kernels.end], [1500, 1700]);
  });

  it('do not run what a file has instead of tables', async () => {
    const profile = await read(
      STRINGS,
      'CREATE TABLE NVTX_EVENTS (start INTEGER);',
      `CREATE VIEW CUPTI_ACTIVITY_KIND_KERNEL AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS start, i AS end FROM n;`,
    );
    assert.equal(profile.has.kernels, false);
    assert.equal(profile.kernels.length, 0);
  });

  it('show no environment variable', async () => {
    const profile = await read(
      STRINGS,
      'CREATE TABLE NVTX_EVENTS (start INTEGER);',
      `CREATE TABLE META_DATA_CAPTURE (name TEXT, value TEXT);
       INSERT INTO META_DATA_CAPTURE VALUES ('PROCESS_0:COMMAND', 'vllm'), ('PROCESS_0:ARGUMENT_0', 'serve'),
       ('PROCESS_0:ENVIRONMENT_VARIABLE', 'HF_TOKEN=hf_secret');
       CREATE TABLE TARGET_INFO_SYSTEM_ENV (name TEXT, value TEXT);
       INSERT INTO TARGET_INFO_SYSTEM_ENV VALUES ('DeviceEnvironment', 'HF_TOKEN=hf_secret'), ('Hostname', 'gpu-7');`,
    );
    assert.deepEqual(profile.capture.command, ['vllm', 'serve']);
    assert.equal(profile.capture.host, 'gpu-7');
    assert.ok(!JSON.stringify(profile).includes('hf_secret'));
  });

  it('arrive in stages, the kernels first', async () => {
    const path = await make(STRINGS, KERNELS, RUNTIME, kernel(1, 2));
    const stages: [ReadStage, number][] = [];
    await readNsys(path, { onStage: (stage, p) => stages.push([stage, p.kernels.length]) });
    assert.deepEqual(stages, [
      ['facts', 0],
      ['kernels', 1],
      ['complete', 1],
    ]);
  });

  it('can be cancelled', async () => {
    const path = await make(STRINGS, KERNELS, kernel(1, 2));
    await assert.rejects(
      readNsys(path, { signal: AbortSignal.abort() }),
      (error: ReadFailure) => error.code === 'cancelled',
    );
  });

  describe('are refused with one sentence', () => {
    it('where there is none, or a folder', async () => {
      assert.equal((await refusal(at('nowhere.sqlite'))).code, 'not-found');
      assert.equal((await refusal(folder)).code, 'unreadable');
    });

    it('where the file is empty, text, a report, or noise', async () => {
      const write = (name: string, content: string | Buffer): string => {
        writeFileSync(at(name), content);
        return at(name);
      };
      assert.equal((await refusal(write('empty.sqlite', ''))).code, 'empty');
      assert.equal((await refusal(write('text.sqlite', 'ID,Name\n1,a\n'))).code, 'not-sqlite');
      assert.match((await refusal(write('x.nsys-rep', 'QDREP...'))).message, /nsys export/);
      assert.match(
        (await refusal(write('x.json.zst', Buffer.from('28b52ffd00', 'hex')))).message,
        /compressed by zstd: unpack it/,
      );
      assert.match(
        (await refusal(write('x.json', Buffer.from('\ufeff{"traceEvents": []}', 'utf16le'))))
          .message,
        /a text in UTF-16/,
      );
      const random = new Random(1);
      const noise = Buffer.from(Array.from({ length: 8192 }, () => random.int(0, 255)));
      assert.equal((await refusal(write('noise.db', noise))).code, 'encrypted');
    });

    it('where it is cut off', async () => {
      const path = await make(STRINGS, KERNELS, kernel(1, 2));
      truncateSync(path, statSync(path).size - 4096);
      assert.equal((await refusal(path)).code, 'truncated');
      truncateSync(path, 60);
      assert.equal((await refusal(path)).code, 'truncated');
    });

    it('where it is damaged', async () => {
      const path = await make(STRINGS, KERNELS, kernel(1, 2));
      const bytes = readFileSync(path);
      bytes.fill(0x5a, 4096);
      writeFileSync(path, bytes);
      assert.equal((await refusal(path)).code, 'truncated');
    });

    it('where it is still being written', async () => {
      const path = await make(STRINGS, KERNELS);
      writeFileSync(`${path}-wal`, 'x');
      assert.equal((await refusal(path)).code, 'busy');
      rmSync(`${path}-wal`);
      writeFileSync(`${path}-journal`, 'x');
      assert.equal((await refusal(path)).code, 'busy');
    });

    it('where another program has locked it, or this user may not read it', () => {
      // As Windows says it: a lock keeps nobody on Linux from reading.
      const refused = (code: string) =>
        fileFailure('x.sqlite', Object.assign(new Error(code), { code }));
      assert.equal(refused('EBUSY').code, 'busy');
      assert.match(refused('EBUSY').message, /^x\.sqlite is locked by another program: close /);
      assert.equal(refused('EACCES').code, 'unreadable');
      assert.match(refused('EACCES').message, /^x\.sqlite may not be read by this user: change /);
    });

    it("where it is another program's database", async () => {
      const failure = await refusal(await make('CREATE TABLE places (url TEXT);'));
      assert.equal(failure.code, 'not-a-profile');
      assert.match(failure.message, /nsys export --type sqlite/);
    });
  });

  it('are read where a write-ahead log was used and folded in', async () => {
    const path = await make(STRINGS, KERNELS, kernel(1, 2));
    const bytes = readFileSync(path);
    bytes.set([2, 2], 18); // "Database File Format", 1.3.3: written and read by way of a WAL
    writeFileSync(path, bytes);
    assert.equal((await readNsys(path)).kernels.length, 1);
  });

  it('are read whatever their encoding of text', async () => {
    const profile = await read("PRAGMA encoding = 'UTF-16be';", STRINGS, KERNELS, kernel(1, 2));
    assert.equal(profile.strings.get(profile.shapes[0].name), 'void flash<(int)4>(float*)');
  });

  it('are read from a disk that cannot be written to', async function () {
    if (process.platform !== 'linux') return this.skip();
    const path = await make(STRINGS, KERNELS, kernel(1, 2));
    const inner = mkdtempSync(join(folder, 'read-only-'));
    const copy = join(inner, 'profile.sqlite');
    copyFileSync(path, copy);
    chmodSync(copy, 0o444);
    chmodSync(inner, 0o555);
    try {
      assert.equal((await readNsys(copy)).kernels.length, 1);
    } finally {
      chmodSync(inner, 0o755);
    }
  });

  it('count in every real file what python3 counts', async function () {
    const files = realProfiles('nsys', '.sqlite', 'counts of rows').filter(
      (file) => !file.includes('dlprof'),
    );
    if (files.length === 0) return this.skip();
    const script = `
import sqlite3, sys, json
out = {}
for path in sys.argv[1:]:
    db = sqlite3.connect('file:%s?mode=ro' % path, uri=True)
    def sums(table, what):
        try: return db.execute('SELECT count(*), %s FROM %s' % (what, table)).fetchone()
        except sqlite3.OperationalError: return [0, None]
    out[path] = [sums('CUPTI_ACTIVITY_KIND_KERNEL', 'sum(end - start)'), sums('CUPTI_ACTIVITY_KIND_RUNTIME', 'sum(end - start)'),
                 sums('CUPTI_ACTIVITY_KIND_MEMCPY', 'sum(bytes)'), sums('CUPTI_ACTIVITY_KIND_MEMSET', 'sum(bytes)'),
                 sums('NVTX_EVENTS WHERE eventType IN (34, 59, 60, 70, 71)', 'sum(end - start)')]
print(json.dumps(out))`;
    const python = spawnSync('python3', ['-c', script, ...files], { encoding: 'utf8' });
    if (python.error) {
      console.error('NOT TESTED: no python3 here to count rows with.');
      return this.skip();
    }
    assert.equal(python.status, 0, python.stderr);
    const counted = JSON.parse(python.stdout) as Record<string, [number, number | null][]>;
    const length = (t: { length: number; start: Float64Array; end: Float64Array }) => {
      let sum = 0;
      for (let i = 0; i < t.length; i++) sum += Number.isNaN(t.end[i]) ? 0 : t.end[i] - t.start[i];
      return [t.length, sum];
    };
    const bytes = (t: { length: number; bytes: Float64Array }) => [
      t.length,
      t.bytes.reduce((sum, b) => sum + b, 0),
    ];
    for (const file of files) {
      const p = await readNsys(file);
      assert.deepEqual(
        [length(p.kernels), length(p.api), bytes(p.memcpys), bytes(p.memsets), length(p.ranges)],
        counted[file].map(([count, sum]) => [count, sum ?? 0]),
        file,
      );
    }
  });
});
