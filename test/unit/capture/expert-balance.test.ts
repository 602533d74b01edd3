import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { balanceSeries } from '../../../src/analysis/expert-balance';
import { BalanceLog, readBalance } from '../../../src/capture/expert-balance';

const PREFIX = '(Worker_TP0_EP0 pid=71) INFO 08-27 14:03:11 [eplb_state.py:482] ';

describe('the balance of experts in a log', () => {
  it('is read in the words of each version, however the text comes in pieces', () => {
    const log = new BalanceLog();
    const text = [
      `${PREFIX}EPLB step: avg_tokens=30.00, max_tokens=40, balancedness=0.7500`,
      'INFO Avg prompt throughput: 12.0 tokens/s',
      `${PREFIX}EPLB step: avg_tokens=10.00, max_tokens=40, balancedness=0.2500`,
      // A step in which nothing was routed.
      `${PREFIX}EPLB step: avg_tokens=0.00, max_tokens=0, balancedness=0.0000`,
      `${PREFIX}EPLB step: 40 for model org/M:1: avg_tokens=96.00, max_tokens=128, balancedness=0.7500`,
      `${PREFIX}EPLB step: 60 for model draft: avg_tokens=5.50, max_tokens=5.5, balancedness=1.0000, steps until the next rearrangement: 2940`,
      `${PREFIX}EPLB step: 80 for model org/M:1: avg_tokens=64.00, max_tokens=128, balancedness=0.5000, steps until`,
      '',
    ].join('\n');
    for (let i = 0; i < text.length; i += 7) log.take(text.slice(i, i + 7), i);
    const balance = log.figures([0, 29, 0]);
    assert.equal(balance?.across, 'gpus');
    assert.deepEqual(
      balance.models.map(({ samples, ...figures }) => ({ ...figures, count: samples.length })),
      [
        { balancedness: 40 / 80, p50: 0.5, min: 0.25, count: 2 },
        { model: 'org/M:1', balancedness: 160 / 256, p50: 0.625, min: 0.5, count: 2 },
        { model: 'draft', balancedness: 1, p50: 1, min: 1, count: 1 },
      ],
    );
    assert.deepEqual(
      balance.models[1].samples.map(({ step }) => step),
      [40, 80],
    );
  });

  it('is none where the log tells none, and is not taken for that of GPUs where it is of layers', () => {
    const log = new BalanceLog();
    log.take('INFO EPLB step without figures\n', 0);
    assert.equal(log.figures([0, 29, 0]), undefined);
    log.take('EPLB step: avg_tokens=1.00, max_tokens=2, balancedness=0.5000\n', 0);
    assert.equal(log.figures([0, 27, 1])?.across, 'layers');
    assert.equal(log.figures(undefined)?.across, undefined);
  });

  it('keeps a picture’s worth of samples, and the figures of all', () => {
    const log = new BalanceLog();
    for (let i = 0; i < 50_000; i++)
      log.take(`EPLB step: avg_tokens=${1 + (i % 2)}.00, max_tokens=4, balancedness=x\n`, i);
    const [model] = log.figures([0, 29, 0])?.models ?? [];
    assert.ok(model.samples.length <= 20_000);
    assert.equal(model.balancedness, 1.5 / 4);
    assert.deepEqual([model.p50, model.min], [0.375, 0.25]);
  });

  it('is drawn in bins that models share, with nothing where the log was silent', () => {
    const log = new BalanceLog();
    const say = (model: string, average: number, at: number) =>
      log.take(
        `EPLB step: 1 for model ${model}: avg_tokens=${average}, max_tokens=4, balancedness=\n`,
        at,
      );
    say('a', 1, 1000);
    say('a', 3, 1000);
    say('b', 2, 2000);
    say('a', 4, 2200);
    const balance = log.figures([0, 29, 0]);
    assert.ok(balance);
    const [a, b] = balanceSeries(balance, 500);
    assert.deepEqual([a.start, a.width * a.mean.length], [500e6, 1200e6]);
    assert.deepEqual([a.mean[0], a.min[0], a.max[0]], [0.5, 0.25, 0.75]);
    assert.equal(a.mean[a.mean.length - 1], 1);
    assert.equal(b.mean[100], 0.5);
    assert.equal(b.mean.filter((value) => !Number.isNaN(value)).length, 1);
  });

  it('in a file that is another one, is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'balance-'));
    try {
      const file = join(folder, 'expert_balance.json');
      for (const text of ['', 'null', '{"schema_version":1,"models":[]}', '{"schema_version":2}']) {
        writeFileSync(file, text);
        assert.equal(await readBalance(file), undefined, text);
      }
      assert.equal(await readBalance(folder), undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
