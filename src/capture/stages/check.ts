/** What the machine has for the run, and the plan that follows from it. */
import { readdir } from 'node:fs/promises';
import { checks, detectEnvironment, type Environment } from '../environment';
import { CaptureFailure } from '../failure';
import { formatVersion, type Version } from '../nsys-export';
import { type Facts, plan } from '../plan';
import { freePort, isFree } from '../ports';
import type { RunContext } from '../run-context';
import type { CaptureSettings } from '../settings';
import { warmUp, workload } from '../workload';

export async function checkEnvironment(run: RunContext): Promise<string | undefined> {
  const { settings } = run;
  run.environment = await detectEnvironment(settings);
  const missing = checks(run.environment, settings).filter(({ needed }) => needed);
  if (missing.length > 0) {
    throw new CaptureFailure({
      what: missing.map(({ what, found }) => `${what}: ${found}.`).join(' '),
      advice: missing.map(({ remedy }) => remedy).join(' '),
    });
  }
  const { target } = settings;
  // A dataset that cannot be used is told now, and not when a server has been waited for.
  if (target.kind === 'serve' || target.kind === 'running')
    run.items = { warmUp: await warmUp(settings.load), load: await workload(settings.load) };
  const port = await portFor(settings);
  const own = { folder: run.folder.path, id: run.id, port };
  run.plan = plan(settings, factsOf(settings, run.environment, own));
  run.emit({ type: 'plan', at: Date.now(), plan: run.secrets.maskAll(run.plan) });
  if (target.kind === 'running' && target.profiles !== undefined)
    run.before = new Set(await readdir(target.profiles).catch(() => []));
  return Object.entries(versionsOf(run.environment))
    .map(([name, found]) => `${name} ${found}`)
    .join(', ');
}

/** @throws CaptureFailure where a server could not listen there */
export async function portFor({ target, host, port }: CaptureSettings): Promise<number> {
  if (target.kind !== 'serve') return port ?? 0;
  try {
    const chosen = port ?? (await freePort(host));
    if (await isFree(host, chosen)) return chosen;
  } catch {
    throw new CaptureFailure({
      what: `No server can listen on the host ${host}.`,
      why: 'It is no address of this machine.',
      advice: 'Name one with --host: 127.0.0.1 for this machine alone, 0.0.0.0 for all.',
    });
  }
  throw new CaptureFailure({
    what: `Port ${port} is taken by another program.`,
    advice: 'End that program, name another port, or none to have a free one chosen.',
  });
}

export function factsOf(
  { vllm, nsys, python, ncu }: CaptureSettings,
  environment: Environment,
  own: { folder: string; id: string; port: number },
): Facts {
  return {
    vllm: environment.vllm?.version,
    nsys: environment.nsys ?? { path: nsys ?? 'nsys', version: undefined },
    ncu: environment.ncu ?? { path: ncu ?? 'ncu', version: undefined },
    gpus: environment.gpus.length,
    programs: {
      vllm: environment.vllm?.path ?? vllm ?? 'vllm',
      python: environment.python?.path ?? python ?? 'python3',
    },
    pythonPath: process.env.PYTHONPATH,
    ...own,
  };
}

export function versionsOf({
  nsys,
  ncu,
  vllm,
  python,
  driver,
}: Environment): Record<string, string> {
  const found: [string, Version | undefined][] = [
    ['vLLM', vllm?.version],
    ['nsys', nsys?.version],
    ['ncu', ncu?.version],
    ['Python', python?.version],
    ['driver', driver],
  ];
  return Object.fromEntries(
    found.flatMap(([name, version]) => (version ? [[name, formatVersion(version)]] : [])),
  );
}
