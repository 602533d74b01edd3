import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { RunRecord } from '../../../src/history/store';
import { trendsOf } from '../../../src/history/trends';

const record = (day: number, decode: number, more: Partial<RunRecord> = {}): RunRecord => ({
  id: `run ${day}`,
  addedAt: '2026-06-01T00:00:00.000Z',
  capturedAt: new Date(Date.UTC(2026, 0, day)).toISOString(),
  model: 'org/model',
  gpu: 'NVIDIA H100',
  measure: 'nsys',
  commit: `c${day}`,
  branch: null,
  label: 'x',
  note: null,
  baseline: false,
  metrics: { 'decode.step_ms': decode },
  kernels: [{ name: 'gemm', component: 'gemm', ms: decode / 2, calls: 4 }],
  ...more,
});

describe('trends', () => {
  it('show where the level changed, and the commit it came with', () => {
    const runs = Array.from({ length: 20 }, (_, i) =>
      record(i + 1, (i < 12 ? 10 : 11.5) * (1 + 0.002 * ((i * 7) % 5)), { baseline: i === 3 }),
    );
    const [group] = trendsOf([...runs].reverse());
    const decode = group.trends.find(({ name }) => name === 'decode.step_ms')!;
    assert.equal(decode.unit, 'ms');
    assert.equal(decode.points.length, 20);
    assert.deepEqual(
      decode.changes.map(({ index }) => decode.points[index].commit),
      ['c13'],
    );
    assert.equal(decode.baseline, runs[3].metrics['decode.step_ms']);
    const kernel = group.trends.find(({ name }) => name === 'kernel:gemm')!;
    assert.deepEqual(
      kernel.changes.map(({ index }) => index),
      [12],
    );
  });

  it('keep models and GPUs apart, and leave out what a run has not', () => {
    const groups = trendsOf([
      record(1, 1),
      record(2, 1, { gpu: 'NVIDIA A100' }),
      record(3, 1, { model: null, metrics: {}, kernels: [] }),
    ]);
    assert.deepEqual(
      groups.map(({ model, gpu }) => `${model} ${gpu}`),
      ['org/model NVIDIA H100', 'org/model NVIDIA A100', 'null NVIDIA H100'],
    );
    assert.deepEqual(groups[2].trends, []);
  });
});
