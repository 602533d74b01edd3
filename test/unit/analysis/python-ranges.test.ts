/** Ranges that Python source names, and the lines that name them. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Analysis } from '../../../src/analysis/analysis';
import { pythonRanges } from '../../../src/analysis/python-ranges';
import { rangePlaces } from '../../../src/vscode/torch/rangePlaces';
import { buildProfile } from './build';

const marker = (path: string, shape: string): string =>
  `{'Module': 'LlamaForCausalLM.${path}', 'TrainableParams': {}, 'Inputs': [(${shape})]}`;

/** A step of 100: attention 2 × 20 in two layers, a norm of 10, and work of 50 outside of any module. */
const profile = buildProfile({
  ranges: [
    { name: 'gpu_model_runner: forward', start: 0, end: 60 },
    { name: marker('model.layers.0.self_attn', '7, 8'), start: 1, end: 10 },
    { name: marker('model.layers.1.self_attn', '9, 8'), start: 11, end: 20 },
    { name: marker('model.norm', '7, 8'), start: 21, end: 30 },
    { name: 'never launched anything', start: 61, end: 62 },
  ],
  api: [2, 12, 22, 50].map((start, i) => ({ start, end: start + 1, correlation: i + 1 })),
  kernels: [
    { start: 100, end: 120, correlation: 1 },
    { start: 120, end: 140, correlation: 2 },
    { start: 140, end: 150, correlation: 3 },
    { start: 150, end: 200, correlation: 4 },
  ],
});

describe('ranges that Python source names', () => {
  const ranges = pythonRanges(new Analysis(profile));

  it('are modules by the attribute that holds them, over layers and shapes, and texts', () => {
    assert.deepEqual(
      ranges.map(({ kind, name, owner, modules, instances, gpuBusy, share }) => [
        kind,
        name,
        owner,
        modules,
        instances,
        gpuBusy,
        share,
      ]),
      [
        ['label', 'gpu_model_runner: forward', undefined, 1, 1, 100, 1],
        ['module', 'self_attn', 'LlamaForCausalLM', 2, 2, 40, 0.4],
        ['module', 'norm', 'LlamaForCausalLM', 1, 1, 10, 0.1],
      ],
    );
  });

  it('are found where they are written, and nowhere else', () => {
    const model = [
      'class LlamaDecoderLayer(nn.Module):',
      '    def __init__(self):',
      '        self.self_attn = LlamaAttention()',
      '        self.norm_first = 1',
      'class LlamaModel(nn.Module):',
      '    def __init__(self):',
      '        self.norm: RMSNorm = RMSNorm()',
      '        if self.norm == 1: pass',
      'class LlamaForCausalLM(nn.Module):',
      '    pass',
    ];
    const placed = (lines: readonly string[]) =>
      rangePlaces(lines, ranges).map(({ at, range }) => [at, range.name]);
    assert.deepEqual(placed(model), [
      [3, 'self_attn'],
      [7, 'norm'],
    ]);
    // Said twice, a line would be a guess; and without the class it is another model's.
    assert.deepEqual(placed([...model, '        self.norm = None']), [[3, 'self_attn']]);
    assert.deepEqual(placed(model.slice(0, 8)), []);
    assert.deepEqual(
      placed(['with record("gpu_model_runner: forward"):', "    note('gpu_model_runner')"]),
      [[1, 'gpu_model_runner: forward']],
    );
    assert.deepEqual(placed([]), []);
  });
});
