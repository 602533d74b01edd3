/** What someone wrote into tasks.json, or was remembered, as settings of a run. */
import assert from 'node:assert/strict';
import { DEFAULTS, settingsProblems } from '../../../src/capture/settings';
import { MASK } from '../../../src/capture/secrets';
import {
  definitionOfRecord,
  hasMaskedArguments,
  parseDefinition,
  settingsOf,
} from '../../../src/vscode/capture/definition';

const machine = { folder: '/work space', outputDir: 'profiles', runtimeLayer: '/layer' };

describe('a definition of a run', () => {
  it('has defaults for what is not in it, also where that is said', () => {
    const settings = settingsOf(
      { model: 'm', serverArgs: undefined, load: { requests: 3, rate: undefined } },
      machine,
    );
    assert.deepEqual(settings.serverArgs, DEFAULTS.serverArgs);
    assert.deepEqual(settings.load, { ...DEFAULTS.load, requests: 3 });
    assert.equal(settings.outputDir, '/work space/profiles');
    assert.deepEqual(settingsProblems(settings), []);
  });

  it('cannot say where programs are', () => {
    const parsed = parseDefinition({ model: 'm', vllm: '/tmp/evil', nsys: '/tmp/evil' });
    assert.deepEqual(parsed, { model: 'm' });
  });

  it('is refused with what is wrong', () => {
    assert.throws(() => parseDefinition({ mode: 'fast' }), /^Error: mode: /);
    assert.throws(() => parseDefinition({ load: { requests: -1 } }), /^Error: load/);
    assert.throws(() => parseDefinition({ captureRange: 'sometimes' }), /^Error: captureRange: /);
  });

  it('is what a record says of its run, without what is masked there', () => {
    const definition = definitionOfRecord({
      model: 'm',
      env: { HF_TOKEN: MASK, NAME: 'value' },
      serverArgs: ['--api-key', MASK],
    });
    assert.deepEqual(definition.env, { NAME: 'value' });
    assert.ok(hasMaskedArguments(definition));
  });

  it('names a run that has no model', () => {
    const script = { kind: 'script', file: 'tests/offline.py', args: [] } as const;
    const settings = settingsOf({ target: { ...script, args: [] } }, machine);
    assert.equal(settings.model, 'offline');
    assert.deepEqual(settings.target, { ...script, file: '/work space/tests/offline.py' });
  });
});
