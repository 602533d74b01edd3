import assert from 'node:assert/strict';
import { fuzz } from '../../fuzz/run';

describe('fuzz: spoilt exports', function () {
  it('never crash, hang, or give a wrong figure without a word', async () => {
    const count = 250;
    const results = await fuzz({ seed: 20_260_101, count });
    assert.equal(results.length, count);
    const failures = results
      .filter(({ failure }) => failure !== undefined)
      .map(({ index, mutations, failure }) => `case ${index}: ${mutations.join(', ')}\n${failure}`);
    assert.deepEqual(failures, []);
    // Not all of it may be refused at the door, or nothing was tried.
    const read = results.filter(({ end }) => end === 'read').length;
    assert.ok(read > count / 2, `${read} were read`);
    assert.ok(read < count, 'damage was refused');
  });
});
