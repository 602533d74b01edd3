/** How the times of a load's requests are spread. */
import {
  REQUEST_MEASURES,
  type RequestMeasure,
  type RequestRecord,
} from '../profile/client-figures';
import { logHistogram, type Histogram } from './statistics';

export type RequestHistograms = Readonly<Partial<Record<RequestMeasure, Histogram>>>;

/** Of requests that were answered; edges in ns. A measure that none has is left out. */
export function requestHistograms(each: readonly RequestRecord[]): RequestHistograms {
  const answered = each.filter(({ error }) => error === undefined);
  return Object.fromEntries(
    REQUEST_MEASURES.flatMap((measure) => {
      const values = Float64Array.from(
        answered.flatMap((request) => request[measure] ?? []),
        (ms) => ms * 1e6,
      ).sort();
      if (values.length === 0) return [];
      return [[measure, logHistogram(values, values[0], values[values.length - 1])]];
    }),
  );
}
