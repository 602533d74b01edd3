import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { utilisation, utilisationSeries } from '../../../src/analysis/utilisation';
import { buildProfile, randomNumbers } from './build';
import { analysed } from './analysed';

const TIME = 400;

/** Which nanoseconds are covered. */
function covered(events: readonly { start: number; end: number }[]): Uint8Array {
  const busy = new Uint8Array(TIME);
  for (const { start, end } of events) for (let t = start; t < end; t++) busy[t]++;
  return busy;
}

const count = (busy: Uint8Array, from = 0, to = TIME): number =>
  busy.slice(from, to).reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0);

function randomProfile(seed: number) {
  const random = randomNumbers(seed);
  const streams = [
    { device: 0, id: 7 },
    { device: 0, id: 8 },
    { device: 1, id: 7 },
  ];
  const events = (n: number) =>
    Array.from({ length: n }, () => {
      const start = random.whole(0, TIME - 20);
      return { start, end: start + random.whole(1, 18), stream: random.whole(0, 2) };
    });
  const kernels = events(20);
  const memcpys = events(5);
  const memsets = events(3);
  const profile = buildProfile({ devices: [{}, {}], streams, kernels, memcpys, memsets });
  return { streams, kernels, memcpys, memsets, analysis: new Analysis(profile) };
}

