/** What a session holds for each view, and why it holds nothing where it does not. */
import type { Session, SessionTableName } from '../../profile/session';
import type { SessionView } from './findings';

interface Source {
  /** As the layer calls it, in its metadata and in `PROFILEMATE_…`. */
  readonly tracker: string;
  readonly tables: readonly SessionTableName[];
  readonly files: readonly string[];
}

/** What each view is made of. */
export const SOURCES: Readonly<Record<SessionView, Source>> = {
  'kv-cache': {
    tracker: 'kv_cache',
    tables: ['kvUsage', 'evictions'],
    files: ['kv_cache_usage.csv', 'kv_cache_evictions.csv'],
  },
  graphs: {
    tracker: 'cuda_graphs',
    tables: ['captures', 'graphUsage'],
    files: ['cuda_graph_captures.csv', 'cuda_graph_usage.csv'],
  },
  batches: { tracker: 'batch', tables: ['batch'], files: ['batch_utilization.csv'] },
  latency: { tracker: 'forward_pass', tables: ['forward'], files: ['forward_pass_timing.csv'] },
  cpu: { tracker: 'cpu', tables: ['cpu'], files: ['cpu_operations_timing.csv'] },
  requests: {
    tracker: 'requests',
    tables: ['lifecycle', 'preemptions'],
    files: ['request_lifecycle.csv', 'preemption_events.csv'],
  },
  experts: {
    tracker: 'moe',
    tables: ['activations', 'imbalance'],
    files: ['moe_expert_activations.csv', 'moe_load_imbalance.csv'],
  },
  components: {
    tracker: 'encoder_decoder',
    tables: ['components'],
    files: ['encoder_decoder_timing.csv'],
  },
};

export interface Recorded {
  readonly view: SessionView;
  /**
   * `elsewhere`: not of the process in scope, or not in its window; `off`: not asked
   * for; `nothing`: asked for, but it has not happened; `missing`: the files are not
   * there, and the session does not say why.
   */
  readonly state: 'recorded' | 'elsewhere' | 'off' | 'nothing' | 'missing';
  /** What turns it on. */
  readonly variable: string;
  readonly files: readonly string[];
  /** What the version cannot tell, in the layer's own words, and which processes say so. */
  readonly limits: readonly { readonly statement: string; readonly processes: readonly number[] }[];
}

/** @param scoped the part of `session` that is in scope */
export function recorded(session: Session, scoped: Session = session): readonly Recorded[] {
  return (Object.entries(SOURCES) as [SessionView, Source][]).map(([view, source]) => {
    const { tracker, tables, files } = source;
    const holds = (of: Session): boolean => tables.some((table) => of[table].length > 0);
    return {
      view,
      state: holds(scoped) ? 'recorded' : holds(session) ? 'elsewhere' : whyNot(session, source),
      variable: `PROFILEMATE_${tracker.toUpperCase()}`,
      files,
      limits: limitsOf(session, tracker),
    };
  });
}

function whyNot(session: Session, { tracker, tables }: Source): Recorded['state'] {
  if (session.trackers?.[tracker] === false) return 'off';
  const absent = tables.every((table) => session.missing.includes(table));
  return absent && session.trackers === undefined ? 'missing' : 'nothing';
}

function limitsOf(session: Session, tracker: string): Recorded['limits'] {
  const found = new Map<string, number[]>();
  session.processes.forEach(({ limits }, process) => {
    for (const limit of limits) {
      if (limit.tracker !== tracker) continue;
      const processes = found.get(limit.statement);
      if (processes === undefined) found.set(limit.statement, [process]);
      else processes.push(process);
    }
  });
  return [...found].map(([statement, processes]) => ({ statement, processes }));
}
