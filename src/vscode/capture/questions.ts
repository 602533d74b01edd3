/** The questions before a run, each with what was answered last time as its default. */
import path from 'node:path';
import * as vscode from 'vscode';
import { parseLengths, PRESETS, type Lengths } from '../../capture/load-settings';
import {
  DEFAULTS,
  type Mode,
  type NcuSet,
  type Target,
  type TorchLevel,
} from '../../capture/settings';
import { joinArguments, splitArguments } from './arguments';
import type { CaptureDefinition } from './definition';
import { type Answer, BACK, CLOSED, pick, text } from './quickInput';

export type Draft = CaptureDefinition;

interface Question {
  applies(draft: Draft): boolean;
  ask(draft: Draft, back: boolean): Promise<Answer<Draft>>;
}

/**
 * Asks one after the other, `decide` at last. What was given is not asked for.
 * Undefined where the person has closed one of them.
 */
export async function askAll<T extends string>(
  start: Draft,
  given: Pick<Draft, 'model' | 'target'>,
  decide: (draft: Draft, back: boolean) => Promise<Answer<T>>,
): Promise<{ readonly draft: Draft; readonly decision: T } | undefined> {
  let decision: T | undefined;
  const last: Question = {
    applies: () => true,
    async ask(draft, back) {
      const answer = await decide(settled(draft), back);
      if (typeof answer === 'symbol') return answer;
      decision = answer;
      return draft;
    },
  };
  const questions: readonly Question[] = [
    mode,
    ...(given.target === undefined || given.target.kind === 'serve'
      ? [target, script, address, profiles]
      : []),
    ...(given.model === undefined ? [model] : []),
    torch,
    ncu,
    load,
    dataset,
    requests,
    concurrency,
    rate,
    promptTokens,
    outputTokens,
    engineArgs,
    last,
  ];
  const draft = await askFrom(questions, start);
  return typeof draft === 'symbol' || decision === undefined
    ? undefined
    : { draft: settled(draft), decision };
}

/** Drafts before each question that was asked, to go back to. */
async function askFrom(questions: readonly Question[], start: Draft): Promise<Answer<Draft>> {
  const asked: { readonly at: number; readonly draft: Draft }[] = [];
  let draft = start;
  for (let at = 0; at < questions.length; at++) {
    if (!questions[at].applies(draft)) continue;
    const answer = await questions[at].ask(draft, asked.length > 0);
    if (answer === CLOSED) return CLOSED;
    if (answer === BACK) {
      const before = asked.pop();
      if (before === undefined) return BACK;
      // What was answered stays the default of its question.
      at = before.at - 1;
      continue;
    }
    asked.push({ at, draft });
    draft = answer;
  }
  return draft;
}

const title = (): string => vscode.l10n.t('Profile vLLM Model');
const kindOf = (draft: Draft): Target['kind'] => (draft.target ?? DEFAULTS.target).kind;
const hasModel = (draft: Draft): boolean => ['serve', 'bench'].includes(kindOf(draft));
/** Without what is only kept for who goes back. */
const settled = (draft: Draft): Draft => (hasModel(draft) ? draft : { ...draft, model: undefined });
const hasLoad = (draft: Draft): boolean => ['serve', 'running'].includes(kindOf(draft));

async function then<T extends string>(
  answer: Promise<Answer<T>>,
  use: (value: T) => Draft | Promise<Answer<Draft>>,
): Promise<Answer<Draft>> {
  const value = await answer;
  return typeof value === 'symbol' ? value : use(value);
}

const mode: Question = {
  applies: () => true,
  ask(draft, back) {
    const item = (value: Mode, label: string, detail: string) => ({ value, label, detail });
    const items = [
      item(
        'quick',
        vscode.l10n.t('Quick'),
        vscode.l10n.t('Phases, kernels and CUDA graphs, with Nsight Systems'),
      ),
      item(
        'full',
        vscode.l10n.t('Full'),
        vscode.l10n.t('Quick, then metrics of the kernels that matter, with Nsight Compute'),
      ),
      item(
        'moe',
        vscode.l10n.t('Mixture of Experts'),
        vscode.l10n.t('Quick, with expert tracking and balance'),
      ),
      item(
        'torch',
        vscode.l10n.t('PyTorch'),
        vscode.l10n.t('The PyTorch profiler, down to operators and Python'),
      ),
      item(
        'runtime',
        vscode.l10n.t('Runtime'),
        vscode.l10n.t('No profiler: what vLLM itself tells while it runs'),
      ),
    ];
    // A script decides for itself what vLLM's own options set.
    const fit = items.filter(
      ({ value }) => kindOf(draft) !== 'script' || (value !== 'torch' && value !== 'moe'),
    );
    const question = {
      title: title(),
      placeholder: vscode.l10n.t('What do you want to know?'),
      back,
    };
    return then(
      pick(question, fit, (value) => value === (draft.mode ?? DEFAULTS.mode)),
      (value) => ({ ...draft, mode: value }),
    );
  },
};

