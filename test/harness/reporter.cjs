/**
 * Mocha's spec reporter, which also leaves proof that the run reached its end:
 * the counts, as JSON, in the file that PROFILEMATE_TEST_REPORT names. An
 * extension host that dies half way ends with status 0, so silence is not
 * success.
 *
 * What failed is told beside it as it fails, so that a run which never ends has
 * told it too.
 */
'use strict';

const { appendFileSync, writeFileSync } = require('node:fs');
const Mocha = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_FAIL } = Mocha.Runner.constants;

/** Where everything fails, the first ones tell why. */
const MOST_FAILURES = 20;
const MOST_CHARACTERS = 2000;
const MOST_CALLS = 4;

/** A failed test, or hook, by its full title: its message, and where it was thrown. */
function failure(test, error) {
  const message = `${error.name}: ${error.message}`;
  const calls = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const lines = [
    ...message.slice(0, MOST_CHARACTERS).split('\n'),
    ...(message.length > MOST_CHARACTERS ? ['…'] : []),
    ...calls.slice(0, MOST_CALLS).map((line) => line.trim()),
  ];
  return [test.titlePath().join(' › '), ...lines.map((line) => `    ${line}`.trimEnd())].join('\n');
}

class Reporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.PROFILEMATE_TEST_REPORT;
    if (!file) return;
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      const { failures } = runner.stats;
      if (failures <= MOST_FAILURES) appendFileSync(`${file}.failed`, `${failure(test, error)}\n`);
      else if (failures === MOST_FAILURES + 1) appendFileSync(`${file}.failed`, 'and more\n');
    });
    runner.once(EVENT_RUN_END, () => {
      const { passes, pending, failures } = runner.stats;
      writeFileSync(file, JSON.stringify({ passes, pending, failures }));
    });
  }
}

module.exports = Reporter;
