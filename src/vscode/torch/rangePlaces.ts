/** Lines of Python that ranges of a timeline name. */
import type { PythonRange } from '../../analysis/python-ranges';

export interface RangePlace {
  /** Line, from 1. */
  readonly at: number;
  readonly range: PythonRange;
}

const LITERAL = /(['"])((?:(?!\1)[^\\])+)\1/g;
const ATTRIBUTE = /^\s+self\.(\w+)\s*(?::[^=]+)?=(?!=)/;
const CLASS = /^\s*class\s+(\w+)/;

/**
 * A label where its text stands as a literal; a module where the file defines
 * the model's class and assigns the attribute once. What is said twice is not
 * placed: a wrong line is worse than none. Linear in the text.
 */
export function rangePlaces(
  lines: readonly string[],
  ranges: readonly PythonRange[],
): readonly RangePlace[] {
  const labels = new Map(
    ranges.filter(({ kind }) => kind === 'label').map((range) => [range.name, range]),
  );
  const owners = new Set(ranges.map(({ owner }) => owner).filter((owner) => owner !== undefined));
  const classes = new Map<string, number>();
  const attributes = new Map<string, number[]>();
  const said = new Map<PythonRange, number[]>();
  const add = <K>(map: Map<K, number[]>, key: K, at: number) =>
    map.set(key, [...(map.get(key) ?? []), at]);
  lines.forEach((line, index) => {
    const at = index + 1;
    const name = CLASS.exec(line)?.[1];
    if (name !== undefined && owners.has(name)) classes.set(name, at);
    const attribute = ATTRIBUTE.exec(line)?.[1];
    if (attribute !== undefined) add(attributes, attribute, at);
    if (labels.size === 0) return;
    for (const [, , text] of line.matchAll(LITERAL)) {
      const label = labels.get(text);
      if (label) add(said, label, at);
    }
  });
  const modules = ranges
    .filter(({ owner }) => owner !== undefined && classes.has(owner))
    .map((range): [PythonRange, number[]] => [
      range,
      range.name === range.owner ? [classes.get(range.owner)!] : (attributes.get(range.name) ?? []),
    ]);
  return [...said, ...modules]
    .flatMap(([range, at]) => (at.length === 1 ? [{ at: at[0], range }] : []))
    .sort((a, b) => a.at - b.at);
}
