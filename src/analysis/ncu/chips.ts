/** What a chip's tensor cores can do: for roofs that a report does not measure. */
import table from './chips.json';

export interface Chip {
  readonly name: string;
  /** Compute capability, as ncu prints it. */
  readonly cc: string;
  /** SMs of the chip the data sheet speaks of; a report's own number goes first. */
  readonly sms: number;
  /** By the data sheet, in bytes per second. */
  readonly memoryBandwidth: number;
  /** Dense operations per SM and cycle by input type; a multiply-add is two. */
  readonly ops: Readonly<Record<string, number | undefined>>;
  /** Type, dense TFLOP/s and clock in MHz of the data sheet. */
  readonly check: readonly [type: string, teraflops: number, megahertz: number];
  readonly source: string;
}

const rows = table.chips as unknown as readonly (Chip & { match: string })[];
const patterns = rows.map((row) => new RegExp(row.match));

export const CHIPS: readonly Chip[] = rows;

/** The chip a device's name speaks of; undefined for one the table does not have. */
export const chipByName = (name: string): Chip | undefined =>
  rows[patterns.findIndex((pattern) => pattern.test(name))];

/**
 * What all chips of a compute capability have in common, for pages that do not
 * name the device; undefined where chips of it differ (8.6, 8.9).
 */
export function chipByCapability(cc: string): Pick<Chip, 'name' | 'ops' | 'source'> | undefined {
  const alike = rows.filter((row) => row.cc === cc);
  if (alike.length === 0) return undefined;
  const [first] = alike;
  const same = alike.every((row) => JSON.stringify(row.ops) === JSON.stringify(first.ops));
  return same
    ? { name: alike.map((row) => row.name).join(' or '), ops: first.ops, source: first.source }
    : undefined;
}
