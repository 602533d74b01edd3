/**
 * Is the generated run what it says it is? Checked with SQL on the file, which
 * shares no code with the generator's own truth and none with the analysis.
 */
import assert from 'node:assert/strict';
import initSqlJs from 'sql.js';
import { NSYS_VERSIONS, columnsOf, columnName } from '../../data/nsys-schema';
import { MemoryTables } from '../../data/sqlite';
import type { Truth } from '../../data/truth';
import { unionLength } from '../../data/truth';
import { vllm, type StepFormat, type VllmOptions } from '../../data/vllm';

type Cell = number | string | null;

describe('data/vllm: a generated vLLM run', () => {
  let SQL: Awaited<ReturnType<typeof initSqlJs>>;
  before(async () => {
    SQL = await initSqlJs();
  });

  function generate(options: Partial<VllmOptions> = {}) {
    const tables = new MemoryTables();
    const truth: Truth = vllm(tables, { steps: 30, layers: 3, ...options });
    const bytes = tables.bytes();
    const database = new SQL.Database(bytes);
    const all = (sql: string): Cell[][] => (database.exec(sql)[0]?.values ?? []) as Cell[][];
    const one = (sql: string): Cell => all(sql)[0][0];
    return { truth, bytes, all, one, has: (table: string) => tables.tables.has(table) };
  }

  const KERNEL = 'CUPTI_ACTIVITY_KIND_KERNEL';
  const RUNTIME = 'CUPTI_ACTIVITY_KIND_RUNTIME';

  it('writes the same bytes for the same seed, and others for another', () => {
    const first = generate().bytes;
    assert.ok(first.equals(generate().bytes));
    assert.ok(!first.equals(generate({ seed: 2 }).bytes));
  });

  it('counts its rows', () => {
    for (const graphs of ['node', 'graph', 'none'] as const) {
      const { truth, one, has } = generate({ graphs });
      assert.equal(one(`SELECT count(*) FROM ${KERNEL}`), truth.counts.kernels);
      assert.equal(one(`SELECT count(*) FROM ${RUNTIME}`), truth.counts.api);
      assert.equal(one('SELECT count(*) FROM CUPTI_ACTIVITY_KIND_MEMCPY'), truth.counts.memcpys);
      assert.equal(one('SELECT count(*) FROM CUPTI_ACTIVITY_KIND_MEMSET'), truth.counts.memsets);
      assert.equal(
        one('SELECT count(*) FROM NVTX_EVENTS WHERE eventType IN (34, 59, 60)'),
        truth.counts.ranges,
      );
      assert.equal(has('CUPTI_ACTIVITY_KIND_GRAPH_TRACE'), graphs === 'graph');
    }
  });

  it('knows time and number of each kernel', () => {
    const { truth, all } = generate();
    const rows = all(
      `SELECT value, count(*), sum(end - start), min(end - start), max(end - start),
              sum(CASE WHEN graphNodeId IS NULL THEN 0 ELSE end - start END)
       FROM ${KERNEL} JOIN StringIds ON id = demangledName GROUP BY value ORDER BY 3 DESC`,
    );
    assert.deepEqual(
      rows,
      truth.kernels.map((k) => [k.name, k.instances, k.total, k.min, k.max, k.inGraphs]),
    );
  });

  it('launches every kernel by one call of its own process, and a replay by one call', () => {
    const { all, one, truth } = generate();
    const pid = (id: string) => `(${id} >> 24)`;
    const matches = all(
      `SELECT k.rowid, count(r.rowid) AS n FROM ${KERNEL} k LEFT JOIN ${RUNTIME} r
         ON r.correlationId = k.correlationId AND ${pid('r.globalTid')} = ${pid('k.globalPid')}
       GROUP BY k.rowid HAVING n <> 1`,
    );
    assert.deepEqual(matches, []);
    // Were the process left out of it, calls of both ranks would match.
    const ambiguous = one(
      `SELECT count(*) FROM ${KERNEL} k JOIN ${RUNTIME} r ON r.correlationId = k.correlationId`,
    ) as number;
    assert.ok(ambiguous > truth.counts.kernels);
    const replays = all(
      `SELECT count(*) FROM ${KERNEL} k JOIN ${RUNTIME} r
         ON r.correlationId = k.correlationId AND ${pid('r.globalTid')} = ${pid('k.globalPid')}
         JOIN StringIds s ON s.id = r.nameId
       WHERE (s.value = 'cudaGraphLaunch_v10000') <> (k.graphNodeId IS NOT NULL)`,
    );
    assert.deepEqual(replays, [[0]]);
    assert.equal(
      one(`SELECT count(*) FROM (SELECT DISTINCT globalPid, correlationId FROM ${KERNEL}
           WHERE graphNodeId IS NOT NULL)`),
      truth.graphs.replays,
    );
    assert.equal(one(`SELECT count(*) FROM ${KERNEL} WHERE graphNodeId >> 32 <> graphId`), 0);
  });

  it('replays full graphs in decode steps, pieces in small prefills, and none above the largest', () => {
    const layers = 3;
    const { truth, all } = generate({ layers });
    const launches = new Map<string, number>();
    for (const [name, thread, n] of all(
      `SELECT n.text, n.start || ' ' || n.globalTid, count(r.rowid) FROM NVTX_EVENTS n
         LEFT JOIN ${RUNTIME} r ON r.globalTid = n.globalTid AND r.start >= n.start AND r.end <= n.end
           AND r.nameId = (SELECT id FROM StringIds WHERE value = 'cudaGraphLaunch_v10000')
       WHERE n.text LIKE 'execute_context_%' GROUP BY n.rowid`,
    ))
      launches.set(`${name} ${thread}`, n as number);
    assert.equal(launches.size, truth.steps.length);
    const seen = new Set<string>();
    for (const [key, count] of launches) {
      const [context, contextTokens, generation] = key.match(/\d+/g)!.map(Number);
      const tokens = contextTokens + generation;
      const expected = context === 0 ? 1 : tokens <= 512 ? layers + 1 : 0;
      assert.equal(count, expected, key);
      seen.add(`${context > 0} ${expected}`);
    }
    assert.deepEqual([...seen].sort(), ['false 1', `true ${layers + 1}`, 'true 0'].sort());
  });

  it('has every phase, and its busy time by a recount in SQL', () => {
    for (const options of [{}, { async: false }, { graphs: 'none' }] as const) {
      const { truth, all } = generate(options);
      for (const phase of ['prefill', 'decode', 'mixed'] as const)
        assert.ok(truth.phases[phase].steps > 0, phase);
      // The step of an activity: the last annotation on its thread that began before its call.
      const rows = all(
        `WITH activity AS (
           SELECT start, end, deviceId, correlationId, globalPid FROM ${KERNEL}
           UNION ALL SELECT start, end, deviceId, correlationId, globalPid FROM CUPTI_ACTIVITY_KIND_MEMCPY
           UNION ALL SELECT start, end, deviceId, correlationId, globalPid FROM CUPTI_ACTIVITY_KIND_MEMSET)
         SELECT a.start, a.end, a.deviceId, (SELECT n.text FROM NVTX_EVENTS n
             WHERE n.text LIKE 'execute_context_%' AND n.globalTid = r.globalTid AND n.start <= r.start
             ORDER BY n.start DESC LIMIT 1)
         FROM activity a JOIN ${RUNTIME} r ON r.correlationId = a.correlationId
           AND r.globalTid >> 24 = a.globalPid >> 24`,
      );
      const phaseOf = (name: Cell): string => {
        if (name === null) return 'unattributed';
        const [context, , generation] = String(name).match(/\d+/g)!.map(Number);
        return context === 0 ? 'decode' : generation === 0 ? 'prefill' : 'mixed';
      };
      for (const phase of ['prefill', 'decode', 'mixed', 'unattributed'] as const) {
        let busy = 0;
        for (const device of [0, 1])
          busy += unionLength(
            rows
              .filter((row) => row[2] === device && phaseOf(row[3]) === phase)
              .map((row) => [row[0] as number, row[1] as number]),
          );
        assert.equal(truth.phases[phase].busy, busy, phase);
      }
      assert.ok(truth.attributedBusy < truth.busy);
    }
  });

  it('lets the GPU work on a step while the CPU is in the next one', () => {
    const late = (truth: Truth): number =>
      truth.steps.filter((step) => {
        const next = truth.steps.find((s) => s.rank === step.rank && s.index === step.index + 1);
        return next !== undefined && step.end > next.rangeStart;
      }).length;
    assert.ok(late(generate({ async: true }).truth) > 20);
    assert.equal(late(generate({ async: false }).truth), 0);
  });

  it('launches sampling after the range, and charges it to the step', () => {
    const { truth } = generate();
    for (const step of truth.steps) assert.ok(step.end > step.rangeEnd);
    const sampled = truth.phases.decode.components.get('sampling')!;
    assert.equal(sampled.instances, 3 * 2 * truth.phases.decode.steps);
    const range = truth.ranges.find((r) => r.name === 'gpu_model_runner: sample')!;
    assert.equal(range.instances, truth.steps.length);
  });

  it('writes step names inline and scopes as registered strings of a named domain', () => {
    const { all } = generate();
    assert.deepEqual(
      all(`SELECT DISTINCT textId IS NULL, domainId FROM NVTX_EVENTS WHERE text LIKE 'execute_%'`),
      [[1, 0]],
    );
    assert.deepEqual(
      all(`SELECT DISTINCT n.text IS NULL, n.domainId FROM NVTX_EVENTS n
           JOIN StringIds s ON s.id = n.textId WHERE s.value LIKE 'gpu_model_runner:%'`),
      [[1, 1]],
    );
    assert.deepEqual(
      all(`SELECT DISTINCT COALESCE(n.text, s.value), n.end IS NULL FROM NVTX_EVENTS n
           LEFT JOIN StringIds s ON s.id = n.textId WHERE n.eventType = 75 ORDER BY 1`),
      [
        ['NCCL', 1],
        ['NVTX', 1],
      ],
    );
  });

  it('names steps in every format', () => {
    const formats: Record<Exclude<StepFormat, 'none'>, RegExp> = {
      vllm: /^execute_context_\d+\(\d+\)_generation_\d+\(\d+\)$/,
      'vllm-0.11': /^execute_new_\d+_cached_\d+$/,
      'vllm-detailed':
        /^execute_\d+_context_\d+\(sq\d+sk\d+sqsq\d+sqsk\d+\)_generation_\d+\(sq\d+sk\d+sqsq\d+sqsk\d+\)$/,
      fork: /^execute_model context_\d+\(\d+\) generation_\d+\(\d+\)$/,
      sglang: /^step\[(EXTEND|DECODE) bs=\d+ toks=\d+\]$/,
      plain: /^(prefill|decode)$/,
    };
    for (const [stepFormat, pattern] of Object.entries(formats)) {
      const { truth } = generate({ stepFormat: stepFormat as StepFormat });
      assert.equal(truth.steps.length, 60);
      for (const step of truth.steps) assert.match(step.name, pattern);
    }
    assert.equal(generate({ stepFormat: 'none' }).truth.steps.length, 0);
  });

  it('knows copies by direction and kind of memory', () => {
    const { truth, all } = generate();
    const rows = all(
      `SELECT copyKind, srcKind, dstKind, count(*), sum(bytes), sum(end - start)
       FROM CUPTI_ACTIVITY_KIND_MEMCPY GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    );
    const expected = truth.copies.map((c) => [
      c.copyKind,
      c.source,
      c.target,
      c.count,
      c.bytes,
      c.total,
    ]);
    assert.deepEqual(
      rows,
      expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]),
    );
    // Pageable and pinned, both ways.
    assert.deepEqual(
      rows.map((row) => row.slice(0, 3)),
      [
        [1, 0, 2],
        [1, 1, 2],
        [2, 2, 1],
      ],
    );
  });

  it('has the columns of each version', () => {
    for (const version of NSYS_VERSIONS) {
      const { all, has } = generate({ version });
      const written = all(`PRAGMA table_info(${KERNEL})`).map((row) => row[1]);
      assert.deepEqual(written, columnsOf(version, KERNEL)!.map(columnName));
      assert.equal(written.length, { '2020': 25, '2022': 27, '2024.6': 28, '2026': 40 }[version]);
      assert.equal(has('META_DATA_EXPORT'), version === '2024.6' || version === '2026');
      assert.equal(has('EXPORT_META_DATA'), version === '2022');
    }
  });

  it('can give ids that no double holds', () => {
    const { one } = generate({ hardwareId: 200, vmId: 77 });
    assert.equal(one(`SELECT count(*) FROM ${RUNTIME} WHERE globalTid > -9007199254740992`), 0);
  });

  it('gives each data-parallel engine its own ranks, devices and requests', () => {
    const { truth, one } = generate({ engines: 2 });
    assert.equal(truth.devices.length, 4);
    assert.equal(one(`SELECT count(DISTINCT globalPid) FROM ${KERNEL}`), 4);
    const names = (engine: number) =>
      truth.steps.filter((s) => s.engine === engine && s.rank === 0).map((s) => s.name);
    assert.notDeepEqual(names(0), names(1));
  });

  it('carries secrets where real captures carry them', () => {
    const { truth, one } = generate();
    assert.equal(truth.secrets.length, 2);
    for (const secret of truth.secrets) {
      assert.equal(
        one(`SELECT count(*) FROM TARGET_INFO_SYSTEM_ENV WHERE value LIKE '%${secret}%'`),
        1,
      );
      assert.equal(one(`SELECT count(*) FROM META_DATA_CAPTURE WHERE value LIKE '%${secret}%'`), 1);
    }
  });
});
