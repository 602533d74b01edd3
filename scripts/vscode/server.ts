/** Starts the VS Code server on a profile and installs extensions into it. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VSCode } from './install';
import type { UserProfile } from './profile';

/** Above what a busy machine takes. */
const startLimitMs = 180_000;

export interface ServerOptions {
  /**
   * A built workbench obeys `extensionTestsPath` only with the smoke test
   * driver on. It also keeps notifications from showing: off for UI tests.
   */
  readonly testDriver?: boolean;
  /** Added to the environment of the server and so of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** Give the server the person's own home folder, for a terminal that is theirs. */
  readonly ownHome?: boolean;
  /** 0, the default, takes any free one. */
  readonly port?: number;
}

export interface Server {
  /** Host and port, which is also the authority of `vscode-remote:` URIs. */
  readonly host: string;
  /** The workbench's address with `query` and the token that lets one in. */
  address(query: Readonly<Record<string, string>>): string;
  log(): string;
  /** Resolves when the server and everything it started are gone. */
  stop(): Promise<void>;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

/** Without what an enclosing VS Code or shell says about itself. */
function environment(profile: UserProfile, options: ServerOptions): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|CODE_SERVER|ELECTRON_|NODE_OPTIONS$)/;
  const home = /^XDG_/;
  const kept = Object.entries(process.env).filter(
    ([name]) => !foreign.test(name) && (options.ownHome || !home.test(name)),
  );
  return {
    ...Object.fromEntries(kept),
    ...(options.ownHome ? {} : { HOME: profile.folder, TMPDIR: profile.folder }),
    // No gallery: nothing is asked of the network.
    EXTENSIONS_GALLERY: '{}',
    ...options.env,
  };
}

function folders(profile: UserProfile): string[] {
  return [
    '--accept-server-license-terms',
    '--server-data-dir',
    profile.folder,
    '--user-data-dir',
    profile.userData,
    '--extensions-dir',
    profile.extensions,
  ];
}

/**
 * Installs packaged extensions.
 * @throws Error with the server's own words when it does not install one.
 */
export function installExtensions(
  vscode: VSCode,
  profile: UserProfile,
  files: readonly string[],
): void {
  const { status, stdout, stderr } = spawnSync(
    vscode.node,
    [
      vscode.entry,
      ...folders(profile),
      ...files.flatMap((file) => ['--install-extension', file]),
      '--force',
    ],
    { encoding: 'utf8', env: environment(profile, {}) },
  );
  const installed = stdout.match(/successfully installed/g)?.length ?? 0;
  if (status !== 0 || installed < files.length)
    throw new Error(`VS Code did not install ${files.join(', ')}:\n${stdout}${stderr}`);
}

/**
 * Starts a server on 127.0.0.1.
 * @throws Error with the end of its log when it does not come up.
 */
export async function startServer(
  vscode: VSCode,
  profile: UserProfile,
  options: ServerOptions = {},
): Promise<Server> {
  const logFile = path.join(profile.folder, 'server.log');
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  // Anyone on this machine may connect to a port of it, so the address carries a secret.
  const token = randomBytes(16).toString('hex');

  const output = openSync(logFile, 'w');
  const child = spawn(
    vscode.node,
    [
      vscode.entry,
      ...folders(profile),
      ...['--host', '127.0.0.1', '--port', String(options.port ?? 0)],
      ...['--connection-token', token],
      '--disable-telemetry',
      ...(options.testDriver ? ['--enable-smoke-test-driver'] : []),
    ],
    // A process group of its own: the server's children must end with it.
    { stdio: ['ignore', output, output], detached: true, env: environment(profile, options) },
  );
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid) process.kill(-child.pid, name);
    } catch {
      // The whole group has ended.
    }
  };
  const killAll = (): void => signal('SIGKILL');
  process.once('exit', killAll);
  // A process that dies of a signal does not pass `exit`, and would leave the server behind.
  const die = (): void => {
    if (process.listenerCount('SIGTERM') === 0) process.exit(143);
  };
  process.once('SIGTERM', die);

  const stop = async (): Promise<void> => {
    signal('SIGTERM');
    await Promise.race([ended, sleep(3000)]);
    killAll();
    await ended;
    process.off('exit', killAll);
    process.off('SIGTERM', die);
  };

  const deadline = Date.now() + startLimitMs;
  let port: string | undefined;
  while (!(port = /Extension host agent listening on (\d+)/.exec(log())?.[1])) {
    if (!running() || Date.now() > deadline) {
      await stop();
      throw new Error(`The VS Code server did not start:\n${log().slice(-3000)}`);
    }
    await sleep(50);
  }
  const host = `127.0.0.1:${port}`;
  return {
    host,
    address: (query) =>
      `http://${host}/?${new URLSearchParams({ tkn: token, ...query }).toString()}`,
    log,
    stop,
    ended,
  };
}
