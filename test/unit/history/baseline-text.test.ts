import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { locateMetrics } from '../../../src/history/baseline-text';
import { cost } from '../../harness/cost';

const DOCUMENT = {
  type: 'profilemate-baseline',
  provenance: { run: 'a {"metrics": 1}', value: 5 },
  metrics: {
    'decode.step_ms': { value: 1.25, unit: 'ms', tolerance: 10 },
    'kernel:f<"x\\", 4>': { unit: 'ms', value: -2e-3 },
    plain: 7,
    none: { unit: 'ms' },
  },
  history: [{ metrics: { 'decode.step_ms': 99 } }],
  snapshot: { metrics: { no: { value: 1 } }, kernels: [{ name: 'value' }] },
};

describe('the places of metrics in a baseline', () => {
  it('are those of its names and numbers, and of no other', () => {
    for (const text of [
      JSON.stringify(DOCUMENT, undefined, 2),
      JSON.stringify(DOCUMENT),
      `\n\n ${JSON.stringify(DOCUMENT)}`,
    ]) {
      const { top, metrics } = locateMetrics(text);
      assert.equal(text[top], '{');
      assert.equal(top, text.indexOf('{'));
      assert.deepEqual(
        metrics.map(({ name, value }) => [
          name,
          value && Number(text.slice(value.offset, value.offset + value.length)),
        ]),
        [
          ['decode.step_ms', 1.25],
          ['kernel:f<"x\\", 4>', -0.002],
          ['plain', 7],
          ['none', undefined],
        ],
      );
      for (const { name, offset, length } of metrics)
        assert.equal(JSON.parse(text.slice(offset, offset + length)), name);
    }
  });

  it('are found as far as a text goes, and no text is too much', async () => {
    const text = JSON.stringify(DOCUMENT, undefined, 2);
    for (let end = 0; end <= text.length; end += 7) {
      assert.ok(locateMetrics(text.slice(0, end)).metrics.length <= 4);
    }
    assert.deepEqual(locateMetrics('').metrics, []);
    assert.deepEqual(locateMetrics(']]]}}}{"metrics"').metrics, []);
    const ms = await cost(() => {
      locateMetrics('{"metrics":{' + '"a":['.repeat(50_000));
      locateMetrics('"'.repeat(200_000));
    });
    assert.ok(ms < 2_000, `${ms} ms`);
  });
});
