import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RequestName } from '../../../src/protocol/requests';
import { checkFromWebview, checkToWorker } from '../../../src/protocol/validate';

const scope = {};
const page = { scope, filter: '', offset: 0, limit: 100 };
const ncuPage = { filter: '', offset: 0, limit: 100 };

/** One good request of each kind; a new kind without one does not compile. */
const GOOD: Readonly<Record<Exclude<RequestName, 'link' | 'ranks' | 'trim'>, object>> = {
  status: {},
  ncuOverview: {},
  ncuKernels: { ...ncuPage, grouping: 'geometry', byComponent: true, folded: ['gemm'] },
  ncuKernelDetail: { grouping: 'launch', key: '#3' },
  ncuMetrics: { ...ncuPage, grouping: 'kernel', key: 'a' },
  ncuRoofline: { grouping: 'kernel', level: 'l2' },
  ncuTimeline: {},
  ncuTable: { table: 'ncuRoofline', format: 'csv', grouping: 'kernel', filter: '', level: 'l1' },
  overview: { scope: { devices: [0], window: [0, 1e9], phase: 'decode' } },
  utilisation: { scope },
  utilisationSeries: { scope, bins: 4096 },
  phases: { scope },
  components: { scope },
  steps: { scope, limit: 5000 },
  kernels: { ...page, grouping: 'kernel', sort: { column: 'total', descending: true } },
  kernelDetail: { scope, grouping: 'geometry', key: 'a' },
  launches: { ...page, grouping: 'kernel', key: 'a' },
  ranges: { ...page, flat: false, parent: 3 },
  graphs: { scope },
  memory: { scope },
  operators: { ...page, by: 'shape', sort: { column: 'gpuSelf', descending: true } },
  operatorTree: { ...page, parent: 3 },
  operatorCallers: { scope, name: 'aten::mm' },
  flame: { scope, by: 'module', root: 7, search: 'forward' },
  frames: { ...page, by: 'stack' },
  allocators: { scope, device: 1, bins: 400 },
  pythonLines: {},
  pythonRanges: {},
  skew: {},
  sessionOverview: { scope: { process: 1, window: [0, 1e9] }, bins: 400 },
  sessionKvCache: { scope, bins: 600 },
  sessionGraphs: { scope },
  sessionBatches: { scope, bins: 600 },
  sessionLatency: { scope, limit: 4000 },
  sessionCpu: { scope },
  sessionRequests: { scope, limit: 200 },
  sessionLifecycles: { ...page, sort: { column: 'total', descending: true } },
  sessionExperts: { scope, bins: 100 },
  sessionCoselections: { scope, layer: 3 },
  sessionComponents: { scope },
  sessionSteps: { ...page, filter: 'phase:decode' },
  sessionTimeline: { scope },
  sessionTable: { table: 'sessionCoselections', format: 'markdown', scope, filter: '', layer: 0 },
  table: { table: 'launches', format: 'csv', scope, filter: '', grouping: 'kernel', key: 'a' },
};

const call = (name: string, params: unknown, id: unknown = 1) => ({
  kind: 'call',
  id,
  name,
  params,
});

