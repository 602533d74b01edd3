/** Why a program failed, from what it wrote. The most telling line decides, not the last. */

export interface Reason {
  readonly why: string;
  readonly advice: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly reason: (match: RegExpExecArray) => Reason;
}

const rule = (pattern: RegExp, why: string, advice: string): Rule => ({
  pattern,
  reason: (match) => ({
    why: why.replace('$1', match[1] ?? ''),
    advice: advice.replace('$1', match[1] ?? ''),
  }),
});

/** The first that is found anywhere in the log is taken: causes before their consequences. */
const RULES: readonly Rule[] = [
  rule(
    /No space left on device|ENOSPC|Disk quota exceeded/i,
    'The disk is full.',
    'Free some space, or name another folder for the results.',
  ),
  rule(
    /unrecognized arguments?: ([^\n]+)/i,
    'It does not know the option $1.',
    'Remove the option, or check which version of vLLM is installed (profilemate doctor).',
  ),
  rule(
    /(?:CUDA )?out of memory|OutOfMemoryError|CUDA_ERROR_OUT_OF_MEMORY/i,
    'The GPU ran out of memory.',
    'Lower --gpu-memory-utilization, --max-model-len or --max-num-seqs, or end what else uses the GPU.',
  ),
  rule(
    /No available memory for the cache blocks|is larger than the maximum number of tokens that can be stored in KV cache|Free memory on device .* is less than desired/i,
    'There is not enough GPU memory for the KV cache.',
    'Lower --max-model-len, or end what else uses the GPU.',
  ),
  rule(
    /Address already in use|EADDRINUSE/i,
    'Its port is taken by another program.',
    'Name another port, or none to have a free one chosen.',
  ),
  rule(
    /(?:401 Client Error|gated repo|Access to model .* is restricted|GatedRepoError)/i,
    'The model may not be downloaded without permission.',
    'Accept its licence on Hugging Face and set HF_TOKEN.',
  ),
  rule(
    /(?:is not a local folder and is not a valid model identifier|Repository Not Found|RepositoryNotFoundError|does not appear to have a file named config\.json|Invalid repository ID)/i,
    'There is no such model.',
    'Check the name of the model, or the folder with its config.json.',
  ),
  rule(
    /(?:Failed to resolve|Name or service not known|Temporary failure in name resolution|LocalEntryNotFoundError|couldn't connect to)/i,
    'The model could not be downloaded.',
    'Check the network, or name a folder with the model.',
  ),
  rule(
    /(?:ERR_NVGPUCTRPERM|permission issue with Performance Counters)/i,
    'The driver keeps the GPU’s performance counters to administrators.',
    'Run as administrator, or load the driver with NVreg_RestrictProfilingToAdminUsers=0.',
  ),
  rule(
    /(?:CUDA driver version is insufficient|forward compatibility was attempted|no CUDA-capable device|Found no NVIDIA driver|No CUDA GPUs are available)/i,
    'CUDA finds no GPU that it can use.',
    'Check the driver with nvidia-smi, and CUDA_VISIBLE_DEVICES.',
  ),
  rule(
    /Unknown vLLM environment variable.*?(VLLM_\w+)/i,
    'vLLM does not know the variable $1.',
    'Remove it from the environment.',
  ),
  rule(
    /ModuleNotFoundError: No module named '([^']+)'/,
    'Python lacks the module $1.',
    'Name the Python, or the vllm program, of the environment that vLLM is installed in.',
  ),
  rule(
    /trust_remote_code=True/,
    'The model brings code of its own, which vLLM does not run unasked.',
    'Add --trust-remote-code if you trust it.',
  ),
  rule(
    // What its command line says when the agent that collects for it is gone.
    /Connection to Agent lost|^End of file$/m,
    'nsys itself broke down.',
    'Start the run again; where that helps for a while only, try another version of nsys.',
  ),
  rule(/ValueError: ([^\n]+)/, '$1', 'Change the option that it names.'),
  rule(/(?:Segmentation fault|SIGSEGV)/i, 'It crashed.', 'Try without the profiler first.'),
];

/** Undefined where the log does not tell. */
export function reasonFor(log: string): Reason | undefined {
  for (const { pattern, reason } of RULES) {
    const match = pattern.exec(log);
    if (match) return reason(match);
  }
  return undefined;
}

/** What to make of an answer that was none, by how the client words it. */
export function refusal(error: string): Partial<Reason> & Pick<Reason, 'advice'> {
  const [, status] = /^HTTP (\d+)/.exec(error) ?? [];
  if (status === '401' || status === '403')
    return { why: 'It asks for an API key.', advice: 'Set VLLM_API_KEY in the environment.' };
  if (status === '404')
    return { advice: 'Check the address, and the name of the model that it serves.' };
  if (status?.startsWith('4'))
    return { advice: 'Change the load as it says; prompt and answer must fit --max-model-len.' };
  if (status !== undefined) return { advice: 'The log of the server tells why.' };
  return {
    advice:
      'The log of the server may tell why; so may that of a proxy, if there is one before it.',
  };
}
