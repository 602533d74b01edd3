import assert from 'node:assert/strict';
import type { StepPoint } from '../../../src/analysis/phases';
import { windowOfStep } from '../../../webview/views/kernels/step-of-launch';

function step(name: string, start: number, span: number): StepPoint {
  return {
    step: 0,
    phase: 'decode',
    engine: 0,
    start,
    span,
    busy: span,
    requests: 1,
    tokens: 1,
    name,
  };
}

const steps = [step('a', 100, 50), step('b', 200, 50), step('a', 300, 50), step('a', 900, 10)];

describe('the step of a launch', () => {
  it('is the one it runs in', () => {
    assert.deepEqual(windowOfStep({ step: 'a', start: 310, duration: 5 }, steps), [300, 350]);
  });

  it('of a rank that lags behind the lead is the nearest of its name, and holds the launch', () => {
    assert.deepEqual(windowOfStep({ step: 'a', start: 360, duration: 20 }, steps), [300, 380]);
    assert.deepEqual(windowOfStep({ step: 'a', start: 90, duration: 20 }, steps), [90, 150]);
  });

  it('is not one that lies elsewhere in time, or has another name', () => {
    assert.equal(windowOfStep({ step: 'a', start: 600, duration: 5 }, steps), undefined);
    assert.equal(windowOfStep({ step: 'c', start: 210, duration: 5 }, steps), undefined);
    assert.equal(windowOfStep({ step: undefined, start: 210, duration: 5 }, steps), undefined);
  });

  it('that has no length is a window all the same', () => {
    const [start, end] = windowOfStep({ step: 'z', start: 5, duration: 0 }, [step('z', 5, 0)])!;
    assert.ok(end > start);
  });
});