const target: Question = {
  applies: () => true,
  ask(draft, back) {
    const last: NonNullable<Draft['target']> = draft.target ?? { kind: 'serve' };
    const startsOnly = draft.mode !== undefined && ['full', 'moe', 'runtime'].includes(draft.mode);
    const vllmOnly = draft.mode === 'torch' || draft.mode === 'moe';
    type Way = 'serve' | 'latency' | 'throughput' | 'script' | 'running';
    const items: { value: Way; label: string; detail: string }[] = [
      {
        value: 'serve',
        label: vscode.l10n.t('Server'),
        detail: vscode.l10n.t('vllm serve, with requests of ours'),
      },
      {
        value: 'latency',
        label: vscode.l10n.t('Offline, latency'),
        detail: vscode.l10n.t('vllm bench latency: one batch again and again'),
      },
      {
        value: 'throughput',
        label: vscode.l10n.t('Offline, throughput'),
        detail: vscode.l10n.t('vllm bench throughput: many requests at once'),
      },
      {
        value: 'script',
        label: vscode.l10n.t('Python script…'),
        detail: vscode.l10n.t('A program of your own'),
      },
      {
        value: 'running',
        label: vscode.l10n.t('Server that runs already…'),
        detail: vscode.l10n.t('By its address; it was started with a profiler configured'),
      },
    ];
    const fit = items.filter(
      ({ value }) => !(startsOnly && value === 'running') && !(vllmOnly && value === 'script'),
    );
    const way: Way = last.kind === 'bench' ? last.what : last.kind;
    const question = {
      title: title(),
      placeholder: vscode.l10n.t('What is to be profiled?'),
      back,
    };
    return then(
      pick(question, fit, (value) => value === way),
      (value) => {
        switch (value) {
          case 'serve':
            return { ...draft, target: { kind: 'serve' } };
          case 'script':
            return { ...draft, target: { ...NO_SCRIPT, ...ofKind(last, value) } };
          case 'running':
            return { ...draft, target: { ...AT_HOME, ...ofKind(last, value) } };
          default:
            return { ...draft, target: { kind: 'bench', what: value } };
        }
      },
    );
  },
};

type OwnTarget<K extends Target['kind']> = Extract<NonNullable<Draft['target']>, { kind: K }>;

const NO_SCRIPT: OwnTarget<'script'> = { kind: 'script', file: '', args: [] };
const AT_HOME: OwnTarget<'running'> = { kind: 'running', url: 'http://127.0.0.1:8000' };

const ofKind = <K extends Target['kind']>(
  target: Draft['target'],
  kind: K,
): OwnTarget<K> | undefined => (target?.kind === kind ? (target as OwnTarget<K>) : undefined);

/** A file, or the question before where the person chooses none. */
async function askFile(
  last: string,
  openLabel: string,
  filters: Record<string, string[]>,
): Promise<Answer<string>> {
  const defaultUri = last === '' ? undefined : vscode.Uri.file(last);
  const files = await vscode.window.showOpenDialog({ openLabel, filters, defaultUri });
  return files?.[0]?.fsPath ?? BACK;
}

const script: Question = {
  applies: (draft) => kindOf(draft) === 'script',
  ask(draft) {
    const last = ofKind(draft.target, 'script') ?? NO_SCRIPT;
    return then(
      askFile(last.file, vscode.l10n.t('Profile'), { [vscode.l10n.t('Python scripts')]: ['py'] }),
      (file) => ({ ...draft, target: { ...last, file } }),
    );
  },
};

const address: Question = {
  applies: (draft) => kindOf(draft) === 'running',
  ask(draft, back) {
    const last = ofKind(draft.target, 'running') ?? AT_HOME;
    const prompt = vscode.l10n.t('Address of the server');
    return then(
      text({ title: title(), placeholder: AT_HOME.url, prompt, back }, last.url, (value) =>
        /^https?:\/\/[^/]/.test(value)
          ? undefined
          : vscode.l10n.t('The address of a server begins with http:// or https://.'),
      ),
      (url) => ({ ...draft, target: { ...last, url } }),
    );
  },
};

