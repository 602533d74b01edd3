/**
 * A Chromium without downloads or root: the one that the npm package
 * @sparticuz/chromium carries, or the one CHROME_PATH names.
 *
 * The package's own `executablePath()` is not used: it unpacks into the shared
 * temporary folder, takes whatever lies there for its own, and leaves a
 * machine without fonts with a browser that dies at the first text editor.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';
import { cache, root } from './paths';

const packed = path.join(root, 'node_modules/@sparticuz/chromium');

const args = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  // WebGL on the processor.
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

function unpack(folder: string): void {
  const read = (name: string): Buffer =>
    brotliDecompressSync(readFileSync(path.join(packed, 'bin', name)));
  writeFileSync(path.join(folder, 'chromium'), read('chromium.br'), { mode: 0o755 });
  mkdirSync(path.join(folder, 'fonts'));
  for (const archive of ['swiftshader', 'al2023', 'fonts']) {
    const { status, stderr } = spawnSync('tar', ['-x', '--no-same-owner', '-C', folder], {
      input: read(`${archive}.tar.br`),
    });
    if (status !== 0) throw new Error(`tar could not unpack ${archive}: ${stderr?.toString()}`);
  }
}

/** Where the browser lies, unpacked at the first call. */
function unpacked(): string {
  const { version } = JSON.parse(readFileSync(path.join(packed, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = path.join(cache, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const aside = mkdtempSync(path.join(cache, 'unpacking-'));
  try {
    unpack(aside);
    if (!existsSync(folder)) renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return folder;
}

/** The package brings the libraries that a bare Debian lacks; the machine's own come first. */
function libraries(folder: string): Record<string, string> {
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  if (stdout?.includes('libnss3.so')) return {};
  const own = process.env.LD_LIBRARY_PATH;
  return { LD_LIBRARY_PATH: path.join(folder, 'lib') + (own ? `:${own}` : '') };
}

/** With no usable font at all Skia aborts, so a machine without any gets the package's. */
function fonts(folder: string): Record<string, string> {
  if (existsSync('/etc/fonts/fonts.conf') && existsSync('/usr/share/fonts')) return {};
  const config = path.join(folder, 'fonts.conf');
  // Whole or not there: another browser may be starting.
  const aside = `${config}.${process.pid}`;
  writeFileSync(
    aside,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${folder}/font-cache</cachedir>
</fontconfig>
`,
  );
  renameSync(aside, config);
  return { FONTCONFIG_FILE: config };
}

/** @throws Error when no browser can be started. */
export async function launchBrowser(): Promise<Browser> {
  const own = process.env.CHROME_PATH;
  if (own) return chromium.launch({ executablePath: own, args });
  const folder = unpacked();
  return chromium.launch({
    executablePath: path.join(folder, 'chromium'),
    args,
    env: { ...process.env, ...libraries(folder), ...fonts(folder) },
  });
}
