/** What a question before a run is, and what all of them share. */
import * as vscode from 'vscode';
import { DEFAULTS, type Target } from '../../capture/settings';
import type { CaptureDefinition } from './definition';
import { type Answer, BACK } from './quickInput';

export type Draft = CaptureDefinition;

export interface Question {
  applies(draft: Draft): boolean;
  ask(draft: Draft, back: boolean): Promise<Answer<Draft>>;
}

export const title = (): string => vscode.l10n.t('Profile vLLM Model');
export const kindOf = (draft: Draft): Target['kind'] => (draft.target ?? DEFAULTS.target).kind;
export const hasModel = (draft: Draft): boolean => ['serve', 'bench'].includes(kindOf(draft));
/** Without what is only kept for who goes back. */
export const settled = (draft: Draft): Draft =>
  hasModel(draft) ? draft : { ...draft, model: undefined };
export const hasLoad = (draft: Draft): boolean => ['serve', 'running'].includes(kindOf(draft));

export async function then<T extends string>(
  answer: Promise<Answer<T>>,
  use: (value: T) => Draft | Promise<Answer<Draft>>,
): Promise<Answer<Draft>> {
  const value = await answer;
  return typeof value === 'symbol' ? value : use(value);
}

/** A file, or the question before where the person chooses none. */
export async function askFile(
  last: string,
  openLabel: string,
  filters: Record<string, string[]>,
): Promise<Answer<string>> {
  const defaultUri = last === '' ? undefined : vscode.Uri.file(last);
  const files = await vscode.window.showOpenDialog({ openLabel, filters, defaultUri });
  return files?.[0]?.fsPath ?? BACK;
}
