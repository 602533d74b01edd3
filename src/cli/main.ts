/** The `profilemate` command: finds the subcommand, and says what went wrong in one sentence. */
import { version } from '../../package.json';
import { ReadFailure } from '../readers/failure';
import { analyze } from './analyze';
import { capture } from './capture';
import { check } from './check';
import { type Command, ExitStatus } from './command';
import { compare } from './compare';
import { doctor } from './doctor';
import { CliFailure, reason, systemCode } from './failure';
import { history } from './history';
import { note, plain, print } from './output';
import { report } from './report';
import { session } from './session';
import { stats } from './stats';

const COMMANDS: readonly Command[] = [
  analyze,
  stats,
  compare,
  check,
  history,
  report,
  capture,
  doctor,
  session,
];

const help = `Usage: profilemate COMMAND …

Explores GPU profiles of vLLM.

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

  -h, --help     print this; profilemate COMMAND --help tells more
      --version  print the version

Exit status: 0 done, 1 the answer is no, 2 the input is bad.
`;

const asksForHelp = (argument: string): boolean => argument === '--help' || argument === '-h';

async function run(args: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = args;
  if (name === undefined) throw new CliFailure('Which command? See: profilemate --help');
  if (asksForHelp(name) || name === 'help') {
    await print(help);
    return ExitStatus.Done;
  }
  if (name === '--version') {
    await print(`${version}\n`);
    return ExitStatus.Done;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) {
    const known = COMMANDS.map((candidate) => candidate.name).join(', ');
    throw new CliFailure(`There is no command '${name}'. There are: ${known}.`);
  }
  if (rest.some(asksForHelp)) {
    await print(command.help);
    return ExitStatus.Done;
  }
  return command.run(rest);
}

// Whoever read the output has seen enough, as `head` does: nothing went wrong.
process.stdout.on('error', (error) => {
  if (systemCode(error) === 'EPIPE') process.exit(ExitStatus.Done);
  note(`profilemate: Cannot write the output: ${reason(error)}.`);
  process.exit(ExitStatus.BadInput);
});

run(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    if (systemCode(error) === 'EPIPE') return;
    const expected = error instanceof CliFailure || error instanceof ReadFailure;
    // It names files, which may be called anything.
    if (expected) note(`profilemate: ${plain(error.message)}`);
    else
      note(
        `profilemate: This is a mistake in ProfileMate: ${String((error as Error)?.stack ?? error)}`,
      );
    process.exitCode = ExitStatus.BadInput;
  },
);
