/** What the page of a comparison shows: the answer, the totals, the sentence. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import {
  answerOf,
  compare,
  copySides,
  type ComparisonDocument,
  type Snapshot,
} from '../../../src/analysis/compare';
import { checkFromCompare, readQuestion } from '../../../src/protocol/compare';
import { comparisonDocument } from '../../../src/report/compare-json';
import { answerText } from '../../../webview/compare/answer';
import { MODEL } from '../../data/kernels';
import { repeat } from './runs';

const SLOW = MODEL.gateUp.demangled;

function documentOf(
  baseline: readonly Snapshot[],
  current: readonly Snapshot[],
  threshold?: number,
): ComparisonDocument {
  const comparison = compare(baseline, current, { threshold });
  const facts = {
    answer: answerOf(comparison),
    copies: copySides(baseline, current, comparison.per),
    rooflines: null,
  };
  return comparisonDocument(comparison, facts, '0');
}

describe('the page of a comparison', function () {
  let first: Snapshot;
  let same: Snapshot;
  let slower: Snapshot;
  before(async () => {
    first = await repeat(1);
    same = await repeat(2);
    slower = await repeat(3, { slower: { kernel: 'gateUp', factor: 1.15 } });
  });

  it('names the kernel and its part in the change, recounted', () => {
    const { answer, waterfall } = documentOf([first], [slower]);
    assert.equal(answer.kernel, SLOW);
    const ms = (run: Snapshot) =>
      run.kernels.filter(({ name }) => name === SLOW).reduce((sum, row) => sum + row.totalMs, 0) /
      run.phases.reduce((sum, { steps }) => sum + steps, 0);
    const whole = waterfall.to - waterfall.from;
    assert.ok(Math.abs(answer.share! - (ms(slower) - ms(first)) / whole) < 1e-9);
    assert.ok(answer.share! > 0.8 && answer.share! < 1.2, String(answer.share));
  });

  it('says it in a sentence that begins with the verdict and tells what it rests on', () => {
    const text = (...of: Parameters<typeof documentOf>) =>
      answerText(documentOf(...of)).replaceAll('\u00a0', ' ');
    const one = text([first], [slower]);
    assert.match(one, /^1 kernel is slower; all GPU work by \+\d\.\d %: .* per step\. /);
    assert.ok(one.includes(SLOW), one);
    assert.match(one, /It rests on one run each, and the threshold of 10 % alone decides\.$/);
    const strict = text([first], [slower], 1);
    assert.match(strict, /^(Prefill|Decode|Mixed) step \d+\.\d % slower: .* → .* per step\. /);
    assert.match(text([first], [same]), /^No significant change: .* 10 %\. It rests/);
    const other = { ...same, identity: { ...same.identity, gpus: ['NVIDIA A100'] } };
    assert.match(text([first], [other]), /^Not comparable: Another GPU: .*A100 now\./);
    assert.match(
      text([slower], [first]),
      /^1 kernel is faster; .*(saved GPU work|Most of all it is)/,
    );
  });

  it('tells how long each side was, by recount', () => {
    const { phases, copies } = documentOf([first, same], [slower]);
    const decode = phases.find(({ phase }) => phase === 'decode')!;
    const rows = [first, same].map((run) => run.phases.find(({ phase }) => phase === 'decode')!);
    assert.equal(decode.baseline!.steps, (rows[0].steps + rows[1].steps) / 2);
    assert.equal(decode.baseline!.busyMs, (rows[0].busyMs + rows[1].busyMs) / 2);
    const steps = slower.phases.reduce((sum, row) => sum + row.steps, 0);
    const bytes = slower.copies!.reduce((sum, copy) => sum + copy.bytes!, 0) / steps;
    const told = copies!.reduce((sum, { current }) => sum + current!.bytes!, 0);
    assert.ok(Math.abs(told - bytes) < 1e-6 * bytes);
  });

  it('takes what is unknown for unknown', () => {
    const bare = { ...first, phases: [], copies: null };
    assert.deepEqual(compare([bare], [bare]).phases, []);
    assert.equal(copySides([bare], [bare], 'run'), null);
    const [operation] = copySides([bare], [first], 'run')!;
    assert.equal(operation.baseline, null);
  });

  it('believes no message and no state that makes no sense', () => {
    const openRun = { kind: 'action', action: 'openRun', side: 'current', run: 0 };
    assert.ok(checkFromCompare(openRun));
    for (const wrong of [
      null,
      7,
      {},
      { ...openRun, side: 'x' },
      { ...openRun, run: -1 },
      { ...openRun, more: 1 },
    ]) {
      assert.equal(checkFromCompare(wrong), undefined);
    }
    assert.ok(readQuestion({ kind: 'runs', baseline: ['/a'], current: ['/b'] }));
    for (const wrong of [undefined, {}, { kind: 'runs', baseline: [], current: ['/b'] }]) {
      assert.equal(readQuestion(wrong), undefined);
    }
  });
});
