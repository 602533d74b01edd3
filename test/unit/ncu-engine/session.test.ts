import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Analysis } from '../../../src/analysis/analysis';
import { ncuResults } from '../../../src/cli/kernel-report';
import type { ToSession } from '../../../src/engine/messages';
import { NcuSession } from '../../../src/engine/ncu/session';
import { Session } from '../../../src/engine/session';
import type { FromWorker } from '../../../src/protocol/messages';
import type { OpenStatus, Params, RequestName, Result } from '../../../src/protocol/requests';
import { openProfile } from '../../../src/readers/open';
import { H100, measured, rawPage, twoGpusResults } from '../../data/ncu';
import { printedCells, realFiles, realPath } from '../ncu/printed';
import { twoGpus } from '../../harness/two-gpus';

const TIMELINE = twoGpus();
const PAGE = { filter: '', offset: 0, limit: 100 } as const;
const KERNELS = { ...PAGE, grouping: 'kernel', byComponent: false, folded: [] } as const;

/** A session that reads a real file, asked as the host asks. */
class Asked {
  readonly sent: FromWorker[] = [];
  private readonly session: Session | NcuSession;
  private next = 1;

  constructor(kind: 'timeline' | 'kernels', path: string) {
    const send = (message: FromWorker) => void this.sent.push(message);
    this.session = new (kind === 'kernels' ? NcuSession : Session)({ path, rules: [] }, send);
    void this.session.run();
  }

  async ask<K extends RequestName>(name: K, params: Params<K>): Promise<Result<K>> {
    const id = this.next++;
    this.session.receive({ kind: 'call', id, name, params } as ToSession);
    for (;;) {
      const answer = this.sent.find((message) => message.kind === 'answer' && message.id === id);
      if (answer?.kind === 'answer') {
        if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
        return answer.result;
      }
      await sleep(5);
    }
  }

  receive(message: ToSession): void {
    this.session.receive(message);
  }

  get status(): OpenStatus | undefined {
    const stage = this.sent.findLast((message) => message.kind === 'stage');
    return stage?.kind === 'stage' ? stage.status : undefined;
  }
}