const profiles: Question = {
  applies: (draft) => kindOf(draft) === 'running',
  ask(draft, back) {
    const last = ofKind(draft.target, 'running') ?? AT_HOME;
    const prompt = vscode.l10n.t(
      'Folder that the server’s profiler writes to, to fetch the profile from; empty where this machine does not see it',
    );
    return then(
      text({ title: title(), placeholder: '', prompt, back }, last.profiles ?? '', () => undefined),
      (value) => ({ ...draft, target: { ...last, profiles: value.trim() || undefined } }),
    );
  },
};

const model: Question = {
  applies: hasModel,
  ask(draft, back) {
    const prompt = vscode.l10n.t('The model: a name on Hugging Face, or a folder');
    const question = { title: title(), placeholder: 'Qwen/Qwen3-0.6B', prompt, back };
    return then(
      text(question, draft.model ?? '', (value) =>
        value.trim() === '' || value.startsWith('-')
          ? vscode.l10n.t('A model is named like Qwen/Qwen3-0.6B, or by its folder.')
          : undefined,
      ),
      (value) => ({ ...draft, model: value.trim() }),
    );
  },
};

const torch: Question = {
  applies: (draft) => draft.mode === 'torch',
  ask(draft, back) {
    const item = (value: TorchLevel, label: string, detail: string) => ({ value, label, detail });
    const items = [
      item('light', vscode.l10n.t('Light'), vscode.l10n.t('Operators and kernels')),
      item('detailed', vscode.l10n.t('Detailed'), vscode.l10n.t('And shapes and memory')),
      item(
        'deep',
        vscode.l10n.t('Deep'),
        vscode.l10n.t('And Python stacks; slow, and large files'),
      ),
    ];
    const question = { title: title(), placeholder: vscode.l10n.t('In how much detail?'), back };
    return then(
      pick(question, items, (value) => value === (draft.torch ?? DEFAULTS.torch)),
      (value) => ({ ...draft, torch: value }),
    );
  },
};

const ncu: Question = {
  applies: (draft) => draft.mode === 'full',
  ask(draft, back) {
    const item = (value: NcuSet, label: string, detail: string) => ({ value, label, detail });
    const items = [
      item('basic', vscode.l10n.t('Basic'), vscode.l10n.t('Durations and throughput; quick')),
      item(
        'detailed',
        vscode.l10n.t('Detailed'),
        vscode.l10n.t('And memory, caches and occupancy'),
      ),
      item(
        'roofline',
        vscode.l10n.t('Roofline'),
        vscode.l10n.t('What a kernel could reach on this GPU'),
      ),
      item('full', vscode.l10n.t('All'), vscode.l10n.t('Every metric; slow')),
    ];
    const placeholder = vscode.l10n.t('Which metrics of kernels?');
    const last = draft.ncuSettings?.set ?? DEFAULTS.ncuSettings.set;
    return then(
      pick({ title: title(), placeholder, back }, items, (value) => value === last),
      (value) => ({ ...draft, ncuSettings: { ...draft.ncuSettings, set: value } }),
    );
  },
};

const load: Question = {
  applies: hasLoad,
  ask(draft, back) {
    const own = typeof draft.load === 'object' ? draft.load : undefined;
    const preset = typeof draft.load === 'string' ? draft.load : 'mixed';
    const last = own === undefined ? preset : own.dataset === undefined ? 'custom' : 'dataset';
    const items = [
      {
        value: 'mixed' as const,
        label: vscode.l10n.t('Mixed'),
        detail: vscode.l10n.t('Prompts and answers of many lengths'),
      },
      {
        value: 'prefill-heavy' as const,
        label: vscode.l10n.t('Prefill-heavy'),
        detail: vscode.l10n.t('Long prompts, short answers'),
      },
      {
        value: 'decode-heavy' as const,
        label: vscode.l10n.t('Decode-heavy'),
        detail: vscode.l10n.t('Short prompts, long answers'),
      },
      {
        value: 'custom' as const,
        label: vscode.l10n.t('Custom…'),
        detail: vscode.l10n.t('Requests, concurrency, rate and lengths of your own'),
      },
      {
        value: 'dataset' as const,
        label: vscode.l10n.t('Prompts from a file…'),
        detail: vscode.l10n.t('JSONL with a prompt a line, or ShareGPT’s JSON'),
      },
    ];
    const placeholder = vscode.l10n.t('Which requests?');
    return then(
      pick({ title: title(), placeholder, back }, items, (value) => value === last),
      (value) => {
        if (value !== 'custom' && value !== 'dataset') return { ...draft, load: value };
        const kept: OwnLoad = own ?? { ...PRESETS[preset] };
        const file = value === 'dataset' ? (kept.dataset ?? '') : undefined;
        return { ...draft, load: { ...kept, dataset: file } };
      },
    );
  },
};

