/** What the stages of a run share: what is known of it so far, and how it is told. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type CommandLine, displayCommand } from './command';
import type { Environment } from './environment';
import type { CaptureEvent } from './events';
import { BalanceLog } from './expert-balance';
import type { Plan, StageId } from './plan';
import type { CommandRecord, Headline, RunFiles, RunFolder, StageRecord } from './run-folder';
import { Secrets } from './secrets';
import type { CaptureSettings } from './settings';
import { type Ended, runToEnd, type Supervised, type Supervision } from './supervised';
import type { WorkItem } from './workload';

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

export const newId = (): string => randomBytes(6).toString('hex');

export class RunContext {
  readonly id = newId();
  readonly started = new Date();
  readonly secrets: Secrets;
  readonly apiKey: string | undefined;
  readonly commands: CommandRecord[] = [];
  readonly stages: StageRecord[] = [];
  environment: Environment | undefined;
  plan: Plan | undefined;
  folder!: RunFolder;
  server: Supervised | undefined;
  stage: StageId = 'check';
  model: string;
  /** Beside those of the plan. */
  readonly notes: string[] = [];
  headline: Headline = {};
  kernels: readonly string[] = [];
  /** Of the load, or of an offline run as a whole. */
  readonly balance = new BalanceLog();
  files: { -readonly [K in keyof RunFiles]: RunFiles[K] } = {
    timelines: [],
    reports: [],
    torch: [],
  };
  items: { readonly warmUp: readonly WorkItem[]; readonly load: readonly WorkItem[] } = {
    warmUp: [],
    load: [],
  };
  /** In the folder of a running server's profiler before this run. */
  before: ReadonlySet<string> = new Set();

  constructor(
    readonly settings: CaptureSettings,
    readonly options: CaptureOptions,
  ) {
    const args = [...settings.engineArgs, ...settings.serverArgs];
    this.apiKey = apiKeyOf(args) ?? settings.env.VLLM_API_KEY ?? process.env.VLLM_API_KEY;
    this.secrets = new Secrets({ ...process.env, ...settings.env }, args, [this.apiKey]);
    this.model = settings.load.servedModel ?? settings.model;
  }

  get url(): string {
    return this.plan?.url ?? '';
  }

  emit(event: CaptureEvent): void {
    this.options.onEvent(event);
  }

  progress(text: string, done?: number, total?: number): void {
    this.emit({ type: 'progress', at: Date.now(), stage: this.stage, text, done, total });
  }

  supervision(log: string, outputFile?: string): Supervision {
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
  announce(command: CommandLine): (ended: Ended) => void {
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

  async execute(
    command: CommandLine,
    log: string,
    outputFile?: string,
  ): Promise<Ended & { readonly tail: string }> {
    const ended = this.announce(command);
    const result = await runToEnd(command, this.supervision(log, outputFile), this.options.cancel);
    ended(result);
    return result;
  }
}

function apiKeyOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => arg === '--api-key' || arg.startsWith('--api-key='));
  return at < 0 ? undefined : (args[at].split(/=(.*)/s)[1] ?? args[at + 1]);
}
