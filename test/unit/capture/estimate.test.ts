/** How long a run still takes: true by construction. */
import assert from 'node:assert/strict';
import { Estimate } from '../../../src/capture/estimate';
import type { CaptureEvent } from '../../../src/capture/events';
import type { Plan, StageId } from '../../../src/capture/plan';

const STAGES: readonly StageId[] = ['check', 'start', 'ready', 'load', 'shut-down', 'save'];
const planned: CaptureEvent = {
  type: 'plan',
  at: 1000,
  plan: { stages: STAGES.map((id) => ({ id })) } as unknown as Plan,
};
const started = (stage: StageId, at: number): CaptureEvent => ({
  type: 'stage',
  at,
  stage,
  title: stage,
  state: 'started',
  ms: 0,
});
const sent = (done: number, total: number, at: number): CaptureEvent => ({
  type: 'progress',
  at,
  stage: 'load',
  text: '',
  done,
  total,
});
const BEFORE = [
  { stage: 'start', seconds: 1 },
  { stage: 'ready', seconds: 20 },
  { stage: 'load', seconds: 30 },
  { stage: 'shut-down', seconds: 5 },
] as const;

const after = (before: typeof BEFORE | readonly [], ...events: readonly CaptureEvent[]) => {
  const estimate = new Estimate(before);
  for (const event of [started('check', 0), planned, ...events]) estimate.take(event);
  return estimate;
};

describe('how long a run still takes', () => {
  it('is what its stages took before, less what the one under way has taken', () => {
    const { seconds, share } = after(BEFORE, started('ready', 2000)).at(7000) ?? assert.fail();
    assert.equal(seconds, 15 + 30 + 5);
    assert.equal(share, 7 / (7 + 50));
  });

  it('is never less than nothing for a stage that takes longer than before', () => {
    assert.equal(after(BEFORE, started('ready', 2000)).at(102_000)?.seconds, 0 + 30 + 5);
  });

  it('is counted where requests are, as soon as there are enough', () => {
    const at = (done: number) =>
      after(BEFORE, started('load', 10_000), sent(done, 100, 14_000)).at(14_000)?.seconds;
    assert.equal(at(50), 4 + 5, 'half of them took 4 s');
    assert.equal(at(1), 26 + 5, 'one of a hundred tells nothing');
  });

  it('is not known of a first run', () => {
    assert.equal(after([], started('ready', 2000)).at(3000), undefined);
    assert.equal(new Estimate(BEFORE).at(0), undefined, 'nothing has begun');
  });
});
