import assert from 'node:assert/strict';
import { resultsOf } from '../../../src/cli/results';
import { summarise } from '../../../src/report/summary';
import { renderText } from '../../../src/report/text';
import { buildProfile } from '../analysis/build';
import { generated } from '../analysis/generated';

const near = (a: number, b: number): void =>
  assert.ok(Math.abs(a - b) <= Math.abs(b) * 1e-12, `${a} and ${b}`);

describe('summary.json', () => {
  it('has the fields of existing baselines, with the figures a run is known to have', async () => {
    const { profile, truth } = await generated({ steps: 60 });
    const summary = summarise(resultsOf(profile), '1.2.3');
    assert.equal(summary.schema_version, 1);
    for (const phase of ['prefill', 'decode', 'mixed', 'unattributed'] as const) {
      const { count, total_ms, avg_ms } = summary.prefill_decode[phase];
      const known = truth.phases[phase];
      assert.equal(count, known.steps);
      near(total_ms, known.busy / 1e6);
      if (count > 0) near(avg_ms, known.busy / 1e6 / known.steps);
    }
    const { mixed, unattributed, other } = summary.prefill_decode;
    near(other.total_ms, mixed.total_ms + unattributed.total_ms);

    for (const [component, known] of truth.components) {
      assert.equal(summary.components[component].count, known.instances);
      near(summary.components[component].total_ms, known.total / 1e6);
    }
    near(
      Object.values(summary.components).reduce((sum, { percent }) => sum + percent, 0),
      100,
    );

    assert.equal(summary.top_kernels.length, Math.min(20, truth.kernels.length));
    summary.top_kernels.forEach((row, i) => {
      const known = truth.kernels[i];
      assert.equal(row.kernel_name, known.name.slice(0, 80));
      assert.equal(row.invocations, known.instances);
      near(row.total_time_ms, known.total / 1e6);
      near(row.avg_time_us, known.total / known.instances / 1e3);
      near(row.min_time_us, known.min / 1e3);
      near(row.max_time_us, known.max / 1e3);
    });

    const { graphs } = truth;
    const inside = graphs.timeInside / (graphs.timeInside + graphs.timeOutside);
    assert.equal(
      summary.cuda_graphs.total_kernel_launches,
      graphs.kernelsInside + graphs.kernelsOutside,
    );
    assert.equal(summary.cuda_graphs.graph_kernel_launches, graphs.kernelsInside);
    near(summary.cuda_graphs.graph_coverage_pct!, inside * 100);
    assert.equal(summary.cuda_graphs.num_unique_graphs, graphs.distinct);
  });

  it('means grid and block over all launches of a kernel', () => {
    const profile = buildProfile({
      kernels: [
        { name: 'k', start: 0, end: 1, grid: [10, 2, 1], block: [128, 1, 1] },
        { name: 'k', start: 2, end: 3, grid: [10, 2, 1], block: [128, 1, 1] },
        { name: 'k', start: 4, end: 5, grid: [5, 1, 1], block: [32, 2, 1] },
      ],
    });
    const [row] = summarise(resultsOf(profile), '0').top_kernels;
    assert.equal(row.avg_grid_size, 15);
    assert.equal(row.avg_block_size, 106);
  });

  it('does not turn what is not known into zero', async () => {
    const { profile } = await generated({ graphs: 'graph', steps: 12, stepFormat: 'none' });
    const summary = summarise(resultsOf(profile), '0');
    assert.equal(summary.cuda_graphs.graph_kernel_launches, null);
    assert.equal(summary.attribution.missing, 'no-step-ranges');
    const empty = summarise(resultsOf(buildProfile({})), '0');
    assert.equal(empty.utilisation.busy_percent, null);
    assert.equal(empty.cuda_graphs.graph_coverage_pct, null);
    assert.equal(empty.memory, null);
    assert.equal(empty.profile.duration_ms, null);
  });

  it('survives JSON, and holds no secret of the file', async () => {
    const { profile, truth } = await generated({ steps: 12 });
    const results = resultsOf(profile);
    const summary = summarise(results, '0');
    const json = JSON.stringify(summary);
    assert.deepEqual(JSON.parse(json), summary);
    assert.ok(truth.secrets.length > 0);
    for (const secret of truth.secrets) {
      assert.ok(!json.includes(secret));
      assert.ok(!renderText(results).includes(secret));
    }
  });

  it('masks secrets on the command line', () => {
    const profile = buildProfile({
      capture: { command: ['vllm', 'serve', 'm', '--api-key', 'very-secret'] },
    });
    const results = resultsOf(profile);
    assert.equal(summarise(results, '0').profile.command, 'vllm serve m --api-key ***');
    assert.ok(!renderText(results).includes('very-secret'));
  });
});

describe('the text of an analysis', () => {
  it('has its sections for any profile, and no figure that is none', async () => {
    const { profile } = await generated({ steps: 40 });
    const text = renderText(resultsOf(profile));
    for (const section of ['Prefill and decode', 'Components', 'Kernels', 'CUDA graphs']) {
      assert.ok(text.includes(`== ${section} ==`), section);
    }
    for (const profile of [buildProfile({}), buildProfile({ kernels: [{ start: 5, end: 5 }] })]) {
      assert.doesNotMatch(renderText(resultsOf(profile)), /NaN|undefined|Infinity|null/);
    }
    assert.doesNotMatch(text, /NaN|undefined|Infinity|null/);
  });

  it('prints names, and never their control characters', () => {
    const profile = buildProfile({
      kernels: [{ name: 'evil\u001b]0;title\u0007<b>', start: 0, end: 9 }],
      capture: { command: ['x\u001b[2J'] },
    });
    const text = renderText(resultsOf(profile));
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(text, /[\u001b\u0007]/);
    assert.ok(text.includes('<b>'));
  });
});
