import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { ncuFindings } from '../../../src/analysis/ncu/findings';
import { joinTimeline } from '../../../src/analysis/ncu/join';
import { ReportAnalysis } from '../../../src/analysis/ncu/report';
import { buildProfile } from '../analysis/build';
import { buildReport, type LaunchSpec } from './build';

/** A launch at these shares of the peaks of memory and compute, in per cent. */
const launch = (name: string, us: number, memory: number, compute: number): LaunchSpec => ({
  name,
  metrics: {
    'gpu__time_duration.sum': us * 1e3,
    'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed': memory,
    'sm__throughput.avg.pct_of_peak_sustained_elapsed': compute,
  },
});

const found = (launches: readonly LaunchSpec[]) =>
  ncuFindings(new ReportAnalysis(buildReport(launches)));

describe('ncu: findings', () => {
  it('name what holds most of the time, and the kernel that costs most', () => {
    const [memory, ...others] = found([
      launch('copy', 60, 90, 20),
      launch('cast', 20, 80, 20),
      launch('gemm', 20, 30, 95),
    ]);
    assert.deepEqual(others, []);
    assert.equal(memory.id, 'memory-bound-kernels');
    assert.match(memory.title, /80\.0 % of the profiled time/);
    assert.match(memory.detail, /^2 kernels; the costliest, copy, has 60\.0 %/);
    const [latency] = found([launch('gemv', 50, 30, 20), launch('gemm', 50, 30, 95)]);
    assert.equal(latency.id, 'latency-bound-kernels');
    assert.equal(latency.kernel, 'gemv');
  });

  it('are silent where kernels are near a limit of compute, short, or not measured', () => {
    assert.deepEqual(found([launch('gemm', 50, 30, 95)]), []);
    assert.deepEqual(found([launch('tiny', 3, 20, 20)]), []);
    assert.deepEqual(found([launch('rare', 10, 20, 20), launch('gemm', 90, 30, 95)]), []);
    const { metrics } = launch('k', 50, 30, 30);
    const { 'gpu__time_duration.sum': _, ...without } = metrics;
    assert.deepEqual(found([{ name: 'k', metrics: without }]), []);
  });

  it('go by the shares of a timeline that is linked, not by durations under ncu', () => {
    const analysis = new ReportAnalysis(
      buildReport([launch('gemv', 10, 30, 20), launch('gemm', 90, 30, 95)]),
    );
    assert.deepEqual(ncuFindings(analysis), []);
    const timeline = buildProfile({
      kernels: [
        { name: 'gemv', start: 0, end: 700 },
        { name: 'gemm', start: 700, end: 1000 },
      ],
    });
    const join = joinTimeline(analysis, new Analysis(timeline), 'kernel');
    const [finding] = ncuFindings(analysis, join);
    assert.match(finding.title, /70\.0 % of the timeline's kernel time/);
  });
});
