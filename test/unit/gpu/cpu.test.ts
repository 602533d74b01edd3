/** Steps of the engine on a CPU, as PyTorch's profiler recorded them, against its own truth. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Analysis } from '../../../src/analysis/analysis';
import { phaseBreakdown } from '../../../src/analysis/phases';
import { openProfile } from '../../../src/readers/open';
import { interpretersWithTorch } from '../python/standin';
import { checkSteps, checkTruth, type EngineTruth, GPU_DATA, readTruth, recorded } from './truth';

async function check(trace: string, truth: EngineTruth): Promise<void> {
  checkTruth(truth);
  const profile = await openProfile(trace);
  const analysis = new Analysis(profile);
  checkSteps(analysis, truth);
  assert.equal(phaseBreakdown(analysis, {}).missing, 'no-activities', 'a CPU has no GPU time');
  const { steps } = analysis;
  truth.steps.forEach(({ host_ms, name }, i) => {
    const seconds = (steps.end[i] - steps.start[i]) / 1e6;
    // The program's clock runs on until the step's tokens are sampled.
    assert.ok(seconds > 0 && seconds <= host_ms * 1.01 + 0.1, `${name}: ${seconds} of ${host_ms}`);
  });
}

describe('an engine on a CPU', function () {
  for (const trace of recorded('cpu', '.pt.trace.json.gz')) {
    it(`${path.basename(trace)}: every step as the program knows it`, async () => {
      const truth = readTruth(trace.replace('.pt.trace.json.gz', '.truth.json'));
      assert.ok(truth.steps.length >= 20);
      await check(trace, truth);
    });
  }

  const torches = interpretersWithTorch();
  if (torches.size === 0) {
    it('NO PYTHON WITH PYTORCH: the engine itself did not run, what it once recorded is read', () => {
      console.warn('      name one in PROFILEMATE_TORCH_PYTHON, or apt-get install python3-torch');
    });
  }
  for (const [version, python] of torches) {
    for (const experts of ['0', '4']) {
      it(`recorded now, torch ${version}, ${experts} experts`, async () => {
        const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-engine-'));
        try {
          const truth = path.join(folder, 'truth.json');
          const trace = path.join(folder, 'trace.pt.trace.json.gz');
          const run = spawnSync(
            python,
            // prettier-ignore
            ['-B', path.join(GPU_DATA, 'engine.py'), '--device', 'cpu', '--requests', '4', '--layers', '1',
              '--experts', experts, '--truth', truth, '--trace', trace],
            { encoding: 'utf8' },
          );
          assert.equal(run.status, 0, run.stderr);
          const kineto = spawnSync(
            python,
            ['-c', 'import torch; print(torch.profiler.kineto_available())'],
            { encoding: 'utf8' },
          );
          if (kineto.stdout.trim() === 'True') {
            await check(trace, readTruth(truth));
          } else {
            // Debian builds PyTorch without Kineto: its trace is of another kind.
            console.log('      without Kineto: its steps are checked, its trace is not');
            checkTruth(readTruth(truth));
          }
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    }
  }
});
