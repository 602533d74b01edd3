import assert from 'node:assert/strict';
import type { FromWebview, ToWebview } from '../../../src/protocol/messages';
import { checkFromWebview } from '../../../src/protocol/validate';
import { Client } from '../../../webview/client';
import { SessionApp } from '../../../webview/session/app';
import { INITIAL, narrow, restore, widen, type SessionState } from '../../../webview/session/state';

describe('the state of a session’s page', () => {
  it('is what was saved, and the start where that is of no use', () => {
    const saved: SessionState = {
      ...INITIAL,
      tab: 'experts',
      scope: { process: 2 },
      narrowed: ['process'],
      layer: 3,
      descriptor: 'FULL 8',
      run: { client: 'client.json' },
    };
    assert.deepEqual(restore(JSON.parse(JSON.stringify(saved))), saved);
    for (const bad of [
      undefined,
      null,
      7,
      'x',
      [],
      { scope: 'all' },
      { tables: 1 },
      { narrowed: 1 },
    ])
      assert.deepEqual(restore(bad), INITIAL);
    assert.deepEqual(restore({ ...INITIAL, surplus: 1 }), INITIAL);
  });

  it('widens in the order in which it was narrowed', () => {
    const both = narrow(narrow(INITIAL, 'window', [1, 2]), 'process', 0);
    assert.deepEqual(both.scope, { window: [1, 2], process: 0 });
    const one = widen(both);
    assert.deepEqual(one.scope, { window: [1, 2] });
    assert.deepEqual(widen(one).scope, {});
    assert.equal(widen(INITIAL), INITIAL);
    // Narrowed again, it is the latest.
    const again = narrow(both, 'window', [3, 4]);
    assert.deepEqual(again.narrowed, ['process', 'window']);
  });
});

describe('what a session’s page does', () => {
  function page() {
    const posted: FromWebview[] = [];
    let tell: (message: ToWebview) => void = () => undefined;
    const client = new Client({
      post: (message) => posted.push(message),
      listen: (handler) => (tell = handler),
    });
    const app = new SessionApp(client, INITIAL, { save: () => undefined });
    return { app, posted, tell: (message: ToWebview) => tell(message) };
  }

  it('leads from a time to its steps', () => {
    const { app } = page();
    app.update({ stepFilter: 'phase:decode' });
    app.showSteps(5, 9);
    assert.equal(app.state.tab, 'steps');
    assert.deepEqual(app.scope, { window: [5, 9] });
    assert.equal(app.state.stepFilter, '', 'a filter left over would hide what was asked for');
  });

  it('asks the editor for the timeline at that time, in words that it accepts', () => {
    const { app, posted } = page();
    app.openTimeline({ window: [5, 9] });
    app.openTimeline({ kernel: 'void k<int>()', window: [1, 2] });
    assert.deepEqual(
      posted.map((message) => 'place' in message && message.place),
      [
        { tab: 'phases', window: [5, 9] },
        { tab: 'kernels', kernel: 'void k<int>()', window: [1, 2] },
      ],
    );
    for (const message of posted)
      assert.deepEqual(checkFromWebview(message), { ok: true, message });
    const wrong = { kind: 'action', action: 'openLinked', place: { window: [2, 1] } };
    assert.equal(checkFromWebview(wrong).ok, false);
    assert.equal(
      checkFromWebview({ ...wrong, place: { window: [1, 2], path: '/etc/passwd' } }).ok,
      false,
    );
  });

  it('goes where another editor leads', () => {
    const { app, tell } = page();
    tell({ kind: 'reveal', place: { tab: 'kv-cache', window: [1, 2] } });
    assert.equal(app.state.tab, 'kv-cache');
    assert.deepEqual(app.scope, { window: [1, 2] });
    tell({ kind: 'reveal', place: { filter: 'time>5ms' } });
    assert.equal(app.state.tab, 'kv-cache', 'a place without a tab keeps the one that is shown');
    assert.equal(app.state.stepFilter, 'time>5ms');
  });
});
