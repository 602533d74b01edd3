/** Units as Nsight Compute spells them, 2020 to 2026, brought to one spelling and one scale. */

export interface UnitScale {
  /** The base unit: see `MetricUnit`. */
  readonly unit: string;
  /** What a printed value is multiplied by to be in the base unit. */
  readonly factor: number;
  /** True for a unit that only `--print-units auto` uses; its values stay below 1000. */
  readonly scaled: boolean;
}

const TIME_NS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['nsecond', 1],
  ['us', 1e3],
  ['usecond', 1e3],
  ['ms', 1e6],
  ['msecond', 1e6],
  ['s', 1e9],
  ['second', 1e9],
]);

/** Decimal prefixes: ncu's Kbyte is 1000 bytes. */
const PREFIX: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
};
const BINARY_PREFIX: Readonly<Record<string, number>> = {
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

const PLURALS: ReadonlyMap<string, string> = new Map([['sectors', 'sector']]);

const known = new Map<string, UnitScale>();

/** An unknown unit is kept as it is, unscaled. */
export function unitScale(printed: string): UnitScale {
  let scale = known.get(printed);
  if (scale === undefined) {
    scale = parse(printed.trim());
    known.set(printed, scale);
  }
  return scale;
}

function parse(printed: string): UnitScale {
  const slash = printed.indexOf('/');
  if (slash < 0) return numerator(printed);
  const top = numerator(printed.slice(0, slash));
  const per = printed.slice(slash + 1);
  const ns = TIME_NS.get(per);
  if (ns === undefined) return { ...top, unit: `${top.unit}/${per}` };
  return {
    unit: top.unit === 'cycle' ? 'Hz' : `${top.unit}/s`,
    factor: (top.factor * 1e9) / ns,
    scaled: top.scaled || ns !== 1e9,
  };
}

function numerator(printed: string): UnitScale {
  const ns = TIME_NS.get(printed);
  if (ns !== undefined) return { unit: 'ns', factor: ns, scaled: ns !== 1 };
  const match = /^([KMGTP]?)(i?)(byte|hz)s?$/i.exec(printed);
  if (match === null) return { unit: PLURALS.get(printed) ?? printed, factor: 1, scaled: false };
  const prefix = match[1].toLowerCase();
  const factor = (match[2] === '' ? PREFIX[prefix] : BINARY_PREFIX[prefix]) ?? 1;
  const unit = match[3].toLowerCase() === 'hz' ? 'Hz' : 'byte';
  return { unit, factor, scaled: factor !== 1 };
}
