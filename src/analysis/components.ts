/** Which part of the model a kernel belongs to, decided by its demangled name. */
import type { Profile } from '../profile/model';
import type { StringId } from '../profile/strings';
import builtIn from './component-rules.json';

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

export const DEFAULT_RULES: readonly ComponentRule[] = builtIn;

/**
 * How much of a name is looked at. Demangled names of templates run to tens of
 * kilobytes; what they are stands at their front, and a hostile one costs no more.
 */
const NAME_LENGTH = 4096;

/**
 * Names are tested once each, however many shapes and launches carry them. What
 * no rule matches, or has a rule of an unknown component, is `other`.
 */
export function classifyShapes(profile: Profile, rules: readonly ComponentRule[]): ShapeClasses {
  const classify = classifier(rules);
  const component = new Uint8Array(profile.shapes.length);
  const sub: string[] = [];
  const known = new Map<StringId, ComponentClass>();
  profile.shapes.forEach((shape, i) => {
    const name = shape.name || shape.shortName;
    let found = known.get(name);
    if (!found) {
      found = classify(profile.strings.get(name));
      known.set(name, found);
    }
    component[i] = COMPONENTS.indexOf(found.component);
    sub.push(found.sub);
  });
  return { component, sub };
}

export interface ComponentClass {
  readonly component: Component;
  readonly sub: string;
}

/** @throws SyntaxError for a pattern that {@link parseRules} would have reported. */
export function classifier(rules: readonly ComponentRule[]): (name: string) => ComponentClass {
  const tests = rules.map((rule) => ({
    expression: new RegExp(rule.pattern, 'i'),
    result: {
      component: isComponent(rule.component) ? rule.component : 'other',
      sub: rule.sub ?? '',
    },
  }));
  return (name) => {
    const front = name.slice(0, NAME_LENGTH);
    return tests.find((test) => test.expression.test(front))?.result ?? OTHER;
  };
}

const OTHER: ComponentClass = { component: 'other', sub: '' };

function isComponent(name: string): name is Component {
  return (COMPONENTS as readonly string[]).includes(name);
}

/**
 * Rules as a person wrote them in a setting or file. What is wrong with a rule
 * is said, with its place; the others are used.
 */
export function parseRules(json: unknown): {
  readonly rules: readonly ComponentRule[];
  readonly problems: readonly string[];
} {
  if (!Array.isArray(json)) {
    return {
      rules: [],
      problems: ['Component rules must be a list of { component, sub?, pattern }.'],
    };
  }
  const rules: ComponentRule[] = [];
  const problems: string[] = [];
  json.forEach((value: unknown, i) => {
    const problem = problemOf(value);
    if (problem === undefined) rules.push(value as ComponentRule);
    else problems.push(`Component rule ${i + 1}${labelOf(value)}: ${problem}`);
  });
  return { rules, problems };
}

function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'is not { component, sub?, pattern }.';
  const { component, sub, pattern } = value as Record<string, unknown>;
  if (typeof component !== 'string' || !isComponent(component)) {
    return `"component" must be one of ${COMPONENTS.join(', ')}.`;
  }
  if (sub !== undefined && typeof sub !== 'string') return '"sub" must be a text.';
  if (typeof pattern !== 'string' || pattern === '') {
    return '"pattern" must be a regular expression, as a text that is not empty.';
  }
  try {
    new RegExp(pattern, 'i');
  } catch (error) {
    return (error as Error).message + '.';
  }
  if (repeatsRepetition(pattern)) {
    return `"${pattern}" repeats a group that itself repeats, which can take for ever; rewrite it without.`;
  }
  return undefined;
}

function labelOf(value: unknown): string {
  const { component, sub } = (value ?? {}) as Record<string, unknown>;
  if (typeof component !== 'string') return '';
  return ` (${component}${typeof sub === 'string' && sub !== '' ? `/${sub}` : ''})`;
}

/** Whether a group with an unbounded repetition inside is itself repeated without bound, as in `(a+)*`. */
function repeatsRepetition(pattern: string): boolean {
  const bare = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  const groups: boolean[] = [false];
  for (let i = 0; i < bare.length; i++) {
    if (bare[i] === '(') {
      groups.push(false);
      continue;
    }
    const inner = bare[i] === ')' && groups.pop();
    const repeated = /^(?:[*+]|\{\d+,\})/.test(bare.slice(i + 1, i + 12));
    if (inner && repeated) return true;
    if (inner || repeated) groups[groups.length - 1] = true;
  }
  return false;
}
