/** What the editor decides by names: which files are one run's ranks, and which source a frame is of. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bestMatches, commonTail, currentLine, functionOf } from '../../../src/vscode/torch/match';
import { rankOfName, siblingRanks } from '../../../src/vscode/torch/ranks';

describe('ranks beside a trace', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'profilemate-ranks-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const add = (name: string, seconds?: number): string => {
    const file = path.join(folder, name);
    writeFileSync(file, '{}');
    if (seconds !== undefined) utimesSync(file, seconds, seconds);
    return file;
  };
  const vllm = (rank: number, time: number): string =>
    `dp0_pp0_tp${rank}_dcp0_ep${rank}_rank${rank}.${time}341309550.pt.trace.json.gz`;

  it('are told by vLLM’s names, whatever their places in the groups', async () => {
    const files = [0, 1, 2, 10].map((rank) => add(vllm(rank, 1773709742 + (rank % 3))));
    add('async_llm.1773709742341309550.pt.trace.json.gz');
    add('profiler_out_0.txt');
    const ranks = await siblingRanks(files[1]);
    assert.deepEqual(
      ranks,
      [0, 1, 2, 10].map((rank, at) => ({ rank, path: files[at] })),
    );
  });

  it('of several runs are kept apart by when they were written', async () => {
    const first = [0, 1].map((rank) => add(vllm(rank, 1773700000 + rank)));
    const second = [0, 1, 2].map((rank) => add(vllm(rank, 1773790000 + rank)));
    assert.deepEqual(
      (await siblingRanks(first[0])).map(({ path: file }) => file),
      first,
    );
    assert.deepEqual(
      (await siblingRanks(second[2])).map(({ path: file }) => file),
      second,
    );
  });

  it('are told by when files were written where names do not say', async () => {
    const names = [0, 1].map(
      (rank) => `rank-${rank}.Jul_15_10_52_4${rank}.107${rank}.pt.trace.json`,
    );
    const files = names.map((name, at) => add(name, 1_700_000_000 + at));
    assert.deepEqual(
      (await siblingRanks(files[0])).map(({ rank }) => rank),
      [0, 1],
    );
  });

  it('are none where the name has no rank, or the file is alone', async () => {
    assert.deepEqual(await siblingRanks(add('trace.pt.trace.json')), []);
    assert.equal(rankOfName('franking.json'), undefined);
    assert.equal(rankOfName('rank0.txt'), undefined);
    assert.equal((await siblingRanks(add('run_rank0.pt.trace.json'))).length, 1);
    assert.deepEqual(await siblingRanks('/no/such/rank0.pt.trace.json'), []);
  });
});

describe('a place in a trace and a file', () => {
  it('are the same where a relative path fits whole', () => {
    assert.equal(commonTail('vllm/v1/worker.py', '/w/vllm/vllm/v1/worker.py'), 3);
    assert.equal(commonTail('vllm/v1/worker.py', '/w/other/v1/worker.py'), 0);
    assert.equal(commonTail('worker.py', '/w/worker.py'), 1);
  });

  it('are the same where the end of another machine’s path fits', () => {
    const traced = '/usr/local/lib/python3.12/dist-packages/vllm/v1/worker.py';
    assert.equal(commonTail(traced, '/home/me/vllm/v1/worker.py'), 3);
    assert.equal(commonTail(traced, '/home/me/worker.py'), 0);
    assert.equal(commonTail('C:\\py\\vllm\\v1\\worker.py', '/home/me/vllm/v1/worker.py'), 3);
  });

  it('are chosen by the longest end, all of those that fit as well', () => {
    const files = ['/a/v1/worker.py', '/b/vllm/v1/worker.py', '/c/vllm/v1/worker.py', '/d/x.py'];
    const best = bestMatches('/x/vllm/v1/worker.py', files, (file) => file);
    assert.deepEqual(best, files.slice(1, 3));
    assert.deepEqual(
      bestMatches('', files, (file) => file),
      [],
    );
  });

  it('find a function that has moved since', () => {
    const lines = ['import x', '', 'def forward(self):', '    pass', '@decorated', 'def other():'];
    assert.equal(functionOf('a/b.py(3): forward'), 'forward');
    assert.equal(currentLine(lines, 3, 'forward'), 3);
    assert.equal(currentLine(lines, 1, 'forward'), 3);
    assert.equal(currentLine(lines, 5, 'other'), 5);
    assert.equal(currentLine(lines, 99, 'forward'), 3);
    assert.equal(currentLine(lines, 99, 'gone'), undefined);
    assert.equal(currentLine(lines, 2, '<module>'), 2);
    // A name is text, not a pattern.
    assert.equal(currentLine(lines, 99, '.*'), undefined);
  });
});
