import { Core } from '../core';
import type { RunPageState } from './state';

/** A run without a profile has one view: there is nowhere to go. */
export class RunApp extends Core<RunPageState> {
  override reveal(): void {}
}
