/** What a person waits for when a profile is opened, measured where the editor's worker answers. */
import { join } from 'node:path';
import { ProfileClient } from '../../src/engine/client';

const WORKER = join(__dirname, '../../dist/worker.js');

/** Seconds since the file was opened. */
export interface Waits {
  /** What was captured, on what: the page's head, with skeletons below it. */
  readonly facts: number;
  /** A page of the kernel table, by time, while the rest is still read. */
  readonly kernels: number;
  /** All figures of the overview. */
  readonly overview: number;
}

/** Opens a profile as the editor does, in a worker, and asks what its first views ask. */
export async function openProfile(path: string): Promise<Waits> {
  const started = performance.now();
  const since = (): number => (performance.now() - started) / 1000;
  const client = new ProfileClient(WORKER, { path, rules: [] });
  try {
    const facts = client.call('status', {}).then(since);
    const kernels = client
      .call('kernels', {
        scope: {},
        grouping: 'kernel',
        filter: '',
        sort: { column: 'total', descending: true },
        offset: 0,
        limit: 50,
      })
      .then(since);
    const overview = client.call('overview', { scope: {} }).then(since);
    return { facts: await facts, kernels: await kernels, overview: await overview };
  } finally {
    client.dispose();
  }
}
