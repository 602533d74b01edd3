/** Runs the cases its parent asks for, one message before and one after each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCase, type Outcome } from './cases';

export interface Order {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

export type Report =
  | { readonly index: number; readonly outcome?: undefined }
  | { readonly index: number; readonly outcome: Outcome; readonly memory: number };

async function work({ seed, from, to }: Order): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'profilemate-fuzz-'));
  try {
    for (let index = from; index < to; index++) {
      process.send!({ index } satisfies Report);
      const outcome = await runCase(seed, index, join(folder, `case-${index}.sqlite`));
      process.send!({ index, outcome, memory: process.memoryUsage().rss } satisfies Report);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.disconnect();
}

process.once('message', (order: Order) => void work(order));
