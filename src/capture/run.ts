/** The life of a run: from the check of the environment to a folder of results, or to nothing. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ClientFigures } from './client-figures';
import { type CommandLine, displayCommand } from './command';
import { type Check, checks, detectEnvironment, type Environment } from './environment';
import type { CaptureEvent } from './events';
import { asFailure, Cancelled, CaptureFailure } from './failure';
import { runLoad } from './load';
import { KERNELS_OF_TIMELINE, kernelPattern } from './ncu-command';
import { reportsOf } from './nsys-command';
import { exportArguments, formatVersion, type Version } from './nsys-export';
import { type Facts, type Plan, plan, type Stage, type StageId } from './plan';
import { BalanceLog } from './expert-balance';
import { freePort, isFree } from './ports';
import { run } from './process';
import { endAll, markedProcesses } from './processes';
import { reasonFor, refusal } from './reasons';
import {
  clientHeadline,
  type CommandRecord,
  type Headline,
  RunFolder,
  type RunFiles,
  type RunRecord,
  type StageRecord,
} from './run-folder';
import { RUN_SCHEMA_VERSION } from './run-schema';
import { Secrets } from './secrets';
import { ask, servedModel } from './server-client';
import { type CaptureSettings, settingsProblems } from './settings';
import { type Ended, runToEnd, Supervised, type Supervision } from './supervised';
import { warmUp, type WorkItem, workload } from './workload';

/** What the readers and the analysis make of the files; given by whoever may use those. */
export interface Analyser {
  /** Writes into `folder`. Kernels by what matters, the most first. */
  timeline(
    database: string,
    folder: string,
    cancel: AbortSignal,
  ): Promise<{ readonly headline: Headline; readonly kernels: readonly string[] }>;
  kernels(table: string, folder: string, cancel: AbortSignal): Promise<Headline>;
}

export interface CaptureOptions {
  readonly cancel: AbortSignal;
  readonly analyser: Analyser;
  /** Of ProfileMate, for the record. */
  readonly version: string;
  /** Where programs are started, and whose git commit is recorded. */
  readonly cwd?: string;
  onEvent(event: CaptureEvent): void;
}

export type CaptureResult =
  | { readonly state: 'done'; readonly folder: string; readonly record: RunRecord }
  /** The folder has the logs, and what was whole; none where it could not be made. */
  | { readonly state: 'failed'; readonly folder?: string; readonly failure: CaptureFailure }
  | { readonly state: 'cancelled' };

