import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Analysis } from '../../../src/analysis/analysis';
import {
  compare,
  NotASummary,
  snapshotOfAnalysis,
  snapshotOfSummary,
} from '../../../src/analysis/compare';
import { resultsOf } from '../../../src/cli/results';
import { summarise } from '../../../src/report/summary';
import { generated } from '../analysis/generated';
import { SMALL } from './runs';

describe('what is compared', function () {
  it('is the same from a profile and from its summary', async () => {
    const { profile } = await generated(SMALL);
    const open = snapshotOfAnalysis(new Analysis(profile), { label: 'a' });
    const text = JSON.stringify(summarise(resultsOf(profile), '0'));
    const read = snapshotOfSummary(JSON.parse(text), { label: 'a' });
    assert.deepEqual(JSON.parse(JSON.stringify(open)), JSON.parse(JSON.stringify(read)));
    assert.equal(compare([open], [read]).verdict, 'within noise');
  });

  it('holds older summaries against each other, and not against ours', () => {
    const old = snapshotOfSummary(
      {
        prefill_decode: {
          prefill: { count: 2, total_ms: 10, avg_ms: 5 },
          decode: { count: 4, total_ms: 8, avg_ms: 2 },
        },
        components: {},
        top_kernels: [{ kernel_name: 'k', invocations: 4, total_time_ms: 4 }],
        cuda_graphs: { graph_coverage_pct: 50 },
      },
      { label: 'old' },
    );
    assert.equal(compare([old], [old]).verdict, 'within noise');
    const ours = { ...old, source: 'gpu' as const };
    const mixed = compare([old], [ours]);
    assert.equal(mixed.verdict, 'not comparable');
    assert.deepEqual(
      mixed.differences.map(({ kind }) => kind),
      ['measure'],
    );
  });

  it('refuses what is no summary, and one from the future', () => {
    const reading = (document: unknown) => () => snapshotOfSummary(document, { label: '' });
    assert.throws(reading([]), NotASummary);
    assert.throws(reading({}), NotASummary);
    assert.throws(reading({ schema_version: 1 }), NotASummary);
    assert.throws(reading({ schema_version: 99, prefill_decode: {} }), /schema_version is 99/);
    assert.throws(reading('x'), NotASummary);
  });

  it('survives any JSON in the place of a figure', () => {
    for (const strange of [null, 'text', [], {}, -1, 1e308, true]) {
      const run = snapshotOfSummary(
        {
          schema_version: 1,
          prefill_decode: {},
          components: { gemm: strange },
          phases: [strange, { phase: 'decode', steps: strange, gpu_busy_ms: 1 }],
          kernels: [strange, { name: 'k', total_ms: 1, count: strange }],
          cuda_graphs: strange,
          transfers: strange,
          devices: [strange],
          utilisation: strange,
          profile: strange,
        },
        { label: '' },
      );
      compare([run], [run]);
    }
  });
});
