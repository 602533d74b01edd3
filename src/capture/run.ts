/** The life of a run: from the check of the environment to a folder of results, or to nothing. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type Check, checks, detectEnvironment } from './environment';
import type { CaptureEvent } from './events';
import { asFailure, Cancelled, CaptureFailure } from './failure';
import { type Plan, plan, type Stage } from './plan';
import { run } from './process';
import { endAll, markedProcesses, openFiles } from './processes';
import { reasonFor } from './reasons';
import { type CaptureOptions, newId, RunContext } from './run-context';
import { RunFolder, type RunRecord, type StageRecord } from './run-folder';
import { RUN_SCHEMA_VERSION } from './run-schema';
import { type CaptureSettings, settingsProblems } from './settings';
import { checkEnvironment, factsOf, portFor, versionsOf } from './stages/check';
import { shutDown, startServer, switchProfiler, waitUntilReady } from './stages/server';
import { sendLoad, sendWarmUp } from './stages/load';
import { collectProfiles, runOffline, takeReports } from './stages/profiles';
import {
  analyseKernels,
  analyseTimelines,
  exportReports,
  kernelTable,
  measureKernels,
} from './stages/results';

export type { Analyser, CaptureOptions } from './run-context';

export type CaptureResult =
  | { readonly state: 'done'; readonly folder: string; readonly record: RunRecord }
  /** The folder has the logs, and what was whole; none where it could not be made. */
  | { readonly state: 'failed'; readonly folder?: string; readonly failure: CaptureFailure }
  | { readonly state: 'cancelled' };

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

/** Seconds that a profiler has to end after its program died. */
const SALVAGE = 30;

type Outcome = Pick<Extract<CaptureEvent, { type: 'stage' }>, 'state' | 'detail' | 'failure'>;

/** What nsys collects into until it makes the report, in the system's folder for such files. */
const COLLECTED = /\/nsys-report-[0-9a-f]+\.qdstrm$/;

class Run extends RunContext {
  async run(): Promise<CaptureResult> {
    const { cancel } = this.options;
    let collected: readonly string[] = [];
    // The first to hear of it: whoever has the file open is ended next.
    cancel.addEventListener('abort', () => (collected = openFiles(this.id, COLLECTED)), {
      once: true,
    });
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
        // nsys leaves it where it is when it is ended, and it may be large.
        await Promise.all(collected.map((file) => rm(file, { force: true })));
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
    return takeReports(this, server.tail).catch(() => undefined);
  }

  /** What any stage has left: a server, workers that outlived their parent, a profiler's agent. */
  private async endEverything(): Promise<void> {
    await this.server?.kill();
    await endAll(async () => (await markedProcesses(this.id)) ?? []);
  }

  private async runStages(): Promise<void> {
    await this.during({ id: 'check', title: 'Check the environment' }, () =>
      checkEnvironment(this),
    );
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
        return startServer(this, stage);
      case 'ready':
        return waitUntilReady(this, stage);
      case 'warm-up':
        return sendWarmUp(this);
      case 'profile-on':
      case 'profile-off':
        return switchProfiler(this, stage);
      case 'load':
        return sendLoad(this);
      case 'shut-down':
        return shutDown(this);
      case 'run':
        return runOffline(this, stage);
      case 'collect':
        return collectProfiles(this);
      case 'export':
        return exportReports(this);
      case 'analyse':
        return analyseTimelines(this);
      case 'kernels':
        return measureKernels(this, stage);
      case 'kernel-table':
        return kernelTable(this, stage);
      case 'kernel-analysis':
        return analyseKernels(this);
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
