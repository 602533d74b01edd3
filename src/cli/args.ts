/** Arguments of a subcommand, with refusals that say what to do. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CliFailure } from './failure';

type Options = NonNullable<ParseArgsConfig['options']>;

type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>
>;

/** @throws CliFailure for an unknown option, a missing value, … */
export function readArgs<const O extends Options>(
  command: string,
  args: readonly string[],
  options: O,
): Parsed<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const sentence = (error as Error).message.split(/\. |\n/)[0].replace(/\.$/, '');
    throw new CliFailure(`${sentence}. See: profilemate ${command} --help`);
  }
}

/** The one file or folder a command works on. */
export function onePath(command: string, expected: string, paths: readonly string[]): string {
  if (paths.length === 1 && paths[0] !== '') return paths[0];
  const found = paths.length > 1 ? `got ${paths.length}: ${paths.join(', ')}` : 'got none';
  throw new CliFailure(
    `profilemate ${command} expects one ${expected}, ${found}. See: profilemate ${command} --help`,
  );
}
