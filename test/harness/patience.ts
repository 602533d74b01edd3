/** Waiting in tests for the very thing that they assert. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a test waits for what a person on an idle machine would see at once: it ends a hang
 * and measures nothing, for the machine may be a slow one with other work.
 */
export const PATIENCE = 60_000;

/**
 * Tries until what is asserted holds, which may be later than whatever else was waited for.
 * When it never does, its last complaint is the test's.
 */
export async function eventually<T>(holds: () => T | Promise<T>, patience = PATIENCE): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(20);
  }
}

/** Waits until something holds, and says what never did. */
export async function until(
  what: string,
  holds: () => boolean | undefined | Promise<boolean | undefined>,
  patience = PATIENCE,
): Promise<void> {
  await eventually(
    async () => assert.ok(await holds(), `it never came about that ${what}`),
    patience,
  );
}
