/** From the stand-in's own counts, through the layer's files, to what the command says. */
import assert from 'node:assert/strict';
import { session as command } from '../../../src/cli/session';
import { forwardLatency } from '../../../src/analysis/session/latency';
import { StepIndex } from '../../../src/analysis/session/cross-reference';
import { readSession } from '../../../src/readers/session';
import { interpreters, Run } from '../python/standin';

const python = interpreters().values().next().value;

async function output(args: readonly string[]): Promise<string> {
  const write = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = ((chunk: string, done?: () => void) => {
    text += chunk;
    done?.();
    return true;
  }) as typeof process.stdout.write;
  try {
    assert.equal(await command.run(args), 0);
  } finally {
    process.stdout.write = write;
  }
  return text;
}

describe('a session from end to end', function () {
  let run: Run | undefined;
  before(async function () {
    if (python === undefined) {
      console.warn('NO PYTHON 3.9 OR LATER: 3 tests of whole sessions are left out.');
      this.skip();
    }
    run = new Run({
      python,
      version: '0.27.0',
      runner: 'V2',
      args: ['--tp', '2', '--requests', '60', '--images'],
    });
    assert.equal(await run.wait(), 0, run.stderr);
  });
  after(() => run?.done());

  it('the command counts what happened', async () => {
    const document = JSON.parse(await output([run!.session, '--json'])) as Record<string, unknown>;
    const truths = run!.truth();
    const engine = truths.find(({ counts }) => counts.schedule_calls !== undefined)!;
    const worker = truths.find(({ counts }) => counts.worker_steps !== undefined)!;
    const graphs = document.cuda_graphs as { steps: number; coverage: number; captured: number };
    assert.equal(graphs.steps, worker.counts.worker_steps);
    const eager = (worker.lists.replayed ?? []).filter(([mode]) => mode === 'NONE').length;
    assert.ok(Math.abs(graphs.coverage - (1 - eager / graphs.steps)) < 1e-12);
    assert.equal(graphs.captured, 8);
    const requests = document.requests as { requests: number; preemptions: number };
    assert.equal(requests.requests, 60);
    assert.equal(requests.preemptions, (engine.lists.preempted ?? []).length);
    const kv = document.kv_cache as { evictions: { count: number } };
    assert.equal(kv.evictions.count, (engine.lists.evictions ?? []).length);
    const [batches] = document.batches as { steps: number }[];
    assert.equal(batches.steps, engine.counts.steps);
    assert.equal((document.processes as unknown[]).length, 3);
  });

  it('text and Prometheus agree with it', async () => {
    const worker = run!.truth().find(({ counts }) => counts.worker_steps !== undefined)!;
    assert.match(await output([run!.session]), /60 finished/);
    const text = await output([run!.session, '--prometheus']);
    const steps = [
      ...text.matchAll(/^profilemate_cuda_graph_steps_total\{.*rank="0".*\} (\d+)$/gm),
    ];
    assert.equal(
      steps.reduce((sum, [, count]) => sum + Number(count), 0),
      worker.counts.worker_steps,
    );
    for (const line of text.trimEnd().split('\n')) {
      assert.match(line, /^(#|[a-z_]+\{([a-z_]+="[^"]*",?)*\} [\d.e+-]+$)/);
    }
  });

  it('each rank is its own row, and each step is found by its time', async () => {
    const session = await readSession(run!.session);
    const ranks = session.processes.filter(({ roles }) => roles.includes('worker'));
    assert.deepEqual(ranks.map(({ rank }) => rank).sort(), [0, 1]);
    const processes = new Set(forwardLatency(session).map(({ process }) => process));
    assert.equal(processes.size, 2);
    for (const process of processes) {
      const index = new StepIndex(session, process);
      for (const place of [0, 5, index.length - 1]) {
        const { start, descriptor, step } = index.step(place);
        assert.equal(index.at(start)?.step, step);
        assert.notEqual(descriptor, '');
      }
    }
  });
});
