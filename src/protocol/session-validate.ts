/** The shapes of questions about a session of the runtime layer. */
import * as v from 'valibot';
import { format, index, MAX_FILTER, sort, text, timeWindow, window } from './schemas';
import type { SessionRequestName, SessionTableName } from './session';

const MAX_BINS = 4096;
const MAX_POINTS = 20_000;

const scope = v.strictObject({ process: v.optional(index), window: v.optional(timeWindow) });
const scoped = v.strictObject({ scope });
const binned = v.strictObject({
  scope,
  bins: v.pipe(index, v.minValue(1), v.maxValue(MAX_BINS)),
});
const limited = v.strictObject({
  scope,
  limit: v.pipe(index, v.minValue(1), v.maxValue(MAX_POINTS)),
});
const page = v.strictObject({ scope, ...window });

const tables = Object.keys({
  sessionKvCache: true,
  sessionGraphs: true,
  sessionBatches: true,
  sessionPhases: true,
  sessionOperations: true,
  sessionLifecycles: true,
  sessionExpertLayers: true,
  sessionCoselections: true,
  sessionComponents: true,
  sessionSteps: true,
} satisfies Record<SessionTableName, true>);

export const sessionParams = {
  sessionOverview: binned,
  sessionKvCache: binned,
  sessionGraphs: scoped,
  sessionBatches: binned,
  sessionLatency: limited,
  sessionCpu: scoped,
  sessionRequests: limited,
  sessionLifecycles: page,
  sessionExperts: binned,
  sessionCoselections: v.strictObject({ scope, layer: v.optional(index) }),
  sessionComponents: scoped,
  sessionSteps: page,
  sessionTimeline: scoped,
  sessionTable: v.strictObject({
    scope,
    table: v.picklist(tables),
    format,
    filter: text(MAX_FILTER),
    sort: v.optional(sort),
    layer: v.optional(index),
  }),
} satisfies Record<SessionRequestName, v.GenericSchema>;
