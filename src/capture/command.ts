/** A program with its arguments: run as they are, shown as a shell would need them. */
import { Secrets } from './secrets';

export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
  /** Beside the environment that is there anyway. */
  readonly env: Readonly<Record<string, string>>;
}

/** One word as a POSIX shell reads it back. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** For reading and copying; never run. Secrets are masked. */
export function displayCommand({ program, args, env }: CommandLine): string {
  const secrets = new Secrets(env, args);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
  return secrets.mask([...variables, ...[program, ...args].map(quote)].join(' '));
}
