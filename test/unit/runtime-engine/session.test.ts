import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings, ToSession } from '../../../src/engine/messages';
import { RuntimeSession } from '../../../src/engine/runtime/session';
import type { FromWorker } from '../../../src/protocol/messages';
import type { OpenStatus, Params, RequestName, Result } from '../../../src/protocol/requests';
import { eventually } from '../../harness/patience';
import { expertsSession, Folder, originalSession } from '../session/folders';

/** A session of a real folder, asked as the host asks. */
class Asked {
  readonly sent: FromWorker[] = [];
  private readonly session: RuntimeSession;
  private next = 1;

  constructor(place: string) {
    this.session = new RuntimeSession(
      { path: place, rules: [] },
      (message) => void this.sent.push(message),
      { look: 10, growing: 300 },
    );
    void this.session.run();
  }

  async ask<K extends RequestName>(name: K, params: Params<K>): Promise<Result<K>> {
    const id = this.next++;
    this.session.receive({ kind: 'call', id, name, params } as ToSession);
    for (;;) {
      const answer = this.sent.find((message) => message.kind === 'answer' && message.id === id);
      if (answer?.kind === 'answer') {
        if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
        // As it arrives in a webview: typed arrays are handed over, the rest is JSON.
        return JSON.parse(
          JSON.stringify(answer.result, (_, value: unknown) =>
            ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
          ),
        ) as Result<K>;
      }
      await sleep(5);
    }
  }

  configure(settings: Settings): void {
    this.session.receive({ kind: 'configure', ...settings });
  }

  get stages(): readonly OpenStatus[] {
    return this.sent.flatMap((message) => (message.kind === 'stage' ? [message.status] : []));
  }

  async until(what: string, holds: (status: OpenStatus) => boolean): Promise<OpenStatus> {
    return eventually(() => {
      const last = this.stages.at(-1);
      assert.ok(last && holds(last), `it never came about that ${what}`);
      return last;
    });
  }

  dispose(): void {
    this.session.dispose();
  }
}

const LIFECYCLE =
  'request_id,queued_sec,started_sec,preempted_sec,resumed_sec,finished_sec,total_time_sec,preemption_delay_sec,preemptions,finish_reason\n';

