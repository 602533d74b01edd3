/**
 * The values of tokens and keys of a run, masked wherever they turn up: in what
 * is shown, in logs, in what is saved.
 */

export const MASK = '***';

const SECRET_NAME = /(key|token|secret|passw(or)?d|credential|auth)s?$/i;
/** Limits and counts of tokens are no secrets. */
const HARMLESS_NAME = /(max|min|num|batched|new|prompt|output|input|per)[-_](\w+[-_])*tokens?$/i;
/** Shapes of well-known tokens, whatever they are called. */
const TOKEN = /\b(hf_|sk-|ghp_|github_pat_|glpat-|AKIA)[A-Za-z0-9_-]{8,}/g;

export const isSecretName = (name: string): boolean =>
  SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);

export class Secrets {
  private readonly values: readonly string[];

  constructor(
    env: Readonly<Record<string, string | undefined>>,
    args: readonly string[] = [],
    others: readonly (string | undefined)[] = [],
  ) {
    const found = new Set<string | undefined>(others);
    for (const [name, value] of Object.entries(env)) if (isSecretName(name)) found.add(value);
    args.forEach((arg, i) => {
      const [name, value] = arg.split(/=(.*)/s, 2);
      if (name.startsWith('-') && isSecretName(name)) found.add(value ?? args[i + 1]);
    });
    // What is short or a plain word would mask half of every text. The longest first: one may hold another.
    this.values = [...found]
      .filter((value): value is string => value !== undefined && value.length >= 6)
      .sort((a, b) => b.length - a.length);
  }

  mask(text: string): string {
    let masked = text.replace(TOKEN, MASK);
    for (const value of this.values) masked = masked.replaceAll(value, MASK);
    return masked;
  }

  /** All texts in a document; a value under a secret's name whatever it is. */
  maskAll<T>(value: T, name = ''): T {
    if (typeof value === 'string')
      return (isSecretName(name) && value !== '' ? MASK : this.mask(value)) as T;
    if (Array.isArray(value)) return value.map((item) => this.maskAll<unknown>(item)) as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.maskAll<unknown>(item, key)]),
    ) as T;
  }
}
