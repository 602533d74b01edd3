/** `profilemate doctor`: what a capture needs, what is there, and what to do about the rest. */
import { type Check, checks, detectEnvironment } from '../capture/environment';
import { DEFAULTS } from '../capture/settings';
import { readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure } from './failure';
import { print } from './output';

const help = `Usage: profilemate doctor [--json] [--nsys P] [--ncu P] [--vllm P] [--python P]

What a capture needs: Nsight Systems and Compute, vLLM, Python, driver and GPUs,
permission for performance counters, disk space; which is there in which
version, what does not fit together, and what to do about it.

      --nsys P, --ncu P, --vllm P, --python P
                     where a program is, if not on PATH or in the usual place
  -o, --output-dir D where results would go; ${DEFAULTS.outputDir} where left out
      --json         print the checks as one JSON document, with schema_version
  -h, --help         print this

Exit status: 0 all is there, 1 something is missing, 2 the arguments are bad.
`;

const MARKS: Readonly<Record<Check['state'], string>> = { ok: '✔', warning: '!', missing: '✖' };

export function checkLines(list: readonly Check[]): string {
  const width = Math.max(...list.map(({ what }) => what.length));
  return list
    .map(({ what, state, found, remedy }) => {
      const line = `${MARKS[state]} ${what.padEnd(width)}  ${found}\n`;
      return remedy === undefined ? line : `${line}  ${' '.repeat(width)}  → ${remedy}\n`;
    })
    .join('');
}

export const doctor: Command = {
  name: 'doctor',
  summary: 'what a capture needs, and what of it is missing here',
  help,
  async run(args) {
    const { values, positionals } = readArgs('doctor', args, {
      nsys: { type: 'string' },
      ncu: { type: 'string' },
      vllm: { type: 'string' },
      python: { type: 'string' },
      'output-dir': { type: 'string', short: 'o' },
      json: { type: 'boolean' },
    });
    if (positionals.length > 0)
      throw new CliFailure(
        `profilemate doctor takes no '${positionals[0]}'. See: profilemate doctor --help`,
      );
    const outputDir = values['output-dir'] ?? DEFAULTS.outputDir;
    const environment = await detectEnvironment({ ...values, outputDir });
    const list = checks(environment);
    await print(
      values.json
        ? `${JSON.stringify({ schema_version: 1, checks: list }, undefined, 2)}\n`
        : checkLines(list),
    );
    return list.some(({ state }) => state === 'missing') ? ExitStatus.No : ExitStatus.Done;
  },
};
