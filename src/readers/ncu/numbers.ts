/**
 * Numbers as Nsight Compute prints them under any locale: `19329`, `19,329`,
 * `19.329`, `19 329`, `19'329`, `10,48,576`.
 *
 * Most values can be read one way only and are evidence for the rest: two
 * different separators, a separator that repeats, one that is not followed by
 * three digits. A value like `4.096` cannot. ncu itself prints no, two or six
 * decimals; six (`%f`) always with a point, whatever the locale, so those say
 * nothing about the locale: a German raw page has `430.080000` (430.08) beside
 * `430.080` (430080) and `0,55`.
 */
import type { NumberConvention } from '../../profile/kernel-report';
import type { UnitScale } from './units';

export type Token = 'number' | 'ambiguous' | 'missing' | 'text';
export type Separator = '.' | ',';

const MISSING = new Set(['', 'n/a', 'nan', '-nan', 'inf', '-inf', '(!) n/a', 'no data', '-']);
const OTHER_GROUPS = /[ '\u00a0\u2009\u202f\u2019]/;
const OTHER_GROUPS_ALL = /[ '\u00a0\u2009\u202f\u2019]/g;
/** A value followed by those of its instances: `24641536 (6684672; 6553600; …)`. */
const INSTANCES = /^([^()]+?) \(/;

export class NumberReader {
  /** After `number`: the value. After `ambiguous`: the value if the separator is the decimal one. */
  value = Number.NaN;
  /** After `ambiguous`. */
  separator: Separator = '.';

  private readonly decimals = { '.': 0, ',': 0 };
  private readonly groups = { '.': 0, ',': 0 };
  private readonly otherGroups = new Map<string, number>();
  private ambiguous = 0;
  private byUnit = 0;
  private byConvention = 0;
  private bySibling: Separator | undefined;
  private example = '';

  /** Reads a cell; leaves what it learns about the locale behind. */
  read(cell: string): Token {
    const plain = Number(cell);
    if (plain === plain && isPlainInteger(cell)) {
      this.value = plain;
      return 'number';
    }
    return this.readSeparated(cell.trim());
  }

  private readSeparated(cell: string): Token {
    this.value = Number.NaN;
    if (MISSING.has(cell.toLowerCase())) return 'missing';
    const text = INSTANCES.exec(cell)?.[1] ?? cell;
    const match = /^([+-]?)([\d.,' \u00a0\u2009\u202f\u2019]*\d[.,]?)(?:[eE]([+-]?\d+))?$/.exec(
      text,
    );
    if (match === null) return 'text';
    const token = this.readDigits(match[2], match[3] !== undefined);
    if (token === 'number' || token === 'ambiguous') {
      if (match[3] !== undefined) this.value *= 10 ** Number(match[3]);
      if (match[1] === '-') this.value = -this.value;
    }
    return token;
  }

  private readDigits(body: string, exponent: boolean): Token {
    let digits = body;
    const other = OTHER_GROUPS.exec(body)?.[0];
    if (other !== undefined) {
      if (!isGrouped(digits.split(/[.,]/, 1)[0].split(OTHER_GROUPS))) return 'text';
      digits = digits.replace(OTHER_GROUPS_ALL, '');
    }
    const points = count(digits, '.');
    const commas = count(digits, ',');
    if (points === 0 && commas === 0) {
      this.value = Number(digits);
      if (other !== undefined) this.countGroup(other);
      return 'number';
    }
    if (points > 0 && commas > 0) {
      const decimal = digits.lastIndexOf('.') > digits.lastIndexOf(',') ? '.' : ',';
      const group = decimal === '.' ? ',' : '.';
      const [whole, fraction, ...rest] = digits.split(decimal);
      if (rest.length > 0 || !isGrouped(whole.split(group))) return 'text';
      this.decimals[decimal]++;
      this.groups[group]++;
      this.value = Number(`${whole.split(group).join('')}.${fraction}`);
      return 'number';
    }
    const separator: Separator = points > 0 ? '.' : ',';
    const parts = digits.split(separator);
    if (parts.length > 2) {
      if (other !== undefined || !isGrouped(parts)) return 'text';
      this.groups[separator]++;
      this.value = Number(parts.join(''));
      return 'number';
    }
    const [whole, fraction] = parts;
    this.value = Number(`${whole || '0'}.${fraction || '0'}`);
    if (other !== undefined) {
      this.countGroup(other);
      this.decimals[separator]++;
      return 'number';
    }
    const couldBeGroup = fraction.length === 3 && /^[1-9]\d{0,2}$/.test(whole) && !exponent;
    if (couldBeGroup) {
      this.separator = separator;
      this.ambiguous++;
      if (this.example === '') this.example = body;
      return 'ambiguous';
    }
    if (fraction.length !== 6 || separator === ',') this.decimals[separator]++;
    return 'number';
  }

  private countGroup(character: string): void {
    this.otherGroups.set(character, (this.otherGroups.get(character) ?? 0) + 1);
  }

  /** What the rest of the page says about a separator; undefined where it says nothing. */
  evidence(separator: Separator): 'decimal' | 'group' | undefined {
    const other: Separator = separator === '.' ? ',' : '.';
    const decimal = this.decimals[separator] + this.groups[other];
    const group = this.groups[separator] + this.decimals[other];
    if (decimal === 0 && group === 0) {
      if (this.otherGroups.size > 0) return 'decimal';
      if (this.bySibling !== undefined) return this.bySibling === separator ? 'group' : 'decimal';
      return undefined;
    }
    return decimal > group ? 'decimal' : 'group';
  }

  /** A value known from elsewhere on the page (grid and block size) has shown the group separator. */
  learnGroup(separator: Separator): void {
    this.bySibling = separator;
  }

  /**
   * Reads an ambiguous value. Where the page has no evidence: a scaled unit
   * (`Kbyte`, `us`) and a percentage stay below 1000, so the separator is the
   * decimal one; else it groups, as ncu never prints three decimals.
   */
  resolve(separator: Separator, asDecimal: number, unit: UnitScale): number {
    const evidence = this.evidence(separator);
    if (evidence === 'decimal') return asDecimal;
    if (evidence === undefined && (unit.scaled || unit.unit === '%')) {
      this.byUnit++;
      return asDecimal;
    }
    if (evidence === undefined) this.byConvention++;
    return Math.round(asDecimal * 1000);
  }

  /** True where the page's values contradict each other. */
  get contradictory(): boolean {
    return (
      (this.decimals['.'] > 0 && this.decimals[','] > 0) ||
      (this.decimals['.'] > 0 && this.groups['.'] > 0) ||
      (this.decimals[','] > 0 && this.groups[','] > 0)
    );
  }

  /** Values decided without evidence from the page. */
  get guessed(): number {
    return this.byUnit + this.byConvention;
  }

  get exampleOfAmbiguous(): string {
    return this.example;
  }

  convention(): NumberConvention {
    const decimal =
      this.decimals['.'] > this.decimals[','] ? '.' : this.decimals[','] > 0 ? ',' : undefined;
    const group =
      [...this.otherGroups.keys()][0] ??
      (this.groups['.'] > this.groups[',']
        ? '.'
        : this.groups[','] > 0
          ? ','
          : (this.bySibling ?? undefined));
    return { decimal, group, ambiguous: this.ambiguous, reason: this.reason() };
  }

  private reason(): string {
    if (this.ambiguous === 0) return 'Every value can be read one way only.';
    const values = `${this.ambiguous} ${this.ambiguous === 1 ? 'value' : 'values'} like ${this.example}`;
    if (this.guessed === 0) {
      return this.bySibling !== undefined && this.decimals['.'] + this.decimals[','] === 0
        ? `${values} read as the launch's own grid and block sizes show.`
        : `${values} read as the page's other values show.`;
    }
    const parts: string[] = [];
    if (this.byConvention > 0)
      parts.push(`${this.byConvention} as thousands, because ncu never prints three decimals`);
    if (this.byUnit > 0)
      parts.push(`${this.byUnit} as decimals, because their unit keeps them below 1000`);
    return `Nothing on the page shows its decimal separator; ${values} read: ${parts.join('; ')}.`;
  }
}

function isPlainInteger(cell: string): boolean {
  if (cell.length === 0 || cell.length > 20) return false;
  for (let i = 0; i < cell.length; i++) {
    const code = cell.charCodeAt(i);
    if ((code < 48 || code > 57) && !(i === 0 && code === 45 && cell.length > 1)) return false;
  }
  return true;
}

/** Groups of three from the right; in India of two, but for the last. */
function isGrouped(parts: readonly string[]): boolean {
  return (
    /^\d{1,3}$/.test(parts[0]) &&
    parts.slice(1, -1).every((part) => /^\d{2,3}$/.test(part)) &&
    (parts.length === 1 || /^\d{3}$/.test(parts[parts.length - 1]))
  );
}

function count(text: string, character: string): number {
  let n = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) n++;
  return n;
}
