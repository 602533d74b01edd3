/**
 * npx tsx test/data/generate.ts SCENARIO -o FILE [--kernels N] [--option value …]
 *
 * Writes a generated profile. Scenarios: `vllm` (options as in VllmOptions,
 * flags: --steps 40 --graphs graph --moe true), `two-gpus` (what the tests show),
 * `large` (eager, with operator ranges, streamed: --kernels 1000000), `run` (the
 * folder of a run: -o FOLDER, --failed true), and the names in edge.ts and files.ts.
 */
import { EDGES } from './edge';
import { BROKEN_FILES } from './files';
import { runFolder } from './run';
import { toFile } from './sqlite';
import { VLLM_DEFAULTS, vllm, type VllmOptions } from './vllm';

/** Every phase and graph mode, idle gaps, slow copies, two GPUs: what views are tried on. */
export const TWO_GPUS: Partial<VllmOptions> = { steps: 72, layers: 16, markGenerated: true };

/** An export as large as asked for: a call a kernel, nested ranges, step annotations. */
export function large(path: string, kernels: number): number {
  return toFile(path, (database) =>
    vllm(database, {
      kernels,
      steps: Infinity,
      layers: 32,
      graphs: 'none',
      operatorRanges: true,
      remember: false,
    }),
  ).counts.kernels;
}

function main(args: readonly string[]): void {
  const [scenario, ...rest] = args;
  const flags = new Map<string, string>();
  for (let i = 0; i < rest.length; i += 2) flags.set(rest[i].replace(/^--?/, ''), rest[i + 1]);
  const output = flags.get('o');
  const known = [
    'vllm',
    'two-gpus',
    'large',
    'run',
    ...Object.keys(EDGES),
    ...Object.keys(BROKEN_FILES),
  ];
  if (output === undefined || !known.includes(scenario)) {
    process.stderr.write(`generate.ts SCENARIO -o FILE\nscenarios: ${known.join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  if (scenario === 'vllm') toFile(output, (database) => vllm(database, optionsFrom(flags)));
  else if (scenario === 'two-gpus') toFile(output, (database) => vllm(database, TWO_GPUS));
  else if (scenario === 'large') large(output, Number(flags.get('kernels') ?? 100_000));
  else if (scenario === 'run') {
    const failed = flags.get('failed') === 'true';
    runFolder(output, failed ? { failed, parts: [] } : {});
  } else if (scenario in EDGES) EDGES[scenario].build().write(output);
  else BROKEN_FILES[scenario].write(output);
}

function optionsFrom(flags: ReadonlyMap<string, string>): Partial<VllmOptions> {
  const options: Record<string, unknown> = {};
  for (const [name, standard] of Object.entries(VLLM_DEFAULTS)) {
    const text = flags.get(name);
    if (text === undefined) continue;
    options[name] =
      typeof standard === 'number'
        ? Number(text)
        : typeof standard === 'boolean'
          ? text === 'true'
          : text;
  }
  return options;
}

if (require.main === module) main(process.argv.slice(2));
