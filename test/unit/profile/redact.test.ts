import assert from 'node:assert/strict';
import { redactCommand } from '../../../src/profile/redact';

describe('redactCommand', () => {
  it('masks what looks like a secret', () => {
    const cases: [string, string][] = [
      ['vllm serve m --api-key abc123', 'vllm serve m --api-key ***'],
      ['vllm serve m --api-key=abc123 --port 80', 'vllm serve m --api-key=*** --port 80'],
      ['HF_TOKEN=hf_abcdefghijkl vllm serve m', 'HF_TOKEN=*** vllm serve m'],
      ['x --hf-token "a b" y', 'x --hf-token *** y'],
      ['curl https://me:pass@host/x', 'curl https://***@host/x'],
      ['run sk-0123456789abcdef', 'run ***'],
      ['run --config {"api_key":"abc"}', 'run --config {"api_key":***}'],
      ['curl -H Authorization: Bearer abc.def x', 'curl -H Authorization: Bearer *** x'],
      ['curl -H "authorization: abc" x', 'curl -H "authorization: ***" x'],
      ["x --header 'Bearer abcdef'", "x --header 'Bearer ***'"],
      ['DB_PASSWORD=x y', 'DB_PASSWORD=*** y'],
    ];
    for (const [command, masked] of cases) assert.equal(redactCommand(command), masked);
  });

  it('leaves the rest as it is', () => {
    for (const command of [
      'vllm serve Qwen/Qwen3-8B --max-num-batched-tokens 8192 --tensor-parallel-size 2',
      'python -m vllm.entrypoints.openai.api_server --max-tokens=16 --seed 1',
      'nsys profile --trace=cuda,nvtx python bench.py --new-tokens 5 --skip-tokenizer-init',
    ]) {
      assert.equal(redactCommand(command), command);
    }
  });
});