describe('Nsight Compute results in a session', function () {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'profilemate-ncu-'));
    file = join(folder, 'a.ncu.csv');
    writeFileSync(file, twoGpusResults());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('tells what it read', async () => {
    const asked = new Asked('kernels', file);
    const overview = await asked.ask('ncuOverview', {});
    assert.deepEqual(
      [overview.launches, overview.kernels, overview.devices],
      [6, 5, ['NVIDIA H100 80GB HBM3']],
    );
    assert.deepEqual(overview.bounds, { memory: 2, compute: 1, latency: 2, unknown: 0 });
    assert.equal(asked.status?.format, 'ncu');
    assert.equal(asked.status.stage, 'complete');
    assert.equal(asked.status.path, file);
  });

  it('tells what stands out, of the profiled time and of a linked timeline’s', async () => {
    const waiting = join(folder, 'waiting.ncu.csv');
    const name = 'nvjet_tst_192x192_64x4_2x1_v_bz_coopB_TNT';
    writeFileSync(waiting, rawPage([measured({ name, ns: 4e5, bytes: 1e8, memory: 20, sm: 30 })]));
    const asked = new Asked('kernels', waiting);
    const told = async () => (await asked.ask('ncuOverview', {})).findings;
    const [finding] = await told();
    assert.deepEqual(
      [finding.id, finding.kernel, finding.measured],
      ['latency-bound-kernels', name, '100 % of the profiled time'],
    );
    assert.deepEqual(await told(), (await ncuResults(waiting)).findings);
    await asked.ask('link', { path: TIMELINE });
    const timeline = { path: TIMELINE, analysis: new Analysis(await openProfile(TIMELINE)) };
    const linked = await told();
    assert.notDeepEqual(linked, [finding]);
    assert.deepEqual(linked, (await ncuResults(waiting, timeline)).findings);
  });

  it('pages, sorts and filters kernels', async () => {
    const asked = new Asked('kernels', file);
    const sort = { column: 'peak', descending: true } as const;
    const { rows, matched, total } = await asked.ask('ncuKernels', { ...KERNELS, sort, limit: 2 });
    assert.deepEqual([rows.length, matched, total], [2, 5, 5]);
    assert.deepEqual(
      rows.map((row) => [row.bound, row.peak]),
      [
        ['compute', 0.86],
        ['memory', 0.84],
      ],
    );
    const filtered = async (filter: string): Promise<number> =>
      (await asked.ask('ncuKernels', { ...KERNELS, filter })).matched;
    assert.equal(await filtered('bound:memory'), 2);
    assert.equal(await filtered('component:gemm dram<50'), 1);
    assert.equal(await filtered('-nvjet'), 3);
    assert.equal(await filtered('decode>0'), 0, 'not known without a timeline');
    const wrong = await asked.ask('ncuKernels', { ...KERNELS, filter: 'bound:nothing' });
    assert.equal(wrong.filterError?.at, 6);
    assert.equal(wrong.matched, 5);
    await assert.rejects(
      asked.ask('ncuKernels', { ...KERNELS, sort: { column: 'nope' as never, descending: true } }),
      /bad-request/,
    );
  });

  it('stands kernels under their components, the costliest first, and folds them', async () => {
    const asked = new Asked('kernels', file);
    const grouped = { ...KERNELS, byComponent: true } as const;
    const { rows, total } = await asked.ask('ncuKernels', grouped);
    const headings = rows.filter((row) => row.heading !== undefined);
    assert.equal(rows[0].component, 'gemm');
    assert.equal(rows[0].heading, 2);
    assert.equal(total, 5 + headings.length);
    assert.equal(
      headings.reduce((n, row) => n + (row.heading ?? 0), 0),
      5,
    );
    assert.ok(Math.abs(headings.reduce((n, row) => n + row.share!, 0) - 1) < 1e-12);
    const folded = await asked.ask('ncuKernels', { ...grouped, folded: ['gemm'] });
    assert.equal(folded.rows.length, rows.length - 2);
    assert.equal(folded.rows[0].heading, 2);
    assert.notEqual(folded.rows[1].component, 'gemm');
  });

  it('puts kernels on the roofline with their bounds and weights', async () => {
    const asked = new Asked('kernels', file);
    const { points, roofs } = await asked.ask('ncuRoofline', { grouping: 'kernel', level: 'dram' });
    assert.deepEqual(
      roofs.map(({ name, source }) => [name, source]),
      [
        ['dram', 'measured'],
        ['fp32', 'measured'],
        ['tensor_bf16', 'table'],
      ],
    );
    assert.equal(roofs[0].ceiling, H100.bus * H100.dramClock);
    assert.equal(roofs[1].ceiling, 2 * H100.lanes * H100.clock);
    const gemm = points.find(({ name }) => name.startsWith('nvjet_tst_192'))!;
    // The launch of median duration, the lower of two.
    assert.equal(gemm.performance, (2.2e11 / 402e3) * 1e9);
    assert.equal(gemm.intensity, 2.2e11 / 3e8);
    assert.equal(gemm.bound, 'compute');
    assert.ok(Math.abs(gemm.weights.report! - 812 / (812 + 61 + 9 + 4 + 5)) < 1e-12);
    assert.equal(gemm.weights.decode, undefined);
  });

  it('gives a kernel in detail, and its metrics', async () => {
    const asked = new Asked('kernels', file);
    const key = 'nvjet_tst_192x192_64x4_2x1_v_bz_coopB_TNT';
    const detail = await asked.ask('ncuKernelDetail', { grouping: 'kernel', key });
    assert.equal(detail?.bound.bound, 'compute');
    assert.match(detail.bound.because[0].text, /Held by compute: memory at 41\.0 %/);
    assert.deepEqual(
      detail.work.map(({ precision, flops }) => [precision, flops]),
      [['tensor_bf16', 2.2e11]],
    );
    assert.ok(detail.formulas.some(({ figure }) => figure === 'dramBandwidth'));
    assert.equal(
      await asked.ask('ncuKernelDetail', { grouping: 'kernel', key: 'nothing' }),
      undefined,
    );
    const metrics = await asked.ask('ncuMetrics', {
      ...PAGE,
      grouping: 'kernel',
      key,
      filter: 'duration',
    });
    assert.deepEqual(
      metrics.rows.map(({ name, value, min, max }) => [name, value, min, max]),
      [['gpu__time_duration.sum', 406e3, 402e3, 410e3]],
    );
  });

  it('gives its tables as text', async () => {
    const asked = new Asked('kernels', file);
    for (const table of ['ncuKernels', 'ncuRoofline'] as const) {
      const { text, rows } = await asked.ask('ncuTable', {
        table,
        format: 'csv',
        grouping: 'launch',
        filter: '',
      });
      assert.equal(rows, 6);
      assert.equal(text.split('\n').length, 8);
      assert.match(text, /^Name,Component,/);
    }
    await assert.rejects(
      asked.ask('ncuTable', {
        table: 'ncuMetrics',
        format: 'csv',
        grouping: 'kernel',
        filter: '',
      }),
      /needs the key/,
    );
  });

  it('links a timeline, keeps it over new rules, and lets it go', async () => {
    const asked = new Asked('kernels', file);
    assert.equal(await asked.ask('ncuTimeline', {}), undefined);
    const status = await asked.ask('link', { path: TIMELINE, shownPath: '/shown.nsys-rep' });
    assert.deepEqual(status.link, { path: '/shown.nsys-rep' });
    const join = await asked.ask('ncuTimeline', {});
    assert.deepEqual(join?.unmatched, ['my_own_kernel(float *)']);
    const { points } = await asked.ask('ncuRoofline', { grouping: 'kernel', level: 'dram' });
    const rope = points.find(({ name }) => name.includes('rotary'))!;
    assert.ok(rope.weights.decode! > 0, 'the names of two demanglers are one kernel');
    asked.receive({
      kind: 'configure',
      rules: [{ component: 'norm', sub: '', pattern: 'rotary' }] as never,
    });
    const { rows } = await asked.ask('ncuKernels', { ...KERNELS, filter: 'rotary' });
    assert.deepEqual([rows[0].component, rows[0].timeline!.share > 0], ['norm', true]);
    assert.equal((await asked.ask('link', { path: null })).link, undefined);
    assert.equal(await asked.ask('ncuTimeline', {}), undefined);
  });

  it('says why a timeline could not be linked, and stays usable', async () => {
    const asked = new Asked('kernels', file);
    const { link } = await asked.ask('link', { path: join(folder, 'nothing.sqlite') });
    assert.match(link?.failure ?? '', /nothing\.sqlite/);
    assert.equal((await asked.ask('ncuKernels', KERNELS)).matched, 5);
  });

  it('takes the later of two choices', async () => {
    const asked = new Asked('kernels', file);
    const [, second] = await Promise.all([
      asked.ask('link', { path: TIMELINE }),
      asked.ask('link', { path: null }),
    ]);
    assert.equal(second.link, undefined);
    await sleep(50);
    assert.equal((await asked.ask('status', {})).link, undefined);
  });

  it('refuses what is no page, and questions about timelines', async () => {
    const none = join(folder, 'none.csv');
    writeFileSync(none, 'a,b\n1,2\n');
    await assert.rejects(
      new Asked('kernels', none).ask('ncuOverview', {}),
      /not-a-profile: .*not a Nsight Compute CSV/,
    );
    await assert.rejects(
      new Asked('kernels', file).ask('overview', { scope: {} }),
      /bad-request: .*timeline alone/,
    );
  });

  const real = realFiles.length > 0 ? it : it.skip;
  real('shows every metric of a real raw page as printed', async () => {
    const name = 'ayush-os__a100_cublasmatmul.ncu2024.raw.base-units.csv';
    const asked = new Asked('kernels', realPath(name));
    const { rows } = await asked.ask('ncuMetrics', {
      ...PAGE,
      limit: 1000,
      grouping: 'launch',
      key: '#0',
    });
    const shown = new Map(rows.map((row) => [row.name ?? row.key, row.value]));
    let compared = 0;
    for (const cell of printedCells(realPath(name))) {
      if (cell.launch !== 0 || !/^-?[\d.]+$/.test(cell.text)) continue;
      if (!['', '%', 'inst', 'byte', 'register/thread'].includes(cell.unit)) continue;
      compared++;
      assert.equal(shown.get(cell.name), Number(cell.text), cell.name);
    }
    assert.ok(compared > 300, `only ${compared} metrics compared`);
  });
});

