import type * as vscode from 'vscode';
import { type CaptureDefinition, parseDefinition } from './definition';

const KEY = 'profilemate.capture.last';

/** What was last chosen in this workspace. */
export class Remembered {
  constructor(private readonly state: vscode.Memento) {}

  get definition(): CaptureDefinition | undefined {
    const value = this.state.get<unknown>(KEY);
    if (value === undefined) return undefined;
    try {
      return parseDefinition(value);
    } catch {
      // Of an older version of the extension.
      return undefined;
    }
  }

  keep(definition: CaptureDefinition): Thenable<void> {
    return this.state.update(KEY, definition);
  }
}
