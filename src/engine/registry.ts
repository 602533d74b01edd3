/** Which profiles are open: two editors on one file share one reading of it. */
import type { ComponentRule } from '../analysis/components';
import type { ProfileKind } from '../readers/open';
import { ProfileClient } from './client';

export interface Lease {
  readonly client: ProfileClient;
  /** Gives the profile back; the last one to do so closes it. */
  dispose(): void;
}

interface Entry {
  readonly client: ProfileClient;
  uses: number;
}

export class ProfileRegistry {
  private readonly open = new Map<string, Entry>();

  constructor(
    private readonly workerFile: string,
    private rules: readonly ComponentRule[] = [],
  ) {}

  /** How many profiles are open. */
  get size(): number {
    return this.open.size;
  }

  /** @param shownPath see {@link SessionOptions} */
  acquire(path: string, shownPath?: string, kind: ProfileKind = 'timeline'): Lease {
    const key = `${kind} ${path}`;
    let entry = this.open.get(key);
    if (!entry) {
      entry = {
        client: new ProfileClient(this.workerFile, { path, kind, shownPath, rules: this.rules }),
        uses: 0,
      };
      this.open.set(key, entry);
    }
    const { client } = entry;
    entry.uses++;
    let held = true;
    return {
      client,
      dispose: () => {
        if (held) this.release(key, entry);
        held = false;
      },
    };
  }

  configure(rules: readonly ComponentRule[]): void {
    this.rules = rules;
    for (const { client } of this.open.values()) client.configure({ rules });
  }

  dispose(): void {
    for (const { client } of this.open.values()) client.dispose();
    this.open.clear();
  }

  private release(key: string, entry: Entry): void {
    if (--entry.uses > 0) return;
    entry.client.dispose();
    this.open.delete(key);
  }
}