describe('utilisation', () => {
  it('agrees with a count of every nanosecond', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { streams, kernels, memcpys, memsets, analysis } = randomProfile(seed);
      const all = [...kernels, ...memcpys, ...memsets];
      for (const window of [undefined, [60, 300] as const]) {
        const { devices, gaps } = utilisation(analysis, { window });
        for (const row of devices) {
          const own = (events: typeof all) =>
            events.filter((event) => streams[event.stream].device === row.device);
          const first = window?.[0] ?? Math.min(...own(all).map((event) => event.start));
          const last = window?.[1] ?? Math.max(...own(all).map((event) => event.end));
          const busy = covered(own(all));
          assert.equal(row.span, last - first);
          assert.equal(row.busy, count(busy, first, last));
          assert.equal(row.idle, row.span - row.busy);
          assert.equal(row.kernelBusy, count(covered(own(kernels)), first, last));
          assert.equal(row.copyBusy, count(covered(own([...memcpys, ...memsets])), first, last));
          const lanes = streams
            .map((stream, i) => (stream.device === row.device ? i : -1))
            .filter((i) => i >= 0)
            .map((i) => covered(all.filter((event) => event.stream === i)));
          let overlap = 0;
          for (let t = first; t < last; t++) {
            if (lanes.filter((lane) => lane[t] > 0).length > 1) overlap++;
          }
          assert.equal(row.overlap, overlap);
          const idleRuns: number[] = [];
          for (let t = first, run = 0; t <= last; t++) {
            if (t < last && busy[t] === 0) run++;
            else if (run > 0) {
              idleRuns.push(run);
              run = 0;
            }
          }
          const ownGaps = gaps.filter((gap) => gap.device === row.device);
          assert.equal(row.gaps, idleRuns.length);
          assert.deepEqual(
            ownGaps.map((gap) => gap.duration),
            idleRuns.sort((a, b) => b - a),
          );
        }
      }
    }
  });

  it('spreads busy time over bins', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { streams, kernels, memcpys, memsets, analysis } = randomProfile(seed);
      const all = [...kernels, ...memcpys, ...memsets];
      const [from, to] = [40, 360];
      const series = utilisationSeries(analysis, { window: [from, to] }, 8);
      assert.equal(series.devices, 2);
      for (let bin = 0; bin < 8; bin++) {
        let busy = 0;
        for (const device of [0, 1]) {
          const own = covered(all.filter((event) => streams[event.stream].device === device));
          busy += count(own, from + bin * 40, from + (bin + 1) * 40);
        }
        const share = series.phases.reduce((sum, phase) => sum + phase.share[bin], 0);
        assert.ok(Math.abs(share - busy / 80) < 1e-6, `bin ${bin}: ${share} and ${busy / 80}`);
      }
    }
  });

  it('finds what is known of a generated run, and phases that add up to it', async () => {
    const { analysis, truth } = await analysed();
    const { devices } = utilisation(analysis, {});
    assert.deepEqual(
      devices.map(({ busy, kernelBusy, copyBusy, span }) => ({ busy, kernelBusy, copyBusy, span })),
      truth.devices.map(({ busy, kernelBusy, copyBusy, start, end }) => ({
        busy,
        kernelBusy,
        copyBusy,
        span: end - start,
      })),
    );
    const bins = 64;
    const series = utilisationSeries(analysis, {}, bins);
    const width = (series.end - series.start) / bins;
    const busy = series.phases.reduce(
      (sum, phase) => sum + phase.share.reduce((a, b) => a + b, 0) * width * series.devices,
      0,
    );
    assert.ok(Math.abs(busy - truth.busy) < truth.busy * 1e-5);
    const decode = utilisation(analysis, { phase: 'decode' });
    assert.equal(
      decode.devices.reduce((sum, device) => sum + device.busy, 0),
      truth.phases.decode.busy,
    );
  });

  it('says what the launching thread was in during a gap', () => {
    const analysis = new Analysis(
      buildProfile({
        threads: [{}, { tid: 9 }],
        kernels: [
          { name: 'a', start: 0, end: 100, correlation: 1 },
          { name: 'b', start: 1100, end: 1200, correlation: 2 },
          { name: 'c', start: 3200, end: 3300, correlation: 3 },
          { name: 'd', start: 3400, end: 3500, correlation: 99 },
        ],
        api: [
          { start: 0, end: 5, correlation: 1 },
          { start: 150, end: 1000, correlation: 50, name: 'cudaStreamSynchronize_v3020' },
          { start: 1050, end: 1060, correlation: 2 },
          { start: 1300, end: 3100, correlation: 51, name: 'cudaMalloc_v3020', thread: 1 },
          { start: 3150, end: 3160, correlation: 3 },
        ],
        ranges: [
          { name: 'loop', start: 0, end: 5000 },
          { name: 'schedule', start: 1250, end: 3140 },
          { name: 'elsewhere', start: 1200, end: 3200, thread: 1 },
        ],
      }),
    );
    const { gaps } = utilisation(analysis, {});
    assert.deepEqual(
      gaps.map(({ duration, before, after, cpu }) => [duration, before, after, cpu.kind, cpu.name]),
      [
        [2000, 'b', 'c', 'range', 'schedule'],
        [1000, 'a', 'b', 'api', 'cudaStreamSynchronize_v3020'],
        [100, 'c', 'd', 'unknown', ''],
      ],
    );
    assert.equal(gaps[0].cpu.share, 1890 / 2000);
    assert.equal(gaps[1].cpu.share, 0.85);
  });

  it('keeps the hundred longest of many gaps', () => {
    const kernels = Array.from({ length: 500 }, (_, i) => ({ start: i * 1000, end: i * 1000 + i }));
    const { gaps, devices } = utilisation(new Analysis(buildProfile({ kernels })), {});
    assert.equal(devices[0].gaps, 499);
    assert.deepEqual(
      gaps.map((gap) => gap.duration),
      Array.from({ length: 100 }, (_, i) => 1000 - i),
    );
  });

  it('has nothing to say where nothing ran', () => {
    const analysis = new Analysis(buildProfile({}));
    assert.deepEqual(utilisation(analysis, {}), { devices: [], gaps: [] });
    assert.equal(utilisationSeries(analysis, {}, 10).devices, 0);
  });

  it('bears rows that end before they start, or have no time at all', () => {
    const kernels = [
      { start: 10, end: 5 },
      { start: NaN, end: 7 },
      { start: 20, end: NaN },
      { start: 30, end: 40 },
    ];
    const [row] = utilisation(new Analysis(buildProfile({ kernels })), {}).devices;
    assert.equal(row.busy, 10);
    assert.equal(row.span, 30);
  });
});
