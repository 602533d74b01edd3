/** A PostgreSQL server of Debian's package, started for a test and gone after it. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PACKAGED = '/usr/lib/postgresql';

/** Folder of the newest server's programs; undefined where none is installed. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(PACKAGED)) return undefined;
  return readdirSync(PACKAGED)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(PACKAGED, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** The server refuses to run as root; its package makes a user for it. */
function user(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8').match(/^postgres:[^:]*:(\d+):(\d+):/m);
  if (!line) throw new Error('There is no user "postgres" to run the server as.');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });

export async function startPostgres(
  programs: string,
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'profilemate-pg-'));
  const as = user();
  if (as) chownSync(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  const options = { ...as, cwd: folder, env: { ...process.env, LC_ALL: 'C' } };
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'tester', '--auth=trust', '--no-sync', '-E', 'UTF8'],
    { ...options, stdio: 'ignore' },
  );
  const port = await freePort();
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, '-F'],
    { ...options, stdio: 'ignore' },
  );
  const closed = new Promise((done) => server.once('close', done));
  const stop = async (): Promise<void> => {
    server.kill('SIGINT');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 600; tries++) {
    try {
      execFileSync(join(programs, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], {
        stdio: 'ignore',
      });
      return { url: `postgresql://tester:hunter2@127.0.0.1:${port}/postgres`, stop };
    } catch {
      await sleep(100);
    }
  }
  await stop();
  throw new Error('PostgreSQL did not start.');
}
