import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { metricsOf, unitOf, type Comparison, type Snapshot } from '../../../src/analysis/compare';
import {
  baselineText,
  compareToBaseline,
  isBaseline,
  makeBaseline,
  NotABaseline,
  readBaseline,
  updateBaseline,
  writeBaseline,
} from '../../../src/history/baseline';
import { MODEL } from '../../data/kernels';
import { repeat } from '../compare/runs';

const SET = '2026-03-01T00:00:00.000Z';
const schema = JSON.parse(readFileSync('schemas/profile-baseline.schema.json', 'utf8')) as {
  properties: {
    metrics: { propertyNames: { anyOf: { enum?: string[]; pattern?: string }[] } };
    provenance: unknown;
    history: unknown;
  };
  definitions: { metric: { properties: object }; provenance: { properties: object } };
};

describe('a baseline', function () {
  let run: Snapshot;
  let same: Snapshot;
  let slower: Snapshot;
  let folder: string;
  before(async () => {
    run = await repeat(1);
    same = await repeat(2);
    slower = await repeat(3, { slower: { kernel: 'gateUp', factor: 1.15 } });
    folder = mkdtempSync(join(tmpdir(), 'profilemate baseline '));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('goes to a file and comes back', async () => {
    const made = makeBaseline(run, SET);
    const file = join(folder, 'deep', 'x.profile-baseline.json');
    await writeBaseline(file, made);
    assert.deepEqual(readBaseline(readFileSync(file, 'utf8')), JSON.parse(baselineText(made)));
    assert.deepEqual(readdirSync(join(folder, 'deep')), ['x.profile-baseline.json']);
    assert.ok(isBaseline(JSON.parse(baselineText(made))));
    assert.equal(made.provenance.model, 'meta-llama/Llama-3.2-1B-Instruct');
    assert.match(made.provenance.gpus[0], /H100/);
    assert.equal(made.metrics['decode.step_ms'].unit, 'ms');
  });

  it('finds the slower kernel, and nothing in a repeat', () => {
    const made = readBaseline(baselineText(makeBaseline(run, SET)));
    assert.equal(compareToBaseline(made, [same]).verdict, 'within noise');
    const result = compareToBaseline(made, [slower]);
    assert.equal(result.verdict, 'regressed');
    assert.equal(result.kernels[0].name, MODEL.gateUp.demangled);
    const { from, to, bars } = result.waterfall;
    const sum = bars.reduce((total, { delta }) => total + delta, 0);
    assert.ok(Math.abs(sum - (to - from)) < 1e-12);
    const metric = result.metrics.find((row) => row.metric.title === MODEL.gateUp.demangled)!;
    assert.equal(metric.verdict, 'regressed');
  });

  it('goes by the tolerances and values that a person wrote', () => {
    const made = makeBaseline(run, SET);
    const strict = {
      ...made,
      metrics: {
        ...made.metrics,
        'decode.step_ms': { ...made.metrics['decode.step_ms'], tolerance: 1 },
      },
    };
    const decode = (result: Comparison) =>
      result.metrics.find(({ metric }) => metric.name === 'decode.step_ms')!;
    assert.equal(decode(compareToBaseline(strict, [slower])).verdict, 'regressed');
    const wished = {
      ...made,
      metrics: { 'decode.step_ms': { value: 0.01, unit: 'ms', tolerance: 10 } },
    };
    assert.equal(decode(compareToBaseline(wished, [same])).verdict, 'regressed');
    assert.equal(decode(compareToBaseline(wished, [same])).baseline, 0.01);
  });

  it('works without the run it came from', () => {
    const value = metricsOf([run])
      .find(({ name }) => name === 'decode.step_ms')!
      .value(run)!;
    const held = readBaseline(JSON.stringify({ metrics: { 'decode.step_ms': value } }));
    assert.equal(held.metrics['decode.step_ms'].tolerance, 10);
    assert.equal(compareToBaseline(held, [same]).verdict, 'within noise');
    const half = readBaseline(
      JSON.stringify({ metrics: { 'decode.step_ms': { value: value / 2 } } }),
    );
    assert.equal(compareToBaseline(half, [same]).verdict, 'regressed');
  });

  it('keeps what it said before when it is updated', () => {
    const made = makeBaseline(run, SET, 7);
    const updated = updateBaseline(made, slower, '2026-04-01T00:00:00.000Z');
    assert.equal(updated.history.length, 1);
    assert.equal(
      updated.history[0].metrics['decode.step_ms'],
      made.metrics['decode.step_ms'].value,
    );
    assert.equal(updated.history[0].provenance.set_at, SET);
    assert.equal(updated.metrics['decode.step_ms'].tolerance, 7);
    assert.notEqual(updated.metrics['decode.step_ms'].value, made.metrics['decode.step_ms'].value);
    assert.deepEqual(Object.keys(updated.metrics), Object.keys(made.metrics));
    assert.equal(compareToBaseline(updated, [slower]).verdict, 'within noise');
  });

  it('refuses what is none, and what is from the future', () => {
    for (const text of ['', '[]', '{}', '{"metrics": {}}', '{"metrics": {"a": "b"}}'])
      assert.throws(() => readBaseline(text), NotABaseline, text);
    assert.throws(
      () => readBaseline('{"type":"profilemate-baseline","version":9}'),
      /version is 9/,
    );
    assert.equal(isBaseline({ metrics: { a: { b: 1 } } }), false);
  });

  it('does without a snapshot that was damaged', () => {
    const document = JSON.parse(baselineText(makeBaseline(run, SET))) as Record<string, unknown>;
    for (const snapshot of [null, 1, {}, { version: 1, phases: [], kernels: [{}] }]) {
      const read = readBaseline(JSON.stringify({ ...document, snapshot }));
      assert.equal(read.snapshot, null);
      assert.notEqual(compareToBaseline(read, [same]).verdict, 'regressed');
    }
  });

  it('has the names that its schema knows, and no others', () => {
    const made = JSON.parse(baselineText(makeBaseline(run, SET))) as ReturnType<
      typeof makeBaseline
    >;
    const rules = schema.properties.metrics.propertyNames.anyOf;
    const known = new Set(rules.flatMap((rule) => rule.enum ?? []));
    const patterns = rules.flatMap((rule) => (rule.pattern ? [new RegExp(rule.pattern)] : []));
    const allowed = (name: string) => known.has(name) || patterns.some((p) => p.test(name));
    const full: Snapshot = {
      ...run,
      client: {
        latencies: Object.fromEntries(
          ['ttft', 'tpot', 'itl', 'e2e'].map((name) => [
            name,
            { mean: 1, p50: 1, p90: 1, p95: 1, p99: 1 },
          ]),
        ),
        outputTokensPerSecond: 1,
        requestsPerSecond: 1,
        requests: 1,
        failed: 0,
      },
      serving: {
        kvMeanPercent: 1,
        kvPeakPercent: 1,
        runningRequests: 1,
        preemptedPercent: 1,
      },
    };
    const metrics = metricsOf([full]);
    for (const { name, unit } of metrics) {
      assert.ok(allowed(name), name);
      assert.equal(unitOf(name), unit, name);
    }
    const names = new Set(metrics.map(({ name }) => name));
    for (const name of known) assert.ok(names.has(name), name);
    assert.ok(Object.keys(made.metrics).every(allowed));
    assert.deepEqual(
      Object.keys(made.provenance).sort(),
      Object.keys(schema.definitions.provenance.properties).sort(),
    );
    for (const metric of Object.values(made.metrics))
      assert.deepEqual(
        Object.keys(metric).sort(),
        Object.keys(schema.definitions.metric.properties).sort(),
      );
  });
});
