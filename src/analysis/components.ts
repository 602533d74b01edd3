/** Which part of the model a kernel belongs to, decided by its demangled name. */
import type { Profile } from '../profile/model';

/** The components every breakdown knows, in the order they are shown. */
export const COMPONENTS = [
  'attention',
  'gemm',
  'moe',
  'norm',
  'activation',
  'rope',
  'kv_cache',
  'sampling',
  'communication',
  'quantization',
  'memory',
  'embedding',
  'input_prep',
  'elementwise',
  'other',
] as const;
export type Component = (typeof COMPONENTS)[number];

/** One rule; patterns are case-insensitive regular expressions, the first match wins. */
export interface ComponentRule {
  readonly component: string;
  readonly sub?: string;
  readonly pattern: string;
}

/** Column by launch shape (`profile.shapes`). */
export interface ShapeClasses {
  /** Index into {@link COMPONENTS}. */
  readonly component: Uint8Array;
  /** Finer class, for details ("core", "vendor", …). */
  readonly sub: readonly string[];
}

export declare const DEFAULT_RULES: readonly ComponentRule[];
export declare function classifyShapes(
  profile: Profile,
  rules: readonly ComponentRule[],
): ShapeClasses;
