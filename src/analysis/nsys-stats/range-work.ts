/** What was launched inside each range, as nsys's projections count it: start-end ranges too. */
import { NONE } from '../../profile/model';
import type { Analysis } from '../analysis';
import { addUp, rangeProjection } from '../range-projection';

/** Wider only where one is. */
type Counts = Uint16Array | Uint32Array;
const MOST_IN_16_BITS = 0xffff;

/** By row of `profile.ranges`. */
export interface RangeWork {
  /** API calls inside that launched something. */
  readonly calls: Counts;
  /** Start of the first and end of the last activity launched inside; NaN without any. */
  readonly first: (range: number) => number;
  readonly last: (range: number) => number;
}

/**
 * First and last are kept by row of the activity, kernels before copies before
 * fills: half of what their times would take, of millions of ranges.
 */
export function rangeWork(analysis: Analysis): RangeWork {
  const projection = rangeProjection(analysis, 'all');
  const { stack, parent: ranges, listNext } = projection;
  const { launches, profile } = analysis;
  const { kernels, memcpys, memsets } = profile;
  const copies = kernels.length;
  const fills = copies + memcpys.length;
  const startOf = (row: number): number => {
    if (row < copies) return kernels.start[row];
    return row < fills ? memcpys.start[row - copies] : memsets.start[row - fills];
  };
  const endOf = (row: number): number => {
    if (row < copies) return kernels.end[row];
    return row < fills ? memcpys.end[row - copies] : memsets.end[row - fills];
  };

  const first = new Int32Array(listNext.length).fill(NONE);
  const last = new Int32Array(listNext.length).fill(NONE);
  let calls: Counts = new Uint16Array(listNext.length);
  const count = (element: number, more: number): void => {
    const sum = calls[element] + more;
    if (sum > MOST_IN_16_BITS && calls instanceof Uint16Array) calls = Uint32Array.from(calls);
    calls[element] = sum;
  };
  const meet = (element: number, earliest: number, latest: number): void => {
    const known = first[element];
    if (known === NONE || startOf(earliest) < startOf(known)) first[element] = earliest;
    if (known === NONE || endOf(latest) > endOf(last[element])) last[element] = latest;
  };
  const seen = new Uint8Array(profile.api.length);
  let row = 0;
  for (const links of [launches.kernels, launches.memcpys, launches.memsets]) {
    for (const call of links) {
      const element = call === NONE ? NONE : stack[call];
      if (element !== NONE) {
        meet(element, row, row);
        if (seen[call] === 0) count(element, 1);
        seen[call] = 1;
      }
      row++;
    }
  }
  addUp(projection, (from, to) => {
    if (first[from] === NONE) return;
    meet(to, first[from], last[from]);
    count(to, calls[from]);
  });
  return {
    calls: calls.subarray(0, ranges.length),
    first: (range) => (first[range] === NONE ? NaN : startOf(first[range])),
    last: (range) => (last[range] === NONE ? NaN : endOf(last[range])),
  };
}

/** Kernels launched inside each range. */
export function kernelsInside(analysis: Analysis): Uint32Array {
  const projection = rangeProjection(analysis, 'all');
  const { stack, parent: ranges, listNext } = projection;
  const kernels = new Uint32Array(listNext.length);
  for (const call of analysis.launches.kernels) {
    if (call !== NONE && stack[call] !== NONE) kernels[stack[call]]++;
  }
  addUp(projection, (from, to) => {
    kernels[to] += kernels[from];
  });
  return kernels.subarray(0, ranges.length);
}
