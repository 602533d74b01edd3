/**
 * Opens the extension, with the sample profile, in a VS Code of its own: the
 * desktop one where `code` is on PATH, else the one from npm in the browser.
 * Neither touches the person's own settings and extensions.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { installVSCode } from './vscode/install';
import { cache, root, vsix } from './vscode/paths';
import { openProfile, type UserProfile } from './vscode/profile';
import { installExtensions, startServer } from './vscode/server';
import { makeWorkspace, type Workspace } from './vscode/workspace';

const started = Date.now();

function say(line: string): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(5);
  console.log(`${seconds} s  ${line}`);
}

/** Runs one of Node's programs, whose words are of interest only when it fails. */
function run(cwd: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} failed:\n${stdout}${stderr}`);
}

function packageExtension(): string {
  say('building and packaging the extension');
  run(root, 'scripts/package.mjs');
  return vsix;
}

/** Packages what opens the sample by itself; see there why that takes an extension. */
function packageStarter(): string {
  const starter = path.join(cache, 'starter.vsix');
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const quiet = ['--no-dependencies', '--allow-missing-repository', '--skip-license'];
  run(path.join(__dirname, 'vscode/starter'), vsce, 'package', ...quiet, '--out', starter);
  return starter;
}

function stopOn(signals: readonly NodeJS.Signals[], stop: () => Promise<void> | void): void {
  for (const signal of signals)
    process.once(signal, () => {
      console.log();
      say('stopping');
      void Promise.resolve(stop()).then(() => process.exit(0));
    });
}

/** Whether `code` is the desktop's, not the stub that forwards to a window over SSH. */
function desktopCode(): boolean {
  if (process.env.VSCODE_IPC_HOOK_CLI) return false;
  return spawnSync('code', ['--version'], { shell: process.platform === 'win32' }).status === 0;
}

async function inDesktop(
  profile: UserProfile,
  workspace: Workspace,
  extensions: readonly string[],
): Promise<void> {
  const own = ['--user-data-dir', profile.userData, '--extensions-dir', profile.extensions];
  const shell = process.platform === 'win32';
  say('installing the extension into a profile of its own');
  const install = extensions.flatMap((file) => ['--install-extension', file]);
  const { status, stderr } = spawnSync('code', [...own, ...install, '--force'], {
    encoding: 'utf8',
    shell,
  });
  if (status !== 0) throw new Error(`VS Code did not install the extension:\n${stderr}`);

  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const window = spawn('code', [...own, ...asRoot, '--wait', workspace.folder], {
    stdio: 'ignore',
    shell,
  });
  // `code` only hands over to the editor, whose process id lies in its profile.
  stopOn(['SIGINT', 'SIGTERM'], () => {
    window.kill();
    const lock = path.join(profile.userData, 'code.lock');
    if (existsSync(lock)) process.kill(Number(readFileSync(lock, 'utf8')));
  });
  say('VS Code is open; close its window or press Ctrl-C to stop');
  await new Promise((resolve) => window.once('exit', resolve));
}

function openInBrowser(address: string): void {
  if (process.platform !== 'linux' || !(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)) return;
  const opener = spawn('xdg-open', [address], { stdio: 'ignore', detached: true });
  // Without xdg-open the printed address has to do.
  opener.once('error', () => undefined);
  opener.unref();
}

async function inServer(
  profile: UserProfile,
  workspace: Workspace,
  extensions: readonly string[],
): Promise<void> {
  const vscode = installVSCode(say);
  say('installing the extension');
  installExtensions(vscode, profile, extensions);
  say('starting VS Code');
  const server = await startServer(vscode, profile, {
    ownHome: true,
    port: Number(process.env.PORT ?? 0),
  });
  let stopping = false;
  stopOn(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
    stopping = true;
    return server.stop();
  });

  const address = server.address({ folder: workspace.folder });
  say('VS Code is ready at');
  console.log(`\n${address}\n`);
  if (process.env.SSH_CONNECTION) {
    const port = server.host.split(':')[1];
    console.log(`From another machine, first: ssh -L ${port}:${server.host} <this machine>\n`);
  }
  console.log('Ctrl-C stops it.');
  openInBrowser(address);
  await server.ended;
  if (!stopping) throw new Error(`VS Code has ended by itself:\n${server.log().slice(-2000)}`);
}

async function start(): Promise<void> {
  const extensions = [packageExtension()];
  const folder = path.join(cache, 'start');
  const workspace = makeWorkspace(path.join(folder, 'workspace'));
  if (workspace.sample) extensions.push(packageStarter());
  else say('there is no sample profile in media/sample, so the window opens on an empty folder');
  const show = desktopCode() ? inDesktop : inServer;
  await show(openProfile(folder), workspace, extensions);
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