describe('a timeline with linked Nsight Compute results', function () {
  const scoped = { scope: {}, filter: '', offset: 0, limit: 1000 } as const;

  it('shows what holds each profiled kernel, and sorts and filters by it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'profilemate-ncu-'));
    try {
      const file = join(folder, 'a.csv');
      writeFileSync(file, twoGpusResults());
      const asked = new Asked('timeline', TIMELINE);
      const before = await asked.ask('kernels', { ...scoped, grouping: 'kernel' });
      assert.ok(before.rows.every((row) => row.linked === undefined));
      await asked.ask('link', { path: file });
      assert.deepEqual(asked.status?.link, { path: file });
      const ask = (filter: string, sort?: Params<'kernels'>['sort']) =>
        asked.ask('kernels', { ...scoped, grouping: 'kernel', filter, sort });
      const byPeak = await ask('', { column: 'peak', descending: true });
      assert.deepEqual(byPeak.rows[0].linked, { bound: 'compute', peak: 0.86 });
      assert.equal(byPeak.rows.filter((row) => row.linked).length, 4);
      assert.equal((await ask('bound:latency')).rows[0].component, 'rope');
      const byComponent = await asked.ask('kernels', { ...scoped, grouping: 'component' });
      assert.ok(byComponent.rows.every((row) => row.linked === undefined));
      await asked.ask('link', { path: null });
      assert.equal((await ask('bound:latency')).matched, 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