describe('the check of what arrives', () => {
  for (const [name, params] of Object.entries(GOOD)) {
    it(`passes a good ${name} request unchanged`, () => {
      const message = call(name, params);
      for (const check of [checkFromWebview, checkToWorker]) {
        assert.deepEqual(check(message), { ok: true, message });
      }
    });

    it(`refuses a ${name} request with more in it than it has`, () => {
      const checked = checkToWorker(call(name, { ...params, extra: 1 }));
      assert.ok(!checked.ok);
      assert.equal(checked.error.code, 'bad-request');
      assert.equal(checked.id, 1);
    });
  }

  it('lets the host alone name a file to be read', () => {
    for (const path of ['/a.sqlite', null]) {
      const message = call('link', { path });
      assert.deepEqual(checkToWorker(message), { ok: true, message });
      const asked = checkFromWebview(message);
      assert.ok(!asked.ok);
      assert.deepEqual([asked.id, asked.error.code], [1, 'bad-request']);
    }
  });

  it('lets the host alone name ranks to be read and a file to be written', () => {
    const calls = [
      call('ranks', { paths: ['/a.json', '/b.json'] }),
      call('trim', { window: [0, 1e6], path: '/part.json' }),
    ];
    for (const message of calls) {
      assert.deepEqual(checkToWorker(message), { ok: true, message });
      const asked = checkFromWebview(message);
      assert.ok(!asked.ok);
      assert.equal(asked.error.code, 'bad-request');
    }
  });

  it('takes what a view of a trace may do, and no more', () => {
    const good = [
      { kind: 'action', action: 'showRank', rank: 3 },
      { kind: 'action', action: 'readRanks' },
      { kind: 'action', action: 'saveTrimmed', window: [1, 2] },
      { kind: 'action', action: 'openSource', file: 'a/b.py', line: 3 },
      { kind: 'action', action: 'profileKernel', options: ['--set'], report: 'k', program: [] },
    ];
    for (const message of good) {
      assert.deepEqual(checkFromWebview(message), { ok: true, message });
    }
    const bad = [
      { kind: 'action', action: 'showRank', rank: '/etc/passwd' },
      { kind: 'action', action: 'saveTrimmed', window: [2, 1] },
      { kind: 'action', action: 'saveTrimmed', window: [1, 2], path: '/tmp/x' },
      { kind: 'action', action: 'openSource', file: 'a/b.py', line: -1 },
      { kind: 'action', action: 'openSource', file: 'a/b.py', line: 1, ask: false },
      { kind: 'action', action: 'profileKernel', options: 'ncu; rm', report: 'k', program: [] },
      { kind: 'action', action: 'profileKernel', options: [1], report: 'k', program: [] },
    ];
    for (const message of bad) assert.ok(!checkFromWebview(message).ok, JSON.stringify(message));
  });

  it('refuses what is out of bounds', () => {
    const bad: readonly (readonly [RequestName, object])[] = [
      ['utilisationSeries', { scope, bins: 4097 }],
      ['utilisationSeries', { scope, bins: 0 }],
      ['allocators', { scope, bins: 4097 }],
      ['flame', { scope, by: 'colour', search: '' }],
      ['flame', { scope, by: 'stack', root: -1, search: '' }],
      ['operators', { ...page, by: 'name', limit: 1001 }],
      ['utilisationSeries', { scope, bins: NaN }],
      ['kernels', { ...page, grouping: 'kernel', limit: 1001 }],
      ['kernels', { ...page, grouping: 'kernel', offset: -1 }],
      ['kernels', { ...page, grouping: '__proto__' }],
      ['kernels', { ...page, grouping: 'kernel', filter: 'x'.repeat(2001) }],
      ['overview', { scope: { window: [2, 1] } }],
      ['overview', { scope: { window: [0, Infinity] } }],
      ['overview', { scope: { devices: [0.5] } }],
      ['overview', { scope: { phase: 'warmup' } }],
      ['overview', {}],
      ['table', { table: 'secrets', format: 'csv', scope, filter: '' }],
    ];
    for (const [name, params] of bad) {
      const checked = checkToWorker(call(name, params));
      assert.ok(!checked.ok, JSON.stringify([name, params]));
      assert.equal(checked.error.code, 'bad-request');
    }
  });

  it('says where a request is malformed', () => {
    const checked = checkToWorker(call('overview', { scope: { devices: ['a'] } }, 7));
    assert.ok(!checked.ok);
    assert.match(checked.error.message, /overview request is malformed at scope\.devices\.0/);
    assert.equal(checked.id, 7);
  });

  it('lets actions through to the host alone', () => {
    const actions = [
      { kind: 'action', action: 'ready' },
      { kind: 'action', action: 'copy', text: 'a' },
      { kind: 'action', action: 'save', name: 'a.csv', text: '' },
    ];
    for (const action of actions) {
      assert.deepEqual(checkFromWebview(action), { ok: true, message: action });
      assert.equal(checkToWorker(action).ok, false);
    }
    for (const action of [
      { kind: 'action', action: 'copy' },
      { kind: 'action', action: 'run', text: 'rm' },
      { kind: 'action', action: 'ready', text: 'more' },
    ]) {
      assert.equal(checkFromWebview(action).ok, false, JSON.stringify(action));
    }
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (message) => {
        assert.equal(checkFromWebview(message).ok, false);
        for (const name of Object.keys(GOOD)) {
          const checked = checkToWorker(call(name, message));
          if (!checked.ok) assert.equal(checked.error.code, 'bad-request');
        }
      }),
    );
  });
});
