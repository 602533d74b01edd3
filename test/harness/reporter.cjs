/**
 * Mocha's spec reporter, which also leaves proof that the run reached its end:
 * the counts, as JSON, in the file that PROFILEMATE_TEST_REPORT names. An
 * extension host that dies half way ends with status 0, so silence is not
 * success.
 */
'use strict';

const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

class Reporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.PROFILEMATE_TEST_REPORT;
    if (!file) return;
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, pending, failures } = runner.stats;
      writeFileSync(file, JSON.stringify({ passes, pending, failures }));
    });
  }
}

module.exports = Reporter;
