import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { RequestFailure } from '../../../src/engine/failure';
import { Session, type ReadProfile } from '../../../src/engine/session';
import type { Profile } from '../../../src/profile/model';
import type { FromWorker } from '../../../src/protocol/messages';
import type { Page, Stage } from '../../../src/protocol/requests';
import type { KernelRow } from '../../../src/analysis/kernels';
import { buildProfile } from '../analysis/build';

const PROFILE = buildProfile({
  kernels: [
    { name: 'gemm', start: 100, end: 300, correlation: 1 },
    { name: 'flash', start: 300, end: 900, correlation: 2 },
    { name: 'my_own', start: 900, end: 1000, correlation: 3 },
  ],
  api: [{ start: 40, end: 50, correlation: 1 }],
});

const kernels = (id: number, filter = '') => ({
  kind: 'call' as const,
  id,
  name: 'kernels' as const,
  params: { scope: {}, filter, offset: 0, limit: 10, grouping: 'kernel' as const },
});
const memory = (id: number) => ({
  kind: 'call' as const,
  id,
  name: 'memory' as const,
  params: { scope: {} },
});

/** A reading whose steps the test takes. */
class Reading {
  readonly sent: FromWorker[] = [];
  readonly session: Session;
  signal: AbortSignal | undefined;
  private onStage!: (stage: Stage, profile: Profile) => void;
  private end!: { resolve: (profile: Profile) => void; reject: (error: unknown) => void };
  readonly running: Promise<void>;

  constructor(rules: readonly { component: string; pattern: string }[] = []) {
    const read: ReadProfile = (_path, options) => {
      this.onStage = (stage, profile) => options.onStage!(stage, profile);
      this.signal = options.signal;
      return new Promise((resolve, reject) => {
        this.end = { resolve, reject };
      });
    };
    this.session = new Session({ path: '/a', rules }, (message) => this.sent.push(message), read);
    this.running = this.session.run();
  }

  async stage(stage: Stage): Promise<void> {
    this.onStage(stage, PROFILE);
    await settle();
  }

  async fail(error: unknown): Promise<void> {
    this.end.reject(error);
    await this.running;
    await settle();
  }

  answer(id: number) {
    return this.sent.find((message) => message.kind === 'answer' && message.id === id);
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

describe('a session', () => {
  it('answers each question as soon as its part has been read, and no sooner', async () => {
    const reading = new Reading();
    reading.session.receive(kernels(1));
    reading.session.receive(memory(2));
    reading.session.receive(kernels(3, 'phase:decode'));
    reading.session.receive({ kind: 'call', id: 4, name: 'status', params: {} });
    await settle();
    assert.deepEqual(reading.sent, []);

    await reading.stage('facts');
    assert.deepEqual(ids(reading), [4]);
    await reading.stage('kernels');
    assert.deepEqual(ids(reading), [4, 1]);
    await reading.stage('complete');
    // Phases come from ranges, which are read last.
    assert.deepEqual(ids(reading), [4, 1, 2, 3]);
  });

  it('tells the stages, with what the file holds', async () => {
    const reading = new Reading();
    await reading.stage('complete');
    const [stage] = reading.sent;
    assert.ok(stage.kind === 'stage');
    assert.deepEqual(stage.status.extent, [40, 1000]);
    assert.equal(stage.status.stage, 'complete');
    assert.deepEqual(stage.status.devices, [{ index: 0, name: 'GPU' }]);
  });

  it('drops a question that was cancelled while it waited', async () => {
    const reading = new Reading();
    reading.session.receive(kernels(1));
    reading.session.receive(kernels(2));
    reading.session.receive({ kind: 'cancel', id: 1 });
    await reading.stage('complete');
    const cancelled = reading.answer(1);
    assert.ok(cancelled?.kind === 'answer' && !cancelled.ok);
    assert.equal(cancelled.error.code, 'cancelled');
    assert.ok(reading.answer(2)?.kind === 'answer');
    assert.equal(ids(reading).filter((id) => id === 1).length, 1);
  });

  it('answers no question from a part of a file that could not be read to its end', async () => {
    const reading = new Reading();
    await reading.stage('kernels');
    reading.session.receive(memory(1));
    await reading.fail(new RequestFailure('truncated', 'It is cut off.'));
    reading.session.receive(kernels(2));
    await settle();
    assert.deepEqual(
      reading.sent.find(({ kind }) => kind === 'failed'),
      { kind: 'failed', error: { code: 'truncated', message: 'It is cut off.' } },
    );
    for (const id of [1, 2]) {
      const answer = reading.answer(id);
      assert.ok(answer?.kind === 'answer' && !answer.ok);
      assert.equal(answer.error.code, 'truncated');
    }
  });

  it('refuses what is malformed, and goes on', async () => {
    const reading = new Reading();
    await reading.stage('complete');
    reading.session.receive({ kind: 'call', id: 1, name: 'kernels', params: {} } as never);
    reading.session.receive({ kind: 'nonsense' } as never);
    reading.session.receive(kernels(2));
    await settle();
    const refused = reading.answer(1);
    assert.ok(refused?.kind === 'answer' && !refused.ok);
    assert.equal(refused.error.code, 'bad-request');
    const answered = reading.answer(2);
    assert.ok(answered?.kind === 'answer' && answered.ok);
  });

  it('refuses a column that is not there', async () => {
    const reading = new Reading();
    await reading.stage('complete');
    const call = kernels(1);
    reading.session.receive({
      ...call,
      params: { ...call.params, sort: { column: 'colour' as never, descending: false } },
    });
    await settle();
    const refused = reading.answer(1);
    assert.ok(refused?.kind === 'answer' && !refused.ok);
    assert.match(refused.error.message, /colour/);
  });

  it('computes anew when the component rules change, without reading again', async () => {
    const reading = new Reading([{ component: 'norm', pattern: 'my_own' }]);
    await reading.stage('complete');
    reading.session.receive(kernels(1, 'my_own'));
    await settle();
    assert.equal(firstComponent(reading, 1), 'norm');
    reading.session.receive({ kind: 'configure', rules: [{ component: 'rope', pattern: 'my_' }] });
    reading.session.receive(kernels(2, 'my_own'));
    await settle();
    assert.equal(firstComponent(reading, 2), 'rope');
    const stages = reading.sent.filter(({ kind }) => kind === 'stage');
    assert.equal(stages.length, 2, 'the views are not told to ask again');
  });

  it('stops reading when it is let go of', () => {
    const reading = new Reading();
    reading.session.dispose();
    assert.equal(reading.signal?.aborted, true);
  });
});

function ids(reading: Reading): number[] {
  return reading.sent.flatMap((message) => (message.kind === 'answer' ? [message.id] : []));
}

function firstComponent(reading: Reading, id: number): string {
  const answer = reading.answer(id);
  assert.ok(answer?.kind === 'answer' && answer.ok);
  return (answer.result as Page<KernelRow>).rows[0].component;
}
