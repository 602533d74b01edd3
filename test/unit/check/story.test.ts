/** From a baseline to the trend, by the built command: twenty repeats raise no alarm, one slower kernel does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import type { TrendsDocument } from '../../../src/protocol/trends';
import { toFile } from '../../data/sqlite';
import { vllm } from '../../data/vllm';
import { build, profilemate } from '../cli/run';
import { SMALL } from '../compare/runs';
import { Runs, SLOW } from './runs';

const REPEATS = 20;

describe('a baseline, twenty repeats, and a kernel that became 15 % slower', function () {
  let runs: Runs;
  let baseline: string;
  let store: string;
  before(() => {
    build();
    runs = new Runs();
    baseline = runs.path('model.profile-baseline.json');
    store = runs.path('history.sqlite');
    assert.equal(profilemate('history', 'baseline', runs.baseline, '-o', baseline).status, 0);
  });
  after(() => runs.remove());

  const keep = (name: string, seed: number, factor: number): string => {
    const file = runs.path(`${name}.nsys.sqlite`);
    toFile(file, (sink) =>
      vllm(sink, { ...SMALL, load: 1, seed, slower: { kernel: 'gateUp', factor } }),
    );
    assert.equal(profilemate('history', 'add', file, '--store', store, '--commit', name).status, 0);
    return file;
  };
  const check = () =>
    profilemate('check', '--history', store, '--baseline', baseline, '--threshold', '10');
  const changes = (): readonly (readonly [string, string | null])[] => {
    const { stdout } = profilemate('history', 'trends', '--json', '--store', store);
    const { groups } = JSON.parse(stdout) as TrendsDocument;
    const [{ trends }] = groups;
    return trends.flatMap(({ name, points, changes: found }) =>
      found.map(({ index }) => [name, points[index].commit] as const),
    );
  };

  it('raises no alarm in any of the repeats, nor in their trend', () => {
    for (let i = 0; i < REPEATS; i++) {
      keep(`repeat${i}`, 100 + i, 1);
      const { status, stdout } = check();
      assert.equal(status, 0, `repeat ${i}: ${stdout.split('\n')[1]}`);
    }
    assert.deepEqual(changes(), []);
  });

  it('exits with 1 and the name, and shows it in the report and as a change of the trend', () => {
    const slower = Array.from({ length: 3 }, (_, i) => keep(`slower${i}`, 200 + i, 1.15));
    const { status, stdout } = check();
    assert.equal(status, 1);
    assert.ok(stdout.includes(SLOW), stdout);
    const page = runs.path('report.html');
    const args = ['--nsys', slower[0], '--baseline', baseline, '-o', page];
    assert.equal(profilemate('report', ...args).status, 0);
    assert.ok(readFileSync(page, 'utf8').includes(`Kernel time regression: +1`));
    assert.ok(readFileSync(page, 'utf8').includes(SLOW));
    assert.deepEqual(
      changes().filter(([name]) => name === `kernel:${SLOW}`),
      [[`kernel:${SLOW}`, 'slower0']],
    );
  });
});
