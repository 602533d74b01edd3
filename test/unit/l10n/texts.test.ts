import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const json = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;

describe('texts for people', () => {
  it('are all in the bundle that translations start from', async function () {
    const { bundle, collect } = await import('../../../scripts/l10n.mjs');
    const texts = collect();
    assert.ok(Object.keys(texts).length > 20);
    assert.deepEqual(json(bundle), texts, 'run: node scripts/l10n.mjs');
  });

  it('of the manifest are all in package.nls.json, and no others', () => {
    const manifest = readFileSync('package.json', 'utf8');
    const named = [...manifest.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1]);
    assert.deepEqual([...new Set(named)].sort(), Object.keys(json('package.nls.json')).sort());
  });

  it('of the manifest are not written into it', () => {
    const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      contributes: { commands: { title: string }[]; customEditors: { displayName: string }[] };
    };
    for (const { title } of contributes.commands) assert.match(title, /^%.*%$/);
    for (const { displayName } of contributes.customEditors) assert.match(displayName, /^%.*%$/);
  });
});
