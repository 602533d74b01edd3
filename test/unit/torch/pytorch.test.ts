/** PyTorch itself, where python3 has it: the trace it writes, against the table it makes of the same run. */
import assert from 'node:assert';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Analysis } from '../../../src/analysis/analysis';
import { operators } from '../../../src/analysis/operators';
import { readTorch } from '../../../src/readers/torch';

const RUN = `
import json, sys, torch
from torch.profiler import profile, ProfilerActivity, record_function
net = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.LayerNorm(128))
x = torch.randn(32, 64)
with profile(activities=[ProfilerActivity.CPU]) as run:
    for _ in range(3):
        with record_function('execute_context_0(0)_generation_8(8)'):
            net(x).sum().backward()
        torch.cat([x, x.to(torch.float64).to(torch.float32)]).mean().item()
run.export_chrome_trace(sys.argv[1])
print(json.dumps([[e.key, e.count, e.cpu_time_total, e.self_cpu_time_total] for e in run.key_averages()]))
`;

type Average = readonly [name: string, count: number, cpuTotal: number, cpuSelf: number];

/** The first python3 that can import torch. */
function pythonWithTorch(): string | undefined {
  return ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', 'import torch']).status === 0,
  );
}

describe('torch: PyTorch’s own table', function () {
  it('of the operators on the CPU is ours', async function () {
    const python = pythonWithTorch();
    if (python === undefined) {
      console.warn(
        'NOT TESTED: one run of PyTorch against its key_averages(): no python3 has torch.',
      );
      this.skip();
    }
    const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-torch-'));
    try {
      const file = path.join(folder, 'run.pt.trace.json');
      const averages = JSON.parse(
        execFileSync(python, ['-c', RUN, file], { encoding: 'utf8' }),
      ) as Average[];
      const { rows } = operators(new Analysis(await readTorch(file)), {});
      assert.ok(averages.length > 20);
      for (const [name, count, cpuTotal, cpuSelf] of averages) {
        const own = rows.find((row) => row.name === name);
        // Written to a thousandth of a microsecond at best.
        const near = (ns: number, micros: number): boolean =>
          Math.abs(ns - micros * 1e3) <= 2 * count;
        assert.strictEqual(own?.count, count, name);
        assert.ok(near(own.cpuTotal, cpuTotal), `${name}: ${own.cpuTotal} and ${cpuTotal}`);
        assert.ok(near(own.cpuSelf, cpuSelf), `${name}: ${own.cpuSelf} and ${cpuSelf}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
