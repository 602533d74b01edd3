/** What the reporter leaves of a run, from the outside: mocha as a process. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');

describe('the reporter of the tests', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-reporter-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const tests = path.join(folder, 'made-up.test.cjs');
  const report = path.join(folder, 'report.json');

  /** Runs a suite of these lines. @returns what the reporter told of failures, in lines. */
  function failed(...lines: readonly string[]): readonly string[] {
    for (const file of [report, `${report}.failed`]) rmSync(file, { force: true });
    writeFileSync(tests, lines.join('\n'));
    spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', tests], {
      cwd: root,
      env: { ...process.env, PROFILEMATE_TEST_REPORT: report },
    });
    if (!existsSync(`${report}.failed`)) return [];
    return readFileSync(`${report}.failed`, 'utf8').trimEnd().split('\n');
  }
  const counts = (): unknown => JSON.parse(readFileSync(report, 'utf8'));

  it('counts, and tells of no failure where there is none', () => {
    assert.deepEqual(failed('it("holds", () => {})', 'it.skip("later", () => {})'), []);
    assert.deepEqual(counts(), { passes: 1, pending: 1, failures: 0 });
  });

  it('tells each failure by its full title, with its message and its place', () => {
    const told = failed(
      'describe("outer", () => {',
      '  describe("inner", () => {',
      '    it("holds", () => {})',
      '    it("does not", () => require("node:assert").equal(1, 2, "one\\n  and two"))',
      '  })',
      '  describe("hooked", () => {',
      '    before("a place", () => { throw new TypeError("no room") })',
      '    it("never runs", () => {})',
      '  })',
      '})',
    );
    assert.deepEqual(counts(), { passes: 1, pending: 0, failures: 2 });
    assert.deepEqual(
      told.filter((line) => !line.startsWith('    at ')),
      [
        'outer › inner › does not',
        '    AssertionError: one',
        '      and two',
        'outer › hooked › "before all" hook: a place for "never runs"',
        '    TypeError: no room',
      ],
    );
    assert.ok(told[3].includes(`${path.basename(tests)}:4:`), told[3]);
  });

  it('keeps long messages and many failures short', () => {
    const told = failed(
      'for (let test = 0; test < 50; test++)',
      '  it(`fails ${test}`, () => { throw new Error("x".repeat(1e6)) })',
    );
    assert.ok(told.join('\n').length < 60_000);
    assert.equal(told.filter((line) => line.startsWith('fails ')).length, 20);
    assert.equal(told.at(-1), 'and more');
  });

  it('has told what failed of a run that does not reach its end', () => {
    const [title] = failed(
      'it("fails", () => { throw new Error("first") })',
      'it("dies", () => process.exit(0))',
    );
    assert.equal(title, 'fails');
    assert.ok(!existsSync(report), 'there is no proof of an end');
  });
});
