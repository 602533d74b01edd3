/** The rule that keeps the directions of dependency must fail on a violation, in the real configuration. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { ESLint } from 'eslint';

const root = path.resolve(__dirname, '../../..');

describe('lint: the rooms of the house', function () {
  const eslint = new ESLint({ cwd: root });

  /** What the rule says about `code` if it stood in `file`, an existing file of the project. */
  async function complaints(file: string, code: string): Promise<string[]> {
    const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
    const fatal = result.messages.find((message) => message.fatal);
    assert.equal(fatal, undefined, `the snippet could not be linted: ${fatal?.message}`);
    return result.messages
      .filter((message) => message.ruleId === 'rooms/may-use')
      .map((message) => message.message);
  }

  const forbidden: [why: string, file: string, code: string, says: RegExp][] = [
    [
      'a model that uses a reader',
      'src/profile/model.ts',
      `import { readNsys } from '../readers/nsys';\nexport default readNsys;`,
      /src\/profile must not use src\/readers/,
    ],
    [
      'a model that uses a reader for its types',
      'src/profile/model.ts',
      `import type { ReadOptions } from '../readers/nsys';\nexport type X = ReadOptions;`,
      /must not use/,
    ],
    [
      'an analysis that re-exports a reader',
      'src/analysis/kernels.ts',
      `export * from '../readers/nsys';`,
      /src\/analysis must not use src\/readers/,
    ],
    [
      'a dynamic import around the rule',
      'src/analysis/kernels.ts',
      `export const later = () => import('../readers/nsys');`,
      /must not use/,
    ],
    [
      'a type written as import()',
      'src/profile/model.ts',
      `export type X = import('../readers/nsys').ReadOptions;`,
      /must not use/,
    ],
    [
      'a protocol that runs an analysis',
      'src/protocol/requests.ts',
      `import { kernelTable } from '../analysis/kernels';\nexport default kernelTable;`,
      /for its types alone/,
    ],
    [
      'a reader that uses the editor',
      'src/readers/nsys/index.ts',
      `import * as vscode from 'vscode';\nexport default vscode;`,
      /'vscode' is imported under src\/vscode/,
    ],
    [
      'a node: module in the model',
      'src/profile/model.ts',
      `import fs from 'node:fs';\nexport default fs;`,
      /'node:fs' is Node's/,
    ],
    [
      "Node's modules by their old names",
      'src/analysis/kernels.ts',
      `import { readFile } from 'fs/promises';\nexport default readFile;`,
      /'fs\/promises' is Node's/,
    ],
    [
      'product code that uses a test',
      'src/readers/nsys/index.ts',
      `import { generate } from '../../../test/data/generate';\nexport default generate;`,
      /must not use test\/data\/generate/,
    ],
  ];
  for (const [why, file, code, says] of forbidden)
    it(`refuses ${why}`, async () => {
      const found = await complaints(file, code);
      assert.equal(found.length, 1, `expected one complaint, got: ${found.join(' | ') || 'none'}`);
      assert.match(found[0], says);
    });

  const allowed: [why: string, file: string, code: string][] = [
    [
      'a reader that uses the model',
      'src/readers/nsys/index.ts',
      `import { StringTable } from '../../profile/strings';\nexport default StringTable;`,
    ],
    [
      'a reader that uses Node',
      'src/readers/nsys/index.ts',
      `import fs from 'node:fs';\nexport default fs;`,
    ],
    [
      'a protocol that names an analysis type',
      'src/protocol/requests.ts',
      `import type { KernelTable } from '../analysis/kernels';\nexport type X = KernelTable;`,
    ],
    [
      'files of one room',
      'src/analysis/kernels.ts',
      `import { x } from './components';\nexport default x;`,
    ],
  ];
  for (const [why, file, code] of allowed)
    it(`allows ${why}`, async () => {
      assert.deepEqual(await complaints(file, code), []);
    });
});
