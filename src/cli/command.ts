/** What a subcommand is. One file each; `main.ts` lists them. */
export enum ExitStatus {
  Done = 0,
  /** The question was understood, and the answer is no. */
  No = 1,
  /** The input or the arguments are bad. */
  BadInput = 2,
}

export interface Command {
  readonly name: string;
  /** A line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** @param args what follows the command's name */
  run(args: readonly string[]): Promise<ExitStatus>;
}
