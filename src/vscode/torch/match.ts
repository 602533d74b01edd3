/** Whether a place as a trace has it and a file of this machine are the same source. */

const segments = (file: string): string[] => file.split(/[\\/]+/).filter((part) => part !== '');

/**
 * How many of the last parts of two paths are the same; 0 where they are too
 * few to be sure. A relative path has to fit whole, an absolute one of another
 * machine by its name and the folder it lies in.
 */
export function commonTail(traced: string, file: string): number {
  const a = segments(traced);
  const b = segments(file);
  let common = 0;
  while (common < a.length && common < b.length && a.at(-1 - common) === b.at(-1 - common)) {
    common++;
  }
  if (common === a.length) return common;
  const absolute = /^([\\/]|[A-Za-z]:)/.test(traced);
  return absolute && common >= 2 ? common : 0;
}

/** Those that fit best, all of them where several fit as well. */
export function bestMatches<T>(
  traced: string,
  candidates: Iterable<T>,
  fileOf: (candidate: T) => string,
): T[] {
  let best: T[] = [];
  let most = 0;
  for (const candidate of candidates) {
    const common = commonTail(traced, fileOf(candidate));
    if (common === 0 || common < most) continue;
    if (common > most) best = [];
    most = common;
    best.push(candidate);
  }
  return best;
}

/** Where the function begins now: the recorded line, or the one that defines it where it has moved. */
export function currentLine(
  lines: readonly string[],
  recorded: number,
  name: string,
): number | undefined {
  const inside = recorded >= 1 && recorded <= lines.length;
  if (!/^[A-Za-z_]\w*$/.test(name)) return inside ? recorded : undefined;
  const definition = new RegExp(`^\\s*(?:async\\s+)?(?:def|class)\\s+${name}\\b`);
  // A decorated function begins at its first decorator.
  if (inside && (definition.test(lines[recorded - 1]) || /^\s*@/.test(lines[recorded - 1]))) {
    return recorded;
  }
  const elsewhere = lines.flatMap((line, at) => (definition.test(line) ? [at + 1] : []));
  if (elsewhere.length === 1) return elsewhere[0];
  // Traces of before 2022 have the line that was running, not the one that begins.
  return inside ? recorded : undefined;
}

/** `forward` of `llama.py(412): forward`. */
export const functionOf = (frame: string): string => frame.replace(/^.*\.py\(\d+\): /, '');
