/** `profilemate compare`: what changed between two runs, whatever that comes to. */
import { check } from './check';
import { type Command, ExitStatus } from './command';
import { CliFailure } from './failure';

const help = `Usage: profilemate compare BASELINE CURRENT [options]

What changed from one run to another: figures, kernels, and which of them did it.
Runs and options are those of profilemate check, which fails where a run is worse.

Two pages of Nsight Compute are compared by the launch: time of each kernel's median
launch, per cent of what memory and SMs can do, rooflines (in the JSON document).

Exit status: 0 done, 2 the input is bad or cannot be compared.
`;

export const compare: Command = {
  name: 'compare',
  summary: 'what changed between two runs, or two pages of Nsight Compute',
  help,
  async run(args) {
    const [baseline, current, ...options] = args;
    const named = [baseline, current].every((place) => place && !place.startsWith('-'));
    if (!named) {
      throw new CliFailure(
        'profilemate compare expects two runs before its options. See: profilemate compare --help',
      );
    }
    const status = await check.run(['--baseline', baseline, '--current', current, ...options]);
    return status === ExitStatus.No ? ExitStatus.Done : status;
  },
};
