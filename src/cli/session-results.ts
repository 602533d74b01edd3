/** A session folder as results for a report. */
import { balanceSeries, loggedBalance } from '../analysis/expert-balance';
import { batchUse } from '../analysis/session/batches';
import { experts } from '../analysis/session/experts';
import { sessionFindings } from '../analysis/session/findings';
import { sessionGraphs } from '../analysis/session/graphs';
import { evictionTotals, kvCacheUse } from '../analysis/session/kv-cache';
import { components, cpuOperations, forwardLatency } from '../analysis/session/latency';
import { requestTotals } from '../analysis/session/requests';
import { readRunAbout } from '../capture/run-about';
import type { ExpertBalance } from '../profile/expert-balance';
import type { Session } from '../profile/session';
import { readSession } from '../readers/session';
import type { SessionResults } from '../report/session-results';

/** Points of a chart as wide as a page. */
const BINS = 200;

/** What the log of the run that a session lies in told of its experts. */
export const balanceOf = async ({ path }: Session): Promise<ExpertBalance | undefined> =>
  (await readRunAbout(path))?.experts;

/** @throws ReadFailure */
export async function sessionResults(place: string): Promise<SessionResults> {
  const session = await readSession(place);
  const balance = await balanceOf(session);
  return {
    name: session.name,
    format: session.format,
    utcEpoch: session.utcEpoch,
    processes: session.processes,
    findings: sessionFindings(session, balance),
    kvCache: kvCacheUse(session, BINS),
    evictions: evictionTotals(session),
    graphs: sessionGraphs(session),
    batches: batchUse(session, BINS),
    latency: forwardLatency(session),
    operations: cpuOperations(session),
    requests: requestTotals(session),
    components: components(session),
    experts: experts(session),
    balance: balance && {
      answer: loggedBalance(balance),
      models: balance.models,
      series: balanceSeries(balance, (session.utcEpoch ?? 0) / 1e6),
    },
  };
}
