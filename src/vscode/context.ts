import type * as vscode from 'vscode';
import type { ProfileRegistry } from '../engine/registry';
import type { Links } from './ncu/links';
import type { Heat } from './torch/heat';

/** What the parts of the extension share. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly registry: ProfileRegistry;
  readonly links: Links;
  readonly heat: Heat;
}

/** What it takes to have a report exported. */
export type ExportServices = Pick<Services, 'context' | 'log'>;
