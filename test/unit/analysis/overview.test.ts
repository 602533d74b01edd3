import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { overview } from '../../../src/analysis/overview';
import { buildProfile } from './build';

describe('the overview', () => {
  const command = ['vllm', 'serve', 'org/model', '--api-key', 'hunter2', '--port', '8000'];

  it('tells the command without its secrets, and the model it serves', () => {
    const profile = buildProfile({});
    const told = overview(new Analysis({ ...profile, capture: { traces: [], command } }), {});
    assert.equal(told.command, 'vllm serve org/model --api-key *** --port 8000');
    assert.equal(told.model, 'org/model');
  });

  it('tells neither where the capture says neither', () => {
    const told = overview(new Analysis(buildProfile({})), {});
    assert.equal(told.command, undefined);
    assert.equal(told.model, undefined);
  });
});