/** @throws CaptureFailure where a server could not listen there */
async function portFor({ target, host, port }: CaptureSettings): Promise<number> {
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

/** What would be run, on this machine as it is. @throws CaptureFailure for settings that contradict */
export async function preview(
  settings: CaptureSettings,
): Promise<{ readonly plan: Plan; readonly checks: readonly Check[] }> {
  checkSettings(settings);
  const environment = await detectEnvironment(settings);
  const folder = path.resolve(settings.outputDir, 'RUN');
  return {
    plan: plan(
      settings,
      factsOf(settings, environment, { folder, id: newId(), port: await portFor(settings) }),
    ),
    checks: checks(environment, settings),
  };
}

/** Never throws for what goes wrong with a run: that is its result. */
export async function capture(
  settings: CaptureSettings,
  options: CaptureOptions,
): Promise<CaptureResult> {
  return new Run(settings, options).run();
}

function checkSettings(settings: CaptureSettings): void {
  const [problem] = settingsProblems(settings);
  if (problem !== undefined)
    throw new CaptureFailure({ what: problem, advice: 'See: profilemate capture --help' });
}

const newId = (): string => randomBytes(6).toString('hex');

function factsOf(
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

/** Seconds. */
const HEALTH_TIMEOUT = 5;
const RUNNING_TIMEOUT = 10;
const SHUT_DOWN_GRACE = 30;
const SALVAGE = 30;
const POLL_MS = 250;
const BALANCE_FILE = 'expert_balance.json';

type Outcome = Pick<Extract<CaptureEvent, { type: 'stage' }>, 'state' | 'detail' | 'failure'>;

class Run {
  private readonly id = newId();
  private readonly started = new Date();
  private readonly secrets: Secrets;
  private readonly apiKey: string | undefined;
  private readonly commands: CommandRecord[] = [];
  private readonly stages: StageRecord[] = [];
  private environment: Environment | undefined;
  private plan: Plan | undefined;
  private folder!: RunFolder;
  private server: Supervised | undefined;
  private stage: StageId = 'check';
  private model: string;
  /** Beside those of the plan. */
  private readonly notes: string[] = [];
  private headline: Headline = {};
  private kernels: readonly string[] = [];
  /** Of the load, or of an offline run as a whole. */
  private readonly balance = new BalanceLog();
  private files: { -readonly [K in keyof RunFiles]: RunFiles[K] } = {
    timelines: [],
    reports: [],
    torch: [],
  };
  private items: { readonly warmUp: readonly WorkItem[]; readonly load: readonly WorkItem[] } = {
    warmUp: [],
    load: [],
  };
  /** In the folder of a running server's profiler before this run. */
  private before: ReadonlySet<string> = new Set();

  constructor(
    private readonly settings: CaptureSettings,
    private readonly options: CaptureOptions,
  ) {
    const args = [...settings.engineArgs, ...settings.serverArgs];
    this.apiKey = apiKeyOf(args) ?? settings.env.VLLM_API_KEY ?? process.env.VLLM_API_KEY;
    this.secrets = new Secrets({ ...process.env, ...settings.env }, args, [this.apiKey]);
    this.model = settings.load.servedModel ?? settings.model;
  }

  async run(): Promise<CaptureResult> {
    const { cancel } = this.options;
    try {
      checkSettings(this.settings);
      cancel.throwIfAborted();
      const { outputDir, model } = this.settings;
      this.folder = await RunFolder.create(outputDir, model, this.started);
    } catch (error) {
      if (cancel.aborted) return { state: 'cancelled' };
      return { state: 'failed', failure: asFailure(error) };
    }
    try {
      await this.runStages();
      await this.endEverything();
      return { state: 'done', folder: this.folder.place, record: await this.save('done') };
    } catch (error) {
      const kept = await this.salvage();
      // Also what an earlier stage has left.
      await this.endEverything();
      if (cancel.aborted) {
        await this.folder.remove();
        return { state: 'cancelled' };
      }
      const failure = kept === undefined ? asFailure(error) : withKept(asFailure(error), kept);
      failure.stage ??= this.stage;
      try {
        await this.save('failed', failure);
        return { state: 'failed', folder: this.folder.place, failure };
      } catch {
        await this.folder.remove().catch(() => undefined);
        return { state: 'failed', failure };
      }
    }
  }

  /** A server that died while it was recorded leaves a report, whole when the profiler has ended. */
  private async salvage(): Promise<string | undefined> {
    const { server, options, plan: planned, files } = this;
    if (!planned?.range || !server || files.reports.length > 0) return undefined;
    if (!(await server.settled(SALVAGE, options.cancel))) return undefined;
    return this.takeReports(server.tail).catch(() => undefined);
  }

  /** What any stage has left: a server, workers that outlived their parent, a profiler's agent. */
  private async endEverything(): Promise<void> {
    await this.server?.kill();
    await endAll(async () => (await markedProcesses(this.id)) ?? []);
  }

  private async runStages(): Promise<void> {
    await this.during({ id: 'check', title: 'Check the environment' }, () => this.check());
    for (const stage of this.plan?.stages ?? []) {
      // The check is done, and what follows the last stage cannot be part of it.
      if (stage.id === 'check' || stage.id === 'save') continue;
      await this.during(stage, () => this.perform(stage));
      // A short report of the disk, before hours go into a log that is not written.
      this.server?.checkLog();
    }
  }

  /** What a stage does; the text is what came of it. */
  private perform(stage: Stage): Promise<string | undefined> {
    switch (stage.id) {
      case 'start':
        return this.start(stage);
      case 'ready':
        return this.ready(stage);
      case 'warm-up':
        return this.warmUp();
      case 'profile-on':
      case 'profile-off':
        return this.profile(stage);
      case 'load':
        return this.load();
      case 'shut-down':
        return this.shutDown();
      case 'run':
        return this.runOffline(stage);
      case 'collect':
        return this.collect();
      case 'export':
        return this.export();
      case 'analyse':
        return this.analyse();
      case 'kernels':
        return this.measureKernels(stage);
      case 'kernel-table':
        return this.kernelTable(stage);
      case 'kernel-analysis':
        return this.analyseKernels();
      case 'check':
      case 'save':
        return Promise.resolve(undefined);
    }
  }

  private async during(
    { id, title }: Pick<Stage, 'id' | 'title'>,
    work: () => Promise<string | undefined>,
  ): Promise<void> {
    const { cancel } = this.options;
    const begun = Date.now();
    this.stage = id;
    const tell = (outcome: Outcome): void =>
      this.emit({
        type: 'stage',
        stage: id,
        title,
        ms: Date.now() - begun,
        at: Date.now(),
        ...outcome,
      });
    const note = (state: StageRecord['state'], detail?: string): void =>
      void this.stages.push({
        stage: id,
        title,
        state,
        started: new Date(begun).toISOString(),
        seconds: (Date.now() - begun) / 1000,
        ...(detail === undefined ? {} : { detail }),
      });
    tell({ state: 'started' });
    try {
      cancel.throwIfAborted();
      const detail = await work();
      cancel.throwIfAborted();
      note('done', detail);
      tell({ state: 'done', detail });
    } catch (error) {
      if (cancel.aborted) {
        tell({ state: 'cancelled' });
        throw new Cancelled();
      }
      const failure = this.withReason(asFailure(error));
      note('failed', failure.text.what);
      tell({ state: 'failed', detail: failure.text.what, failure: failure.text });
      throw failure;
    }
  }

  /** Why, from the log, where the failure itself does not know. */
  private withReason(failure: CaptureFailure): CaptureFailure {
    const { what, why, log, advice } = failure.text;
    const found = why === undefined && log !== undefined ? reasonFor(log) : undefined;
    const better = new CaptureFailure(found ? { what, ...found, log } : { what, why, advice, log });
    better.stage = this.stage;
    return better;
  }

  private emit(event: CaptureEvent): void {
    this.options.onEvent(event);
  }

  private progress(text: string, done?: number, total?: number): void {
    this.emit({ type: 'progress', at: Date.now(), stage: this.stage, text, done, total });
  }

  private supervision(log: string, outputFile?: string): Supervision {
    return {
      runId: this.id,
      logFile: this.folder.file(path.join('logs', `${log}.log`)),
      outputFile,
      cwd: this.options.cwd,
      mask: (text) => this.secrets.mask(text),
      onOutput: (text) => {
        const at = Date.now();
        if (this.stage === 'load' || this.stage === 'run') this.balance.take(text, at);
        this.emit({ type: 'log', at, stage: this.stage, text });
      },
    };
  }

  /** Shows and notes a command; the returned function notes its end. */
  private announce(command: CommandLine): (ended: Ended) => void {
    const text = this.secrets.mask(displayCommand(command));
    const begun = Date.now();
    this.emit({ type: 'command', at: begun, stage: this.stage, text });
    const at = this.commands.push({
      stage: this.stage,
      text,
      ...this.secrets.maskAll(command),
      started: new Date(begun).toISOString(),
    });
    return ({ status, signal }) => {
      this.commands[at - 1] = {
        ...this.commands[at - 1],
        seconds: (Date.now() - begun) / 1000,
        exit_status: status,
        signal,
      };
    };
  }

  private async execute(
    command: CommandLine,
    log: string,
    outputFile?: string,
  ): Promise<Ended & { readonly tail: string }> {
    const ended = this.announce(command);
    const result = await runToEnd(command, this.supervision(log, outputFile), this.options.cancel);
    ended(result);
    return result;
  }

  // --- the stages ---

  private async check(): Promise<string | undefined> {
    const { settings } = this;
    this.environment = await detectEnvironment(settings);
    const missing = checks(this.environment, settings).filter(({ needed }) => needed);
    if (missing.length > 0) {
      throw new CaptureFailure({
        what: missing.map(({ what, found }) => `${what}: ${found}.`).join(' '),
        advice: missing.map(({ remedy }) => remedy).join(' '),
      });
    }
    const { target } = settings;
    // A dataset that cannot be used is told now, and not when a server has been waited for.
    if (target.kind === 'serve' || target.kind === 'running')
      this.items = { warmUp: await warmUp(settings.load), load: await workload(settings.load) };
    const port = await portFor(settings);
    const own = { folder: this.folder.path, id: this.id, port };
    this.plan = plan(settings, factsOf(settings, this.environment, own));
    this.emit({ type: 'plan', at: Date.now(), plan: this.secrets.maskAll(this.plan) });
    if (target.kind === 'running' && target.profiles !== undefined)
      this.before = new Set(await readdir(target.profiles).catch(() => []));
    return Object.entries(versionsOf(this.environment))
      .map(([name, found]) => `${name} ${found}`)
      .join(', ');
  }

  private async start({ commands }: Stage): Promise<undefined> {
    const [command] = commands;
    const ended = this.announce(command);
    this.server = await Supervised.start(command, this.supervision('server'));
    void this.server.end.then(ended);
    return undefined;
  }

  private get url(): string {
    return this.plan?.url ?? '';
  }

  private async ready({ requests }: Stage): Promise<string> {
    const { settings, server } = this;
    const { cancel } = this.options;
    const { target } = settings;
    const begun = Date.now();
    const patience = Math.min(
      settings.readyTimeout,
      target.kind === 'running' ? RUNNING_TIMEOUT : Infinity,
    );
    let last = 'it does not answer';
    for (;;) {
      if (server?.ended) throw this.died('The server ended before it was ready.');
      const reply = await ask({
        ...requests[0],
        apiKey: this.apiKey,
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
              what: `No healthy server at ${this.url}: ${last}.`,
              advice: 'Check the address, and that the server has started.',
            })
          : new CaptureFailure({
              what: `The server is not healthy after ${patience} s: ${last}.`,
              why: reasonFor(server?.tail ?? '')?.why,
              advice: 'Its log tells what it is doing; allow it more time with --ready-timeout.',
              log: server?.tail,
            });
      }
      this.progress(lastLine(server?.tail ?? '') || 'waiting for an answer');
      await wait(POLL_MS);
    }
    if (settings.load.servedModel === undefined) {
      const models = await ask({
        method: 'GET',
        url: `${this.url}/v1/models`,
        apiKey: this.apiKey,
        timeout: HEALTH_TIMEOUT,
        cancel,
      }).catch(() => undefined);
      if (models?.status === 401 || models?.status === 403)
        throw new CaptureFailure({
          what: `${this.url} does not say what it serves: HTTP ${models.status}.`,
          ...refusal(`HTTP ${models.status}`),
        });
      this.model = servedModel(models?.body ?? '') ?? this.model;
    }
    return this.url;
  }

  private died(what: string): CaptureFailure {
    const { server } = this;
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

  private async warmUp(): Promise<string> {
    const figures = await this.send(this.items.warmUp);
    return `${figures.completed} answered`;
  }

  private async load(): Promise<string> {
    const figures = await this.send(this.items.load);
    await this.folder.writeJson('client.json', figures);
    this.files.client = 'client.json';
    this.headline = { ...this.headline, ...clientHeadline(figures) };
    const { completed, failed, output_throughput: rate } = figures;
    return [
      `${completed} answered`,
      ...(failed ? [`${failed} failed (${Object.keys(figures.errors ?? {}).join('; ')})`] : []),
      ...(rate === undefined ? [] : [`${Math.round(rate)} tokens/s`]),
    ].join(', ');
  }

  private async send(items: readonly WorkItem[]): Promise<ClientFigures> {
    const { settings, server } = this;
    const over = new AbortController();
    const cancel = AbortSignal.any([this.options.cancel, over.signal]);
    let told = 0;
    const sending = runLoad(
      { url: this.url, model: this.model, apiKey: this.apiKey },
      items,
      settings.load,
      {
        cancel,
        onProgress: (done, total, failed) => {
          // A terminal and an editor need no more than a few a second.
          if (Date.now() - told < 200 && done < total) return;
          told = Date.now();
          this.progress(`${done} of ${total}${failed ? `, ${failed} failed` : ''}`, done, total);
        },
      },
    );
    const ended = server?.end.then(() => 'ended' as const);
    const first = await Promise.race([sending, ...(ended ? [ended] : [])]);
    if (first === 'ended') {
      over.abort();
      await sending.catch(() => undefined);
      throw this.died('The server ended under load.');
    }
    if (first.completed === 0) {
      if (await this.endsNow()) throw this.died('The server ended under load.');
      const [error] = Object.keys(first.errors ?? {});
      const hangs = error?.startsWith('no answer within');
      throw new CaptureFailure({
        what: hangs
          ? `The server hangs: ${error} to any of ${first.requests} requests.`
          : `None of ${first.requests} requests was answered: ${error}.`,
        ...(hangs
          ? {
              why: reasonFor(server?.tail ?? '')?.why,
              advice: 'Its log may tell what it waits for; try a smaller load or fewer at a time.',
            }
          : { why: reasonFor(server?.tail ?? '')?.why, ...refusal(error ?? '') }),
        log: server?.tail,
      });
    }
    return first;
  }

  /** The connection may be gone a moment before the program is, and the profiler around it. */
  private async endsNow(): Promise<boolean> {
    const { server } = this;
    if (!server) return false;
    for (const deadline = Date.now() + 2000; Date.now() < deadline; await wait(POLL_MS))
      if (!(await server.targetRuns())) return true;
    return false;
  }

  private async profile({ id, commands, requests }: Stage): Promise<undefined> {
    const on = id === 'profile-on';
    const how = { apiKey: this.apiKey, cancel: this.options.cancel };
    const [request] = requests;
    const post = async (): Promise<void> => {
      if (!request) return;
      // What was recorded is written out before it answers.
      const timeout = on ? 120 : this.settings.finaliseTimeout;
      const reply = await ask({ ...request, ...how, timeout }).catch(async (error: unknown) => {
        this.options.cancel.throwIfAborted();
        if (await this.endsNow()) throw this.died('The server ended while it was profiled.');
        throw new CaptureFailure({
          what: `${new URL(request.url).pathname} was not answered: ${(error as Error).message}.`,
          advice: 'The log of the server may tell more.',
          log: this.server?.tail,
        });
      });
      this.checkProfileReply(reply.status, request.url);
    };
    const tool = async (): Promise<void> => {
      for (const command of commands) {
        const { status, tail } = await this.execute(command, 'nsys');
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

  private checkProfileReply(status: number, url: string): void {
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
      log: this.server?.tail,
    });
  }

  private async shutDown(): Promise<string | undefined> {
    const { server, settings } = this;
    if (!server) return undefined;
    await server.stop({
      grace: Math.min(SHUT_DOWN_GRACE, settings.finaliseTimeout),
      finalise: settings.finaliseTimeout,
      cancel: this.options.cancel,
      onWait: (text) => this.progress(text),
    });
    await this.keepFolders();
    return this.plan?.range ? this.takeReports(server.tail) : undefined;
  }

  private async runOffline({ commands }: Stage): Promise<string | undefined> {
    const { status, signal, tail } = await this.execute(commands[0], 'program');
    const [reports, folders] = await Promise.allSettled([
      this.plan?.range ? this.takeReports(tail) : undefined,
      this.keepFolders(),
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
  private async takeReports(log: string): Promise<string> {
    const base = path.basename(this.plan?.output.timeline ?? '');
    const all = await readdir(this.folder.path);
    const names = [...reportsOf(base, all)];
    if (names.length === 0) {
      this.keepRaw(reportsOf(base, all, '.qdstrm'), log);
      throw new CaptureFailure({
        what: 'nsys wrote no report.',
        why: reasonFor(log)?.why,
        advice:
          'If collection never began, the program did not start the profiler; otherwise nsys could not finish, and says so in the log.',
        log,
      });
    }
    if (names.length === 1 && names[0] !== `${base}.nsys-rep`) {
      await rename(this.folder.file(names[0]), this.folder.file(`${base}.nsys-rep`));
      names.splice(0, 1, `${base}.nsys-rep`);
    }
    for (const name of names) this.folder.keep(name);
    this.files.reports = names;
    return names.join(', ');
  }

  /** Collected, and no report made of it: an nsys that came without its importer, or whose importer failed. */
  private keepRaw(names: readonly string[], log: string): void {
    if (names.length === 0) return;
    for (const name of names) this.folder.keep(name);
    const version = this.environment?.nsys?.version;
    const same = version === undefined ? 'the same version' : formatVersion(version);
    throw new CaptureFailure({
      what: 'nsys collected the run, and could not make a report of it.',
      why: 'It lacks its importer, as in images that have but the part for targets, or that failed.',
      advice: `Where Nsight Systems ${same} is whole, on any machine, QdstrmImporter makes a report of ${names.join(' and ')}: open that.`,
      log,
    });
  }

  /** What other profilers have written beside, and what the log told. */
  private async keepFolders(): Promise<void> {
    await this.keepBalance();
    const torch = (await readdir(this.folder.file('torch')).catch(() => [])).sort();
    if (torch.length > 0) {
      this.files.torch = torch.map((name) => path.join('torch', name));
      this.folder.keep('torch');
    } else if (this.settings.mode === 'torch') {
      throw new CaptureFailure({
        what: 'The PyTorch profiler wrote no trace.',
        advice: 'The log of the run tells why; the profiler may have been stopped before any step.',
        log: this.server?.tail,
      });
    }
    if ((await readdir(this.folder.file('runtime')).catch(() => [])).length > 0) {
      this.files.runtime = 'runtime';
      this.folder.keep('runtime');
    } else if (this.settings.mode === 'moe' && this.settings.runtimeLayer !== undefined) {
      this.notes.push(
        'The runtime layer wrote nothing: which experts had how many tokens is not known.',
      );
    } else if (this.settings.mode === 'runtime') {
      throw new CaptureFailure({
        what: 'The runtime layer wrote nothing.',
        why: 'vLLM’s Python did not load it, or ignores PYTHONPATH.',
        advice: 'The log of the run tells whether the layer switched itself off.',
        log: this.server?.tail,
      });
    }
  }

  private async keepBalance(): Promise<void> {
    const balance = this.balance.figures(this.environment?.vllm?.version);
    if (!balance) return;
    await this.folder.writeJson(BALANCE_FILE, balance);
    this.files.balance = BALANCE_FILE;
    if (balance.across !== 'layers')
      this.headline = { ...this.headline, expert_balance: balance.models[0].balancedness };
  }

  /** New files of a running server's profiler, when they have stopped growing. */
  private async collect(): Promise<string> {
    const { target, finaliseTimeout } = this.settings;
    const from = target.kind === 'running' ? (target.profiles ?? '') : '';
    const isProfile = (name: string): boolean =>
      !this.before.has(name) && /\.(nsys-rep|pt\.trace\.json(\.gz)?)$/.test(name);
    const deadline = Date.now() + Math.min(finaliseTimeout, 120) * 1000;
    let last = '';
    for (;;) {
      const names = (await readdir(from)).filter(isProfile).sort();
      const sizes = await Promise.all(
        names.map(async (name) => (await stat(path.join(from, name))).size),
      );
      const now = names.map((name, i) => `${name} ${sizes[i]}`).join('\n');
      if (names.length > 0 && now === last) {
        await this.copyProfiles(from, names);
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
      this.progress('waiting for the profile to be written');
      await wait(1000, undefined, { signal: this.options.cancel });
    }
  }

  private async copyProfiles(from: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const place = name.endsWith('.nsys-rep') ? name : path.join('torch', name);
      const file = this.folder.file(place);
      await mkdir(path.dirname(file), { recursive: true });
      await copyFile(path.join(from, name), file);
      if (place === name) this.folder.keep(name);
    }
    this.files.reports = names.filter((name) => name.endsWith('.nsys-rep'));
    await this.keepFolders();
  }

  private async export(): Promise<string> {
    const nsys = this.environment?.nsys?.path ?? 'nsys';
    const databases: string[] = [];
    for (const report of this.files.reports) {
      const name = report.replace(/\.nsys-rep$/, '.nsys.sqlite');
      const partial = this.folder.file(`${name}.part`);
      const args = exportArguments(this.folder.file(report), partial);
      const { status, tail } = await this.execute({ program: nsys, args, env: {} }, 'nsys');
      if (status !== 0) {
        await rm(partial, { force: true });
        throw new CaptureFailure({
          what: `nsys could not export ${report}.`,
          why: reasonFor(tail)?.why,
          advice: 'The report itself is kept: open it, or export it with another nsys.',
          log: tail,
        });
      }
      await rename(partial, this.folder.file(name));
      this.folder.keep(name);
      databases.push(name);
    }
    this.files.timelines = databases;
    return databases.join(', ');
  }

  private async analyse(): Promise<string | undefined> {
    const { analyser, cancel } = this.options;
    const { timelines } = this.files;
    for (const [i, name] of timelines.entries()) {
      const folder = timelines.length === 1 ? 'parsed' : path.join('parsed', String(i + 1));
      const result = await analyser.timeline(
        this.folder.file(name),
        this.folder.file(folder),
        cancel,
      );
      // The list shows the first; each has its own.
      if (i === 0) {
        this.headline = { ...this.headline, ...result.headline };
        this.kernels = result.kernels;
      }
    }
    if (timelines.length > 0) this.folder.keep('parsed');
    return undefined;
  }

  private async measureKernels({ commands }: Stage): Promise<string> {
    const [planned] = commands;
    const pattern = kernelPattern(this.kernels);
    const later = planned.args.includes(KERNELS_OF_TIMELINE);
    if (later && pattern === undefined) {
      throw new CaptureFailure({
        what: 'The timeline has no kernels that could be measured.',
        why:
          this.environment?.gpus.length === 0
            ? 'There is no GPU here.'
            : 'Only kernels were recorded that wait for other GPUs, or none.',
        advice: 'The timeline is kept. Name kernels with --ncu-kernels, or take mode quick.',
      });
    }
    const args = planned.args.map((arg) =>
      arg === KERNELS_OF_TIMELINE ? `regex:${pattern}` : arg,
    );
    const { status, tail } = await this.execute({ ...planned, args }, 'ncu');
    const report = 'kernels.ncu-rep';
    const written = await stat(this.folder.file(report)).catch(() => undefined);
    if (status !== 0 || !written) {
      throw new CaptureFailure({
        what: written ? `ncu ended with status ${status}.` : 'ncu measured no kernel.',
        advice: 'What it said is in the log. The timeline is kept.',
        log: tail,
      });
    }
    this.folder.keep(report);
    return report;
  }

  private async kernelTable({ commands }: Stage): Promise<string> {
    const table = 'kernels.csv';
    const partial = this.folder.file(`${table}.part`);
    const { status, tail } = await this.execute(commands[0], 'ncu', partial);
    if (status !== 0)
      throw new CaptureFailure({
        what: 'ncu could not print its report as a table.',
        advice: 'The report itself is kept.',
        log: tail,
      });
    await rename(partial, this.folder.file(table));
    this.folder.keep(table);
    this.files.kernels = table;
    return table;
  }

  private async analyseKernels(): Promise<undefined> {
    const { analyser, cancel } = this.options;
    const table = this.folder.file(this.files.kernels ?? 'kernels.csv');
    const headline = await analyser.kernels(table, this.folder.file('ncu_parsed'), cancel);
    this.folder.keep('ncu_parsed');
    this.headline = { ...this.headline, ...headline };
    return undefined;
  }

  private async save(state: 'done', failure?: undefined): Promise<RunRecord>;
  private async save(state: 'failed', failure: CaptureFailure): Promise<RunRecord>;
  private async save(state: RunRecord['state'], failure?: CaptureFailure): Promise<RunRecord> {
    const { settings, environment, options } = this;
    const git = await gitState(options.cwd);
    const record: RunRecord = this.secrets.maskAll({
      schema_version: RUN_SCHEMA_VERSION,
      id: this.id,
      state,
      // What a server that runs already serves, it says itself.
      model: settings.target.kind === 'running' ? this.model : settings.model,
      mode: settings.mode,
      started: this.started.toISOString(),
      seconds: (Date.now() - this.started.getTime()) / 1000,
      profilemate: options.version,
      versions: environment ? versionsOf(environment) : {},
      gpus: environment?.gpus.map(({ name }) => name) ?? [],
      ...(git ? { git } : {}),
      settings,
      notes: [...(this.plan?.notes ?? []), ...this.notes],
      commands: this.commands,
      stages: this.stages,
      files: this.files,
      headline: this.headline,
      ...(failure ? { failure: { ...failure.text, stage: failure.stage } } : {}),
    });
    await this.folder.finish(record);
    return record;
  }
}

function withKept({ text, stage }: CaptureFailure, kept: string): CaptureFailure {
  const advice = `${text.advice} What was recorded until then is kept: ${kept}.`;
  const failure = new CaptureFailure({ ...text, advice });
  failure.stage = stage;
  return failure;
}

function apiKeyOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => arg === '--api-key' || arg.startsWith('--api-key='));
  return at < 0 ? undefined : (args[at].split(/=(.*)/s)[1] ?? args[at + 1]);
}

function versionsOf({ nsys, ncu, vllm, python, driver }: Environment): Record<string, string> {
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

async function gitState(cwd?: string): Promise<RunRecord['git']> {
  const git = async (...args: string[]): Promise<string | undefined> => {
    const signal = AbortSignal.timeout(5000);
    const result = await run('git', args, { cwd, signal }).catch(() => undefined);
    return result?.status === 0 ? result.tail.trim() : undefined;
  };
  const commit = await git('rev-parse', 'HEAD');
  if (commit === undefined) return undefined;
  return { commit, changed: (await git('status', '--porcelain', '--untracked-files=no')) !== '' };
}

const lastLine = (text: string): string =>
  text
    .split(/[\r\n]+/)
    .findLast((line) => line.trim() !== '')
    ?.trim()
    .slice(0, 200) ?? '';
