/** Which requests are sent. */
import * as vscode from 'vscode';
import { parseLengths, PRESETS, type Lengths } from '../../capture/load-settings';
import { DEFAULTS } from '../../capture/settings';
import { askFile, type Draft, hasLoad, type Question, then, title } from './question';
import { pick, text } from './quickInput';

export const load: Question = {
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

export const dataset: Question = {
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

export const requests = aboutLoad(
  () => vscode.l10n.t('How many requests are profiled?'),
  (own) => String(own.requests ?? DEFAULTS.load.requests),
  (text) => (count(text) ? { requests: count(text) } : undefined),
  isCount,
);
export const concurrency = aboutLoad(
  () => vscode.l10n.t('How many of them at a time?'),
  (own) => String(own.concurrency ?? DEFAULTS.load.concurrency),
  (text) => (count(text) ? { concurrency: count(text) } : undefined),
  isCount,
);
export const rate = aboutLoad(
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
export const promptTokens = aboutLoad(
  () => vscode.l10n.t('Tokens of a prompt'),
  (own) => showLengths(own.prompt ?? DEFAULTS.load.prompt),
  (text) => (parseLengths(text) ? { prompt: parseLengths(text) } : undefined),
  isLength,
  // A file has prompts of their own lengths.
  (own) => own.dataset === undefined,
);
export const outputTokens = aboutLoad(
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
