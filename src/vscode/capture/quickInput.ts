/** One question with a way back. */
import * as vscode from 'vscode';

/** The person wants to answer the question before again. */
export const BACK = Symbol('back');
/** The person has closed the question. */
export const CLOSED = Symbol('closed');
export type Answer<T> = T | typeof BACK | typeof CLOSED;

export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

interface Question {
  readonly title: string;
  readonly placeholder: string;
  /** Is there a question before this one? */
  readonly back: boolean;
}

export function pick<T>(
  question: Question,
  items: readonly Choice<T>[],
  isDefault: (value: T) => boolean,
): Promise<Answer<T>> {
  const input = vscode.window.createQuickPick<Choice<T>>();
  input.items = items;
  input.matchOnDescription = true;
  const chosen = items.find(({ value }) => isDefault(value));
  if (chosen) input.activeItems = [chosen];
  return ask(input, question, () => input.selectedItems[0]?.value);
}

/** @param problem says what is wrong with a text; undefined where nothing is */
export function text(
  question: Question & { readonly prompt: string },
  value: string,
  problem: (value: string) => string | undefined,
): Promise<Answer<string>> {
  const input = vscode.window.createInputBox();
  input.prompt = question.prompt;
  input.value = value;
  input.onDidChangeValue((typed) => (input.validationMessage = problem(typed)));
  return ask(input, question, () => {
    input.validationMessage = problem(input.value);
    return input.validationMessage === undefined ? input.value : undefined;
  });
}

type Input = Pick<
  vscode.QuickPick<vscode.QuickPickItem>,
  'title' | 'placeholder' | 'buttons' | 'ignoreFocusOut' | 'show' | 'dispose'
> & {
  readonly onDidTriggerButton: vscode.Event<vscode.QuickInputButton>;
  readonly onDidAccept: vscode.Event<void>;
  readonly onDidHide: vscode.Event<void>;
};

function ask<T>(
  input: Input,
  { title, placeholder, back }: Question,
  answer: () => T | undefined,
): Promise<Answer<T>> {
  input.title = title;
  input.placeholder = placeholder;
  input.ignoreFocusOut = true;
  input.buttons = back ? [vscode.QuickInputButtons.Back] : [];
  return new Promise<Answer<T>>((resolve) => {
    input.onDidTriggerButton(() => resolve(BACK));
    input.onDidHide(() => resolve(CLOSED));
    input.onDidAccept(() => {
      const value = answer();
      if (value !== undefined) resolve(value);
    });
    input.show();
  }).finally(() => input.dispose());
}
