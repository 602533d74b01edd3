import assert from 'node:assert/strict';
import { servedModel } from '../../../src/analysis/served-model';

describe('the model of a command', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['vllm serve meta-llama/Llama-3.1-8B --port 8000', 'meta-llama/Llama-3.1-8B'],
    ['/venv/bin/python /venv/bin/vllm serve /models/qwen', '/models/qwen'],
    ['vllm bench latency --model Qwen/Qwen3-8B', 'Qwen/Qwen3-8B'],
    ['python -m vllm.entrypoints.openai.api_server --model=gpt2', 'gpt2'],
    ['python -m sglang.launch_server --model-path org/model', 'org/model'],
    ['python run.py --model_name=EleutherAI/gpt-neo-2.7B', 'EleutherAI/gpt-neo-2.7B'],
    ['vllm serve --config serve.yaml', undefined],
    ['python train.py --model-size small', undefined],
    ['tensorflow serve x', undefined],
    ['vllm bench latency --model', undefined],
    ['', undefined],
  ];
  for (const [command, model] of cases) {
    it(`${command || 'no command'}: ${model ?? 'not said'}`, () => {
      assert.equal(servedModel(command.split(' ')), model);
    });
  }
});