describe('a session of the runtime layer in the engine', () => {
  let folder: Folder;
  let asked: Asked | undefined;
  beforeEach(() => (folder = new Folder()));
  afterEach(() => {
    asked?.dispose();
    asked = undefined;
    folder.remove();
  });

  function ours(processes: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
    folder.json('metadata.json', {
      schema: 'profilemate-session',
      schema_version: 1,
      start_wall_ns: 1e18,
      settings: { trackers: { kv_cache: true, cuda_graphs: true, moe: false } },
    });
    for (const [name, files] of Object.entries(processes)) {
      folder.json(`${name}/metadata.json`, {
        schema: 'profilemate-process',
        pid: Number(name.slice(1, name.indexOf('-'))),
        state: 'running',
        limits: [{ tracker: 'cuda_graphs', statement: 'Sizes alone.' }],
      });
      for (const [file, text] of Object.entries(files)) folder.write(`${name}/${file}`, text);
    }
  }

  it('tells what it read of the original tool’s folder', async () => {
    originalSession(folder);
    asked = new Asked(path.join(folder.path, 'kv_cache_usage.csv'));
    const overview = await asked.ask('sessionOverview', { scope: {}, bins: 10 });
    const [status] = asked.stages;
    assert.equal(status.format, 'session');
    assert.equal(status.session?.layout, 'original');
    assert.equal(status.session.state, 'ended');
    assert.equal(status.session.rows, 3 + 2 + 3 + 3 + 3 + 2 + 2);
    assert.equal(overview.graphs?.captured, 3);
    assert.equal(overview.kv?.peak.toFixed(4), '0.5812');
    const states = Object.fromEntries(overview.recorded.map(({ view, state }) => [view, state]));
    assert.equal(states['kv-cache'], 'recorded');
    assert.equal(states['cpu'], 'missing');
    assert.ok(
      asked.sent.some(({ kind }) => kind === 'progress'),
      'reading is told',
    );
  });

  it('says what could not be recorded, and why', async () => {
    ours({ 'p7-000001': { 'kv_cache_usage.csv': 'timestamp_sec,usage_pct\n1,50\n' } });
    asked = new Asked(folder.path);
    const { recorded } = await asked.ask('sessionOverview', { scope: {}, bins: 10 });
    const of = (view: string) => recorded.find((one) => one.view === view);
    assert.equal(of('experts')?.state, 'off');
    assert.equal(of('experts')?.variable, 'PROFILEMATE_MOE');
    assert.equal(of('graphs')?.state, 'nothing');
    assert.deepEqual(of('graphs')?.limits, [{ statement: 'Sizes alone.', processes: [0] }]);
  });

  it('leaves out what is not known, and shows no zero for it', async () => {
    originalSession(folder);
    asked = new Asked(folder.path);
    const { layers } = await asked.ask('sessionExperts', { scope: {}, bins: 4 });
    // Expert 2 had nothing: the ratio is to nothing, and no number.
    assert.deepEqual([layers[0].coverage, 'ratio' in layers[0]], [0.75, false]);
    const { evictions } = await asked.ask('sessionKvCache', { scope: {}, bins: 4 });
    assert.deepEqual([evictions.count, 'shortLived' in evictions], [0, false]);
    assert.doesNotMatch(JSON.stringify(layers), /null/);
  });

  it('tells mean weights of experts, and none where none is known', async () => {
    const truth = expertsSession(folder, { layers: 10, experts: 8 });
    asked = new Asked(folder.path);
    const { layers } = await asked.ask('sessionExperts', { scope: {}, bins: 4 });
    assert.equal(truth.counts[9][1], 0);
    assert.equal(layers[9].weights!.means[1], null, 'a typed array holds NaN; it is no zero');
    const { text } = await asked.ask('sessionTable', {
      table: 'sessionExpertLayers',
      format: 'csv',
      scope: {},
      filter: '',
    });
    const [head, first] = text.split('\n');
    assert.match(head, /,Mean Weight,Heaviest Expert,Its Mean Weight$/);
    assert.equal(Number(first.split(',').at(-3)), layers[0].weights!.mean);
  });

  it('finds what the log of the run told, once the host knows the run', async () => {
    ours({ 'p7-000001': { 'kv_cache_usage.csv': 'timestamp_sec,usage_pct\n1,50\n' } });
    asked = new Asked(folder.path);
    const found = async () => {
      const { findings } = await asked!.ask('sessionOverview', { scope: {}, bins: 4 });
      return findings.filter(({ id }) => id === 'expert-imbalance').map(({ measured }) => measured);
    };
    assert.deepEqual(await found(), []);
    const sample = { at_utc_ms: 0, avg_tokens: 48, max_tokens: 96 };
    const samples = new Array<typeof sample>(20).fill(sample);
    asked.configure({
      rules: [],
      balance: {
        schema_version: 1,
        across: 'gpus',
        models: [{ balancedness: 0.5, p50: 0.5, min: 0.5, samples }],
      },
    });
    assert.match((await found())[0], /^balancedness 0\.500/);
    asked.configure({ rules: [] });
    assert.deepEqual(await found(), []);
  });

  it('narrows all figures to a process, and to a window', async () => {
    const rows = (usage: number) =>
      `timestamp_sec,usage_pct\n${[0, 1, 2, 3].map((at) => `${at},${usage + at}\n`).join('')}`;
    ours({
      'p7-000001': { 'kv_cache_usage.csv': rows(10) },
      'p8-000002': { 'kv_cache_usage.csv': rows(60) },
    });
    asked = new Asked(folder.path);
    const uses = async (scope: Params<'sessionKvCache'>['scope']) =>
      (await asked!.ask('sessionKvCache', { scope, bins: 4 })).uses.map(({ process, peak }) => [
        process,
        peak,
      ]);
    assert.deepEqual(await uses({}), [
      [0, 0.13],
      [1, 0.63],
    ]);
    assert.deepEqual(await uses({ process: 1 }), [[1, 0.63]]);
    assert.deepEqual(await uses({ process: 1, window: [0, 1.5e9] }), [[1, 0.61]]);
    const beyond = await asked.ask('sessionOverview', {
      scope: { window: [8e9, 9e9] },
      bins: 4,
    });
    assert.equal(beyond.kv, undefined);
    assert.equal(beyond.recorded.find(({ view }) => view === 'kv-cache')?.state, 'elsewhere');
  });

  it('pages, sorts and filters requests; a window takes those that overlap it', async () => {
    const rows = Array.from(
      { length: 30 },
      (_, n) => `r${n},${n},${n + 0.5},,,${n + 3},${3 - (n % 2)},,${n % 3 === 0 ? 1 : 0},stop\n`,
    );
    ours({ 'p7-000001': { 'request_lifecycle.csv': LIFECYCLE + rows.join('') } });
    asked = new Asked(folder.path);
    const page = { scope: {}, filter: '', offset: 0, limit: 5 };
    const first = await asked.ask('sessionLifecycles', page);
    assert.deepEqual(
      [first.total, first.matched, first.rows.map(({ request }) => request)],
      [30, 30, ['r0', 'r1', 'r2', 'r3', 'r4']],
    );
    const sorted = await asked.ask('sessionLifecycles', {
      ...page,
      filter: 'preemptions>0',
      sort: { column: 'started', descending: true },
    });
    assert.deepEqual([sorted.matched, sorted.rows[0].request], [10, 'r27']);
    const inWindow = await asked.ask('sessionLifecycles', {
      ...page,
      scope: { window: [10.2e9, 10.4e9] },
    });
    assert.deepEqual(
      inWindow.rows.map(({ request }) => request),
      ['r8', 'r9', 'r10'],
    );
    const wrong = await asked.ask('sessionLifecycles', { ...page, filter: 'time>x' });
    assert.ok(wrong.filterError);
    await assert.rejects(
      asked.ask('sessionLifecycles', {
        ...page,
        sort: { column: 'no' as never, descending: true },
      }),
      /bad-request/,
    );
    const { text, rows: copied } = await asked.ask('sessionTable', {
      table: 'sessionLifecycles',
      format: 'csv',
      scope: {},
      filter: 'preemptions>0',
      sort: { column: 'request', descending: false },
    });
    assert.equal(copied, 10);
    assert.match(text, /^Request,.*\nr0,0,/);
  });

  it('tells of each step what the engine held', async () => {
    ours({
      'p7-000001': {
        'forward_pass_timing.csv':
          'timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,timing,step\n' +
          '1,prefill,2,100,20,cuda_events,0\n2,decode,2,2,5,cuda_events,1\n3,decode,2,2,,cuda_events,2\n',
        'cuda_graph_timeline.csv':
          'timestamp_sec,descriptor,runtime_mode,step\n1,NONE,NONE,0\n2,FULL/2,FULL,1\n3,FULL/2,FULL,2\n',
        'kv_cache_usage.csv': 'timestamp_sec,usage_pct\n0.5,10\n1.5,20\n',
      },
    });
    asked = new Asked(folder.path);
    const page = { filter: '', offset: 0, limit: 10 };
    const { rows } = await asked.ask('sessionSteps', { ...page, scope: {} });
    assert.deepEqual(
      rows.map(({ step, duration, descriptor, kv }) => [step, duration, descriptor, kv]),
      [
        [0, 20e6, 'NONE', 0.1],
        [1, 5e6, 'FULL/2', 0.2],
        [2, undefined, 'FULL/2', 0.2],
      ],
    );
    // The step under way when the window begins is of it.
    const some = await asked.ask('sessionSteps', { ...page, scope: { window: [2.5e9, 2.6e9] } });
    assert.deepEqual(
      some.rows.map(({ step }) => step),
      [1],
    );
    const slow = await asked.ask('sessionSteps', { ...page, scope: {}, filter: 'time>10ms' });
    assert.equal(slow.matched, 1);
  });

  it('follows the files, says that it does, and stops when it is let go', async () => {
    const head = 'timestamp_sec,usage_pct\n';
    ours({ 'p7-000001': { 'kv_cache_usage.csv': `${head}1,50\n` } });
    const file = path.join(folder.path, 'p7-000001/kv_cache_usage.csv');
    asked = new Asked(folder.path);
    const before = await asked.ask('sessionKvCache', { scope: {}, bins: 4 });
    assert.equal(before.uses[0].peak, 0.5);
    assert.equal(asked.stages.at(-1)?.session?.state, 'waiting');
    appendFileSync(file, '2,70\n3,9');
    await asked.until('it grows', ({ session }) => session?.rows === 2);
    // The first to tell of it: on a busy machine it may have come to rest by now.
    const grown = asked.stages.find(({ session }) => session?.rows === 2)!;
    assert.equal(grown.session?.state, 'growing');
    assert.deepEqual(grown.extent, [1e9, 2e9]);
    const after = await asked.ask('sessionKvCache', { scope: {}, bins: 4 });
    assert.equal(after.uses[0].peak, 0.7, 'half a row is none');
    // The mark goes by itself when nothing comes any more.
    await asked.until('it rests', ({ session }) => session?.state === 'waiting');
    folder.json('p7-000001/metadata.json', { schema: 'profilemate-process', state: 'finished' });
    await asked.until('it has ended', ({ session }) => session?.state === 'ended');
    asked.dispose();
    const heard = asked.sent.length;
    appendFileSync(file, '5\n4,80\n');
    await sleep(60);
    assert.equal(asked.sent.length, heard, 'nothing is sent to one who has gone');
  });

  it('says in a sentence what is no session', async () => {
    asked = new Asked(folder.path);
    await assert.rejects(asked.ask('sessionCpu', { scope: {} }), /not-a-profile: .* is no session/);
    assert.equal(asked.sent.find(({ kind }) => kind === 'failed')?.kind, 'failed');
  });

  it('refuses what is asked of a profile', async () => {
    originalSession(folder);
    asked = new Asked(folder.path);
    await assert.rejects(asked.ask('overview', { scope: {} }), /bad-request/);
    await assert.rejects(asked.ask('ncuOverview', {}), /bad-request/);
  });
});
