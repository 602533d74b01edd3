/** How nsys names ranges, and the groups its reports put them in. */
import { NONE, type Profile } from '../../profile/model';
import { rangeStyle, type RangeStyle } from '../range-projection';
import { PairIndex, TextIndex } from './groups';

const MOST_IN_16_BITS = 0x7fff;

/** Ranges by name and style. */
export interface RangeGroups {
  /** Group of each row of `profile.ranges`; NONE for marks. */
  readonly of: Int16Array | Int32Array;
  readonly names: readonly string[];
  readonly styles: readonly RangeStyle[];
}

/** A range's name goes after that of its domain, where the domain has one: `NCCL:ncclAllReduce`. */
export function groupRanges({ ranges, domains, strings }: Profile): RangeGroups {
  const texts = new TextIndex();
  const tags = new PairIndex();
  const tagText: number[] = [];
  const groups = new PairIndex();
  let of: RangeGroups['of'] = new Int16Array(ranges.length).fill(NONE);
  for (let i = 0; i < ranges.length; i++) {
    const style = rangeStyle(ranges.kind[i]);
    if (style === undefined) continue;
    const tag = tags.id(ranges.domain[i], ranges.name[i]);
    if (tag === tagText.length) {
      const domain = domains[ranges.domain[i]]?.name;
      const name = strings.get(ranges.name[i]);
      tagText.push(texts.id(domain ? `${domain}:${name}` : name));
    }
    const group = groups.id(tagText[tag], style === 'PushPop' ? 0 : 1);
    if (group > MOST_IN_16_BITS && of instanceof Int16Array) of = Int32Array.from(of);
    of[i] = group;
  }
  const ids = Array.from({ length: groups.length }, (_, group) => group);
  return {
    of,
    names: ids.map((group) => texts.texts[groups.first(group)]),
    styles: ids.map((group) => (groups.second(group) === 0 ? 'PushPop' : 'StartEnd')),
  };
}
