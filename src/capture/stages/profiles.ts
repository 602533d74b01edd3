/** What was recorded: taken from profilers that have ended, and kept. */
import { copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CaptureFailure } from '../failure';
import { reportsOf } from '../nsys-command';
import { formatVersion } from '../nsys-export';
import type { Stage } from '../plan';
import { reasonFor } from '../reasons';
import type { RunContext } from '../run-context';

const BALANCE_FILE = 'expert_balance.json';

export async function runOffline(
  run: RunContext,
  { commands }: Stage,
): Promise<string | undefined> {
  const { status, signal, tail } = await run.execute(commands[0], 'program');
  const [reports, folders] = await Promise.allSettled([
    run.plan?.range ? takeReports(run, tail) : undefined,
    keepFolders(run),
  ]);
  // That it failed is why something is missing, and so comes first.
  if (status !== 0)
    throw new CaptureFailure({
      what: `The program ended with ${signal ?? `status ${status}`}.`,
      advice: 'Its log tells more; what was recorded until then is kept.',
      log: tail,
    });
  if (reports.status === 'rejected') throw reports.reason;
  if (folders.status === 'rejected') throw folders.reason;
  return reports.value;
}

/** The reports are whole now: the profiler has ended. */
export async function takeReports(run: RunContext, log: string): Promise<string> {
  const base = path.basename(run.plan?.output.timeline ?? '');
  const all = await readdir(run.folder.path);
  const names = [...reportsOf(base, all)];
  if (names.length === 0) {
    keepRaw(run, reportsOf(base, all, '.qdstrm'), log);
    throw new CaptureFailure({
      what: 'nsys wrote no report.',
      why: reasonFor(log)?.why,
      advice:
        'If collection never began, the program did not start the profiler; otherwise nsys could not finish, and says so in the log.',
      log,
    });
  }
  if (names.length === 1 && names[0] !== `${base}.nsys-rep`) {
    await rename(run.folder.file(names[0]), run.folder.file(`${base}.nsys-rep`));
    names.splice(0, 1, `${base}.nsys-rep`);
  }
  for (const name of names) run.folder.keep(name);
  run.files.reports = names;
  return names.join(', ');
}

/** Collected, and no report made of it: an nsys that came without its importer, or whose importer failed. */
function keepRaw(run: RunContext, names: readonly string[], log: string): void {
  if (names.length === 0) return;
  for (const name of names) run.folder.keep(name);
  const version = run.environment?.nsys?.version;
  const same = version === undefined ? 'the same version' : formatVersion(version);
  throw new CaptureFailure({
    what: 'nsys collected the run, and could not make a report of it.',
    why: 'It lacks its importer, as in images that have but the part for targets, or that failed.',
    advice: `Where Nsight Systems ${same} is whole, on any machine, QdstrmImporter makes a report of ${names.join(' and ')}: open that.`,
    log,
  });
}

/** What other profilers have written beside, and what the log told. */
export async function keepFolders(run: RunContext): Promise<void> {
  await keepBalance(run);
  const torch = (await readdir(run.folder.file('torch')).catch(() => [])).sort();
  if (torch.length > 0) {
    run.files.torch = torch.map((name) => path.join('torch', name));
    run.folder.keep('torch');
  } else if (run.settings.mode === 'torch') {
    throw new CaptureFailure({
      what: 'The PyTorch profiler wrote no trace.',
      advice: 'The log of the run tells why; the profiler may have been stopped before any step.',
      log: run.server?.tail,
    });
  }
  if ((await readdir(run.folder.file('runtime')).catch(() => [])).length > 0) {
    run.files.runtime = 'runtime';
    run.folder.keep('runtime');
  } else if (run.settings.mode === 'moe' && run.settings.runtimeLayer !== undefined) {
    run.notes.push(
      'The runtime layer wrote nothing: which experts had how many tokens is not known.',
    );
  } else if (run.settings.mode === 'runtime') {
    throw new CaptureFailure({
      what: 'The runtime layer wrote nothing.',
      why: 'vLLM’s Python did not load it, or ignores PYTHONPATH.',
      advice: 'The log of the run tells whether the layer switched itself off.',
      log: run.server?.tail,
    });
  }
}

async function keepBalance(run: RunContext): Promise<void> {
  const balance = run.balance.figures(run.environment?.vllm?.version);
  if (!balance) return;
  await run.folder.writeJson(BALANCE_FILE, balance);
  run.files.balance = BALANCE_FILE;
  if (balance.across !== 'layers')
    run.headline = { ...run.headline, expert_balance: balance.models[0].balancedness };
}

/** New files of a running server's profiler, when they have stopped growing. */
export async function collectProfiles(run: RunContext): Promise<string> {
  const { target, finaliseTimeout } = run.settings;
  const from = target.kind === 'running' ? (target.profiles ?? '') : '';
  const isProfile = (name: string): boolean =>
    !run.before.has(name) && /\.(nsys-rep|pt\.trace\.json(\.gz)?)$/.test(name);
  const deadline = Date.now() + Math.min(finaliseTimeout, 120) * 1000;
  let last = '';
  for (;;) {
    const names = (await readdir(from)).filter(isProfile).sort();
    const sizes = await Promise.all(
      names.map(async (name) => (await stat(path.join(from, name))).size),
    );
    const now = names.map((name, i) => `${name} ${sizes[i]}`).join('\n');
    if (names.length > 0 && now === last) {
      await copyProfiles(run, from, names);
      return names.join(', ');
    }
    if (Date.now() > deadline) {
      throw new CaptureFailure({
        what: `No new profile has appeared in ${from}.`,
        why: 'nsys writes its report only when the server ends.',
        advice: 'End the server, and open the report from there.',
      });
    }
    last = now;
    run.progress('waiting for the profile to be written');
    await wait(1000, undefined, { signal: run.options.cancel });
  }
}

async function copyProfiles(
  run: RunContext,
  from: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const place = name.endsWith('.nsys-rep') ? name : path.join('torch', name);
    const file = run.folder.file(place);
    await mkdir(path.dirname(file), { recursive: true });
    await copyFile(path.join(from, name), file);
    if (place === name) run.folder.keep(name);
  }
  run.files.reports = names.filter((name) => name.endsWith('.nsys-rep'));
  await keepFolders(run);
}
