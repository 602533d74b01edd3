/**
 * The one way from a profile to a figure. Everything that shows a number
 * (editor, command line, report, lens, check) holds an {@link Analysis} and
 * reads its results; whatever two questions share is computed once and kept.
 */
import type { Profile } from '../profile/model';
import type { Scope } from '../profile/scope';
import { classifyShapes, type ComponentRule, type ShapeClasses, DEFAULT_RULES } from './components';
import type { ActivityKind } from './selection';
import { linkLaunches, type LaunchLinks } from './launches';
import { findSteps, attributeSteps, type StepAttribution, type StepTable } from './steps';

export interface AnalysisOptions {
  /** Component rules, first match wins; defaults to the built-in ones. */
  readonly rules?: readonly ComponentRule[];
}

/** Results by scope are kept for a person's last steps back and forth, not for ever. */
const RESULTS_KEPT = 64;
/** A mask is a byte a row, so that a few scopes of them are kept. */
const MASKS_KEPT = 16;

export class Analysis {
  private readonly kept = new Map<string, unknown>();
  private readonly results = new Latest(RESULTS_KEPT);
  private readonly masks = new Latest(MASKS_KEPT);

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
    return this.once('attribution', () => attributeSteps(this.profile, this.steps, this.launches));
  }

  /** Computes a result the first time it is asked for under this name. */
  once<T>(key: string, compute: () => T): T {
    if (!this.kept.has(key)) this.kept.set(key, compute());
    return this.kept.get(key) as T;
  }

  /** As {@link once}, for results that differ by scope; the latest are kept. */
  scoped<T>(key: string, scope: Scope, compute: () => T): T {
    return this.results.get(`${key} ${scopeKey(scope)}`, compute);
  }

  /** The mask of `selection.inScope`; the latest are kept. */
  mask(kind: ActivityKind, scope: Scope, compute: () => Uint8Array): Uint8Array {
    return this.masks.get(`${kind} ${scopeKey(scope)}`, compute);
  }
}

function scopeKey({ devices, window, phase }: Scope): string {
  return JSON.stringify([devices ?? null, window ?? null, phase ?? null]);
}

/** What was computed last, forgetting what was asked for longest ago. */
class Latest {
  private readonly values = new Map<string, unknown>();

  constructor(private readonly limit: number) {}

  get<T>(key: string, compute: () => T): T {
    const value = this.values.has(key) ? (this.values.get(key) as T) : compute();
    this.values.delete(key);
    this.values.set(key, value);
    if (this.values.size > this.limit) this.values.delete(this.values.keys().next().value!);
    return value;
  }
}
