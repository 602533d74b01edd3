/** The stand-in for vLLM, as a server of its own or as the program that a run starts. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type CaptureSettings, DEFAULTS } from '../../../src/capture/settings';
import { findTool } from '../../../src/capture/tools';

const FOLDER = resolve('test/data/stand-in');
export const VLLM = join(FOLDER, 'bin', 'vllm');

/** Said loudly where Python is missing. */
export function hasPython(tests: string): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`    NOT TESTED: ${tests}, for there is no python3 here.`);
    return false;
  }
}

/** Said loudly where it is missing. */
export async function realNsys(tests: string): Promise<string | undefined> {
  const configured = process.env.PROFILEMATE_NSYS;
  const [nsys] = await findTool('nsys', { configured });
  if (nsys === undefined)
    console.warn(
      `    NOT TESTED: ${tests}, for there is no nsys here; scripts/get-nsight.sh gets it.`,
    );
  return nsys;
}

export interface Faults {
  /** As in the environment variables of the stand-in. */
  readonly fault?: string;
  readonly stepMs?: number;
  readonly version?: string;
}

export const faultEnv = ({ fault, stepMs, version }: Faults): Record<string, string> => ({
  ...(fault === undefined ? {} : { STAND_IN_FAULT: fault }),
  ...(stepMs === undefined ? {} : { STAND_IN_STEP_MS: String(stepMs) }),
  ...(version === undefined ? {} : { STAND_IN_VERSION: version }),
});

/** A server that runs already. */
export class Server {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(faults: Faults = {}, ...args: string[]): Promise<Server> {
    const child = spawn(VLLM, ['serve', 'model', '--port', '0', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...faultEnv(faults) },
    });
    const url = await new Promise<string>((found, fail) => {
      let log = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        const [, address] = /API server on (\S+)\n/.exec(log) ?? [];
        if (address !== undefined) found(address);
      });
      child.once('error', fail);
      child.once('close', () => fail(new Error(`the stand-in did not start: ${log}`)));
    });
    return new Server(child, url);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return Number(new RegExp(`^vllm:${name} (\\d+)$`, 'm').exec(text)?.[1]);
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

/** A place for runs, and settings for a small one. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'profilemate run '));
  /** In the environment of everything that a run starts. */
  private readonly mark = randomUUID();

  settings(change: Partial<CaptureSettings> = {}, faults: Faults = {}): CaptureSettings {
    return {
      ...DEFAULTS,
      model: 'org/Tiny-1B',
      vllm: VLLM,
      outputDir: join(this.folder, 'profiles'),
      readyTimeout: 60,
      finaliseTimeout: 120,
      ...change,
      env: { ...faultEnv(faults), STAND_IN_TEST: this.mark, ...change.env },
      load: {
        ...DEFAULTS.load,
        requests: 12,
        concurrency: 4,
        warmup: 2,
        prompt: { kind: 'fixed', value: 50 },
        output: { kind: 'fixed', value: 8 },
        timeout: 30,
        ...change.load,
      },
    };
  }

  /** Names in the folder of results, hidden ones too. */
  runs(): readonly string[] {
    try {
      return readdirSync(join(this.folder, 'profiles'));
    } catch {
      return [];
    }
  }

  /** Command lines of what still runs of all that was started here. */
  leftOver(): readonly string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const environ = readFileSync(`/proc/${pid}/environ`, 'latin1');
          if (!environ.includes(`STAND_IN_TEST=${this.mark}`)) return [];
          return [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')];
        } catch {
          return [];
        }
      });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
