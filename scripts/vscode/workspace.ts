/** The folder that VS Code is opened on: small, and with the sample profile where there is one. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths';

const sample = path.join(root, 'media/sample/sample.nsys.sqlite');

export interface Workspace {
  readonly folder: string;
  /** The sample profile in it; undefined where the project has none. */
  readonly sample?: string;
}

/** Makes `folder` and copies the sample in, so that nothing done to it reaches the project's own. */
export function makeWorkspace(folder: string): Workspace {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(sample)) return { folder };
  const copy = path.join(folder, path.basename(sample));
  copyFileSync(sample, copy);
  return { folder, sample: copy };
}
