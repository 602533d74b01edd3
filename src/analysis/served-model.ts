/** The model of a command that serves or benchmarks one, by the ways vLLM and its like are told. */

const OPTION = /^--?(?:model|model[-_](?:path|name|id|tag))(?:=(.*))?$/;

/**
 * @param command the program and its arguments
 * @returns a name or path as it was given, e.g. `meta-llama/Llama-3.1-8B`
 */
export function servedModel(command: readonly string[]): string | undefined {
  for (let at = 0; at < command.length; at++) {
    const option = OPTION.exec(command[at]);
    if (option) return named(option[1] ?? command[at + 1]);
  }
  // `vllm serve MODEL`, also as `python -m vllm.entrypoints.cli.main serve MODEL`.
  const serve = command.indexOf('serve');
  return serve > 0 && /vllm/.test(command.slice(0, serve).join(' '))
    ? named(command[serve + 1])
    : undefined;
}

const named = (argument: string | undefined): string | undefined =>
  argument && !argument.startsWith('-') ? argument : undefined;