type OwnLoad = Exclude<NonNullable<Draft['load']>, string>;

const ownLoad = (draft: Draft): OwnLoad | undefined =>
  hasLoad(draft) && typeof draft.load === 'object' ? draft.load : undefined;

const dataset: Question = {
  applies: (draft) => ownLoad(draft)?.dataset !== undefined,
  ask(draft) {
    const own = ownLoad(draft) ?? {};
    const filters = { [vscode.l10n.t('Prompts')]: ['jsonl', 'json'] };
    return then(askFile(own.dataset ?? '', vscode.l10n.t('Take Prompts'), filters), (file) => ({
      ...draft,
      load: { ...own, dataset: file },
    }));
  },
};

/** A question about a load of the person's own. */
function aboutLoad(
  prompt: () => string,
  show: (load: OwnLoad) => string,
  parse: (text: string) => Partial<OwnLoad> | undefined,
  problem: () => string,
  applies: (load: OwnLoad) => boolean = () => true,
): Question {
  return {
    applies(draft) {
      const own = ownLoad(draft);
      return own !== undefined && applies(own);
    },
    ask(draft, back) {
      const own = ownLoad(draft) ?? {};
      const question = { title: title(), placeholder: '', prompt: prompt(), back };
      return then(
        text(question, show(own), (value) => (parse(value) ? undefined : problem())),
        (value) => ({ ...draft, load: { ...own, ...parse(value) } }),
      );
    },
  };
}

const count = (text: string): number | undefined =>
  /^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : undefined;
const isCount = (): string => vscode.l10n.t('A whole number, 1 or more.');
const isLength = (): string => vscode.l10n.t('Like 512, 128-1024 or normal:512,128.');

const requests = aboutLoad(
  () => vscode.l10n.t('How many requests are profiled?'),
  (own) => String(own.requests ?? DEFAULTS.load.requests),
  (text) => (count(text) ? { requests: count(text) } : undefined),
  isCount,
);
const concurrency = aboutLoad(
  () => vscode.l10n.t('How many of them at a time?'),
  (own) => String(own.concurrency ?? DEFAULTS.load.concurrency),
  (text) => (count(text) ? { concurrency: count(text) } : undefined),
  isCount,
);
const rate = aboutLoad(
  () =>
    vscode.l10n.t(
      'Requests per second, arriving at random; empty for as fast as they are answered',
    ),
  (own) => (own.rate === undefined ? '' : String(own.rate)),
  (text) => {
    if (text.trim() === '') return { rate: undefined };
    return /^\d{1,6}(\.\d+)?$/.test(text.trim()) && Number(text) > 0
      ? { rate: Number(text) }
      : undefined;
  },
  () => vscode.l10n.t('A number like 4 or 0.5, or nothing.'),
);
const promptTokens = aboutLoad(
  () => vscode.l10n.t('Tokens of a prompt'),
  (own) => showLengths(own.prompt ?? DEFAULTS.load.prompt),
  (text) => (parseLengths(text) ? { prompt: parseLengths(text) } : undefined),
  isLength,
  // A file has prompts of their own lengths.
  (own) => own.dataset === undefined,
);
const outputTokens = aboutLoad(
  () => vscode.l10n.t('Tokens of an answer'),
  (own) => showLengths(own.output ?? DEFAULTS.load.output),
  (text) => (parseLengths(text) ? { output: parseLengths(text) } : undefined),
  isLength,
);

/** What `parseLengths` reads. */
function showLengths(lengths: Lengths): string {
  switch (lengths.kind) {
    case 'fixed':
      return String(lengths.value);
    case 'uniform':
      return `${lengths.min}-${lengths.max}`;
    case 'normal':
      return `normal:${lengths.mean},${lengths.deviation}`;
  }
}

const engineArgs: Question = {
  applies: (draft) => kindOf(draft) !== 'running',
  ask(draft, back) {
    const script = draft.target?.kind === 'script' ? draft.target : undefined;
    const prompt = script
      ? vscode.l10n.t('Arguments of {0}', path.basename(script.file))
      : vscode.l10n.t('More arguments of vLLM’s engine');
    const placeholder = script ? '' : '--tensor-parallel-size 2 --max-model-len 8192';
    const last = joinArguments(script?.args ?? draft.engineArgs ?? []);
    return then(
      text({ title: title(), placeholder, prompt, back }, last, (value) =>
        splitArguments(value) ? undefined : vscode.l10n.t('A quote is not closed.'),
      ),
      (value) => {
        const args = splitArguments(value) ?? [];
        return script ? { ...draft, target: { ...script, args } } : { ...draft, engineArgs: args };
      },
    );
  },
};
