/** The experts' counters on a real PyTorch: the stand-in's is our own idea of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { interpretersWithTorch, LAYER } from './standin';

const COUNT = `
import sys, types, torch
sys.path.insert(0, ${JSON.stringify(LAYER)})
from profilemate_runtime.trackers import moe

class Recorder:
    before_flush = []
    rank = 0
    def table(self, *given): return types.SimpleNamespace(add=lambda row: None)
    def counts(self, *given): pass
    def seconds(self, ns): return ns * 1e-9

EXPERTS, TOP_K = 12, 3
tracker = moe.Moe(Recorder(), True, 0.0)
layer = tracker.prepare(0, EXPERTS, TOP_K, "cpu")
counts, pairs, bins = [0] * EXPERTS, {}, [0] * (EXPERTS * moe.WEIGHT_BUCKETS)
generator = torch.Generator().manual_seed(1)
for rows, dtype in ((1, torch.int32), (7, torch.int64), (300, torch.int32), (64, torch.int16)):
    # Two more ids than experts, and -1: rows of padding and experts that compute nothing.
    ids = torch.stack([torch.randperm(EXPERTS + 3, generator=generator)[:TOP_K] for _ in range(rows)]) - 1
    weights = torch.rand(rows, TOP_K, generator=generator)
    with torch.inference_mode():
        tracker.routed(layer, weights, ids.to(dtype))
    for chosen, given in zip(ids.tolist(), weights.tolist()):
        for expert, weight in zip(chosen, given):
            if 0 <= expert < EXPERTS:
                counts[expert] += 1
                bins[expert * moe.WEIGHT_BUCKETS + int(torch.tensor(weight) * moe.WEIGHT_BUCKETS)] += 1
        inside = sorted(e for e in chosen if 0 <= e < EXPERTS)
        for first in range(len(inside)):
            for second in inside[first + 1:]:
                pairs[(inside[first], second)] = pairs.get((inside[first], second), 0) + 1
tracker.read_now()
tracker.absorb()
found_counts, found_bins, found_pairs = layer.host
assert found_counts == counts, (found_counts, counts)
assert found_bins == bins
assert dict(moe._largest(found_pairs, EXPERTS)) == pairs
tracker.clear()
tracker.read_now()
tracker.absorb()
assert sum(layer.host[0]) == 0
print(sum(counts))
`;

describe('counters of experts on PyTorch', function () {
  const torches = interpretersWithTorch();
  if (torches.size === 0) {
    it('NO PYTHON WITH PYTORCH: they were tested on the stand-in alone', () => {
      console.warn('      name one in PROFILEMATE_TORCH_PYTHON, or apt-get install python3-torch');
    });
  }
  for (const [version, python] of torches) {
    it(`${version}: activations, weights and pairs as a recount has them`, () => {
      const { stdout, stderr, status } = spawnSync(python, ['-c', COUNT], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.ok(Number(stdout) > 500);
    });
  }
});
