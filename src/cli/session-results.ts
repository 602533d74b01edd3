/** A session folder as results for a report. */
import { batchUse } from '../analysis/session/batches';
import { experts } from '../analysis/session/experts';
import { sessionFindings } from '../analysis/session/findings';
import { sessionGraphs } from '../analysis/session/graphs';
import { evictionTotals, kvCacheUse } from '../analysis/session/kv-cache';
import { components, cpuOperations, forwardLatency } from '../analysis/session/latency';
import { requestTotals } from '../analysis/session/requests';
import { readSession } from '../readers/session';
import type { SessionResults } from '../report/session-results';

/** Points of a chart as wide as a page. */
const BINS = 200;

/** @throws ReadFailure */
export async function sessionResults(place: string): Promise<SessionResults> {
  const session = await readSession(place);
  return {
    name: session.name,
    format: session.format,
    utcEpoch: session.utcEpoch,
    processes: session.processes,
    findings: sessionFindings(session),
    kvCache: kvCacheUse(session, BINS),
    evictions: evictionTotals(session),
    graphs: sessionGraphs(session),
    batches: batchUse(session, BINS),
    latency: forwardLatency(session),
    operations: cpuOperations(session),
    requests: requestTotals(session),
    components: components(session),
    experts: experts(session),
  };
}
