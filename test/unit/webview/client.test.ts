import assert from 'node:assert/strict';
import type { FromWebview, ToWebview } from '../../../src/protocol/messages';
import { CallError, Client, isCancelled, Lane } from '../../../webview/client';

function channel() {
  const sent: FromWebview[] = [];
  let receive: (message: ToWebview) => void = () => {};
  const client = new Client({
    post: (message) => sent.push(message),
    listen: (handler) => (receive = handler),
  });
  return { client, sent, receive: (message: ToWebview) => receive(message) };
}

describe('calls to the editor', () => {
  it('match answers to calls, in whatever order they come', async () => {
    const { client, sent, receive } = channel();
    const first = client.call('graphs', { scope: {} });
    const second = client.call('components', { scope: {} });
    const [a, b] = sent as { id: number }[];
    receive({ kind: 'answer', id: b.id, ok: true, result: [] });
    receive({ kind: 'answer', id: a.id, ok: false, error: { code: 'internal', message: 'No.' } });
    assert.deepEqual(await second, []);
    await assert.rejects(first, (error) => error instanceof CallError && error.message === 'No.');
  });

  it('cancel what was superseded, and take no late answer for it', async () => {
    const { client, sent, receive } = channel();
    const lane = new Lane(client);
    const old = lane.call('components', { scope: {} });
    const latest = lane.call('components', { scope: { phase: 'decode' } });
    await assert.rejects(old, isCancelled);
    const ids = sent.filter((message) => message.kind === 'call').map((message) => message.id);
    assert.deepEqual(
      sent.filter((message) => message.kind === 'cancel'),
      [{ kind: 'cancel', id: ids[0] }],
    );
    receive({ kind: 'answer', id: ids[0], ok: true, result: [] });
    receive({ kind: 'answer', id: ids[1], ok: true, result: [] });
    assert.deepEqual(await latest, []);
  });

  it('pass on what the editor says unasked', () => {
    const { client, receive } = channel();
    const heard: string[] = [];
    const stop = client.onMessage((message) => heard.push(message.kind));
    receive({ kind: 'changed' });
    stop();
    receive({ kind: 'changed' });
    assert.deepEqual(heard, ['changed']);
  });
});
