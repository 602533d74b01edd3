/** What is run, of what, and in how much detail. */
import path from 'node:path';
import * as vscode from 'vscode';
import {
  DEFAULTS,
  type Mode,
  type NcuSet,
  type Target,
  type TorchLevel,
} from '../../capture/settings';
import { joinArguments, splitArguments } from './arguments';
import { askFile, type Draft, hasModel, kindOf, type Question, then, title } from './question';
import { pick, text } from './quickInput';

export const mode: Question = {
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

export const target: Question = {
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

export const script: Question = {
  applies: (draft) => kindOf(draft) === 'script',
  ask(draft) {
    const last = ofKind(draft.target, 'script') ?? NO_SCRIPT;
    return then(
      askFile(last.file, vscode.l10n.t('Profile'), { [vscode.l10n.t('Python scripts')]: ['py'] }),
      (file) => ({ ...draft, target: { ...last, file } }),
    );
  },
};

export const address: Question = {
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

export const profiles: Question = {
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

export const model: Question = {
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

export const torch: Question = {
  applies: (draft) => draft.mode === 'torch',
  ask(draft, back) {
    const item = (value: TorchLevel, label: string, detail: string) => ({ value, label, detail });
    const items = [
      item('light', vscode.l10n.t('Light'), vscode.l10n.t('Operators and kernels')),
      item(
        'detailed',
        vscode.l10n.t('Detailed'),
        vscode.l10n.t('And shapes and Python stacks; larger files'),
      ),
      item(
        'deep',
        vscode.l10n.t('Deep'),
        vscode.l10n.t('And memory and estimated FLOPs; slow, and large files'),
      ),
    ];
    const question = { title: title(), placeholder: vscode.l10n.t('In how much detail?'), back };
    return then(
      pick(question, items, (value) => value === (draft.torch ?? DEFAULTS.torch)),
      (value) => ({ ...draft, torch: value }),
    );
  },
};

export const ncu: Question = {
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

export const engineArgs: Question = {
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
