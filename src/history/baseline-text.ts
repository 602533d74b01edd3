/**
 * Where in the text of a baseline its metrics stand, for lenses and marks. Reads
 * as much as there is: a person may be typing.
 */

export interface MetricPlace {
  readonly name: string;
  /** Of the name, with its quotes. */
  readonly offset: number;
  readonly length: number;
  /** Of the number; undefined where there is none yet. */
  readonly value?: { readonly offset: number; readonly length: number };
}

export interface BaselinePlaces {
  /** Of the opening brace. */
  readonly top: number;
  readonly metrics: readonly MetricPlace[];
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]|[a-z]+/g;

/** Linear in the text. */
export function locateMetrics(text: string): BaselinePlaces {
  const metrics: MetricPlace[] = [];
  /** Names and list places from the top to here. */
  const path: string[] = [];
  let key: { name: string; offset: number; length: number } | undefined;
  let current: MetricPlace | undefined;
  let top = 0;
  let started = false;
  const tokens = [...text.matchAll(TOKEN)];
  tokens.forEach((match, i) => {
    const [token] = match;
    const offset = match.index;
    const isName = token.startsWith('"') && tokens[i + 1]?.[0] === ':';
    if (token === '{' || token === '[') {
      if (!started) top = offset;
      started = true;
      path.push(key?.name ?? '');
      key = undefined;
    } else if (token === '}' || token === ']') {
      path.pop();
      key = undefined;
    } else if (isName) {
      key = { name: nameOf(token), offset, length: token.length };
      if (path.length === 2 && path[1] === 'metrics') {
        current = { ...key };
        metrics.push(current);
      }
    } else if (token !== ',' && token !== ':') {
      const plain = path.length === 2 && path[1] === 'metrics';
      const inside = path.length === 3 && path[1] === 'metrics' && key?.name === 'value';
      if ((plain || inside) && current !== undefined && /^-?\d/.test(token)) {
        metrics[metrics.length - 1] = { ...current, value: { offset, length: token.length } };
      }
      key = undefined;
    }
  });
  return { top, metrics };
}

function nameOf(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    return token.slice(1, -1);
  }
}
