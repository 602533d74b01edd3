/** The life of a server: started, healthy, its profiler on and off, shut down. */
import { setTimeout as wait } from 'node:timers/promises';
import { CaptureFailure } from '../failure';
import type { Stage } from '../plan';
import { reasonFor, refusal } from '../reasons';
import type { RunContext } from '../run-context';
import { ask, servedModel } from '../server-client';
import { Supervised } from '../supervised';
import { keepFolders, takeReports } from './profiles';

/** Seconds. */
const HEALTH_TIMEOUT = 5;
const RUNNING_TIMEOUT = 10;
const SHUT_DOWN_GRACE = 30;
const POLL_MS = 250;

export async function startServer(run: RunContext, { commands }: Stage): Promise<undefined> {
  const [command] = commands;
  const ended = run.announce(command);
  run.server = await Supervised.start(command, run.supervision('server'));
  void run.server.end.then(ended);
  return undefined;
}

export async function waitUntilReady(run: RunContext, { requests }: Stage): Promise<string> {
  const { settings, server } = run;
  const { cancel } = run.options;
  const { target } = settings;
  const begun = Date.now();
  const patience = Math.min(
    settings.readyTimeout,
    target.kind === 'running' ? RUNNING_TIMEOUT : Infinity,
  );
  let last = 'it does not answer';
  for (;;) {
    if (server?.ended) throw died(run, 'The server ended before it was ready.');
    const reply = await ask({
      ...requests[0],
      apiKey: run.apiKey,
      timeout: HEALTH_TIMEOUT,
      cancel,
    }).catch(() => undefined);
    cancel.throwIfAborted();
    if (reply?.status === 200) break;
    if (reply) last = `/health says ${reply.status}`;
    const seconds = (Date.now() - begun) / 1000;
    if (seconds > patience) {
      throw target.kind === 'running'
        ? new CaptureFailure({
            what: `No healthy server at ${run.url}: ${last}.`,
            advice: 'Check the address, and that the server has started.',
          })
        : new CaptureFailure({
            what: `The server is not healthy after ${patience} s: ${last}.`,
            why: reasonFor(server?.tail ?? '')?.why,
            advice: 'Its log tells what it is doing; allow it more time with --ready-timeout.',
            log: server?.tail,
          });
    }
    run.progress(lastLine(server?.tail ?? '') || 'waiting for an answer');
    await wait(POLL_MS);
  }
  if (settings.load.servedModel === undefined) {
    const models = await ask({
      method: 'GET',
      url: `${run.url}/v1/models`,
      apiKey: run.apiKey,
      timeout: HEALTH_TIMEOUT,
      cancel,
    }).catch(() => undefined);
    if (models?.status === 401 || models?.status === 403)
      throw new CaptureFailure({
        what: `${run.url} does not say what it serves: HTTP ${models.status}.`,
        ...refusal(`HTTP ${models.status}`),
      });
    run.model = servedModel(models?.body ?? '') ?? run.model;
  }
  return run.url;
}

export function died(run: RunContext, what: string): CaptureFailure {
  const { server } = run;
  const log = server?.tail ?? '';
  const by = server?.ended?.signal;
  const found =
    reasonFor(log) ??
    (by === 'SIGKILL'
      ? {
          why: 'It was killed, as the system does when memory runs out.',
          advice: 'Check the memory of the machine, or of its container.',
        }
      : { why: undefined, advice: 'Its log tells more.' });
  return new CaptureFailure({ what, ...found, log });
}

/** The connection may be gone a moment before the program is, and the profiler around it. */
export async function endsNow(run: RunContext): Promise<boolean> {
  const { server } = run;
  if (!server) return false;
  for (const deadline = Date.now() + 2000; Date.now() < deadline; await wait(POLL_MS))
    if (!(await server.targetRuns())) return true;
  return false;
}

export async function switchProfiler(
  run: RunContext,
  { id, commands, requests }: Stage,
): Promise<undefined> {
  const on = id === 'profile-on';
  const how = { apiKey: run.apiKey, cancel: run.options.cancel };
  const [request] = requests;
  const post = async (): Promise<void> => {
    if (!request) return;
    // What was recorded is written out before it answers.
    const timeout = on ? 120 : run.settings.finaliseTimeout;
    const reply = await ask({ ...request, ...how, timeout }).catch(async (error: unknown) => {
      run.options.cancel.throwIfAborted();
      if (await endsNow(run)) throw died(run, 'The server ended while it was profiled.');
      throw new CaptureFailure({
        what: `${new URL(request.url).pathname} was not answered: ${(error as Error).message}.`,
        advice: 'The log of the server may tell more.',
        log: run.server?.tail,
      });
    });
    checkProfileReply(run, reply.status, request.url);
  };
  const tool = async (): Promise<void> => {
    for (const command of commands) {
      const { status, tail } = await run.execute(command, 'nsys');
      if (status !== 0)
        throw new CaptureFailure({
          what: `nsys could not ${on ? 'start' : 'stop'} collection.`,
          advice: 'What it said is in the log.',
          log: tail,
        });
    }
  };
  // The profiler around the program is up first and ends last.
  if (on) await tool().then(post);
  else await post().then(tool);
  return undefined;
}

function checkProfileReply(run: RunContext, status: number, url: string): void {
  if (status === 200) return;
  const { pathname } = new URL(url);
  if (status === 404) {
    throw new CaptureFailure({
      what: `The server has no ${pathname}.`,
      why: 'It was started without a profiler.',
      advice:
        'Start it with --profiler-config.profiler cuda (under nsys) or torch; before vLLM 0.13 with VLLM_TORCH_CUDA_PROFILE=1 or VLLM_TORCH_PROFILER_DIR.',
    });
  }
  throw new CaptureFailure({
    what: `${pathname} was answered with ${status}.`,
    advice: 'The log of the server tells more.',
    log: run.server?.tail,
  });
}

export async function shutDown(run: RunContext): Promise<string | undefined> {
  const { server, settings } = run;
  if (!server) return undefined;
  await server.stop({
    grace: Math.min(SHUT_DOWN_GRACE, settings.finaliseTimeout),
    finalise: settings.finaliseTimeout,
    cancel: run.options.cancel,
    onWait: (text) => run.progress(text),
  });
  await keepFolders(run);
  return run.plan?.range ? takeReports(run, server.tail) : undefined;
}

const lastLine = (text: string): string =>
  text
    .split(/[\r\n]+/)
    .findLast((line) => line.trim() !== '')
    ?.trim()
    .slice(0, 200) ?? '';
