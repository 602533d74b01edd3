/**
 * The one way from a profile to a figure. Everything that shows a number
 * (editor, command line, report, lens, check) holds an {@link Analysis} and
 * reads its results; whatever two questions share is computed once and kept.
 */
import type { Profile } from '../profile/model';
import type { Scope } from '../profile/scope';
import { classifyShapes, type ComponentRule, type ShapeClasses, DEFAULT_RULES } from './components';
import { linkLaunches, type LaunchLinks } from './launches';
import { findSteps, attributeSteps, type StepAttribution, type StepTable } from './steps';

export interface AnalysisOptions {
  /** Component rules, first match wins; defaults to the built-in ones. */
  readonly rules?: readonly ComponentRule[];
}

export class Analysis {
  private readonly kept = new Map<string, unknown>();

  constructor(
    readonly profile: Profile,
    readonly options: AnalysisOptions = {},
  ) {}

  /** Component of every launch shape. */
  get classes(): ShapeClasses {
    return this.once('classes', () =>
      classifyShapes(this.profile, this.options.rules ?? DEFAULT_RULES),
    );
  }

  /** The API call that launched each activity. */
  get launches(): LaunchLinks {
    return this.once('launches', () => linkLaunches(this.profile));
  }

  /** The engine steps the capture's ranges announce. */
  get steps(): StepTable {
    return this.once('steps', () => findSteps(this.profile));
  }

  /** The step each activity belongs to. */
  get attribution(): StepAttribution {
    return this.once('attribution', () =>
      attributeSteps(this.profile, this.steps, this.launches),
    );
  }

  /** Computes a result the first time it is asked for under this name. */
  once<T>(key: string, compute: () => T): T {
    if (!this.kept.has(key)) this.kept.set(key, compute());
    return this.kept.get(key) as T;
  }

  /** As {@link once}, for results that differ by scope; the latest few are kept. */
  scoped<T>(key: string, scope: Scope, compute: () => T): T {
    const full = `${key} ${JSON.stringify([scope.devices ?? null, scope.window ?? null, scope.phase ?? null])}`;
    const scopedKeys = [...this.kept.keys()].filter((k) => k.includes(' '));
    if (!this.kept.has(full) && scopedKeys.length >= 64) this.kept.delete(scopedKeys[0]!);
    return this.once(full, compute);
  }
}
