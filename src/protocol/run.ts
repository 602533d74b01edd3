/** The run a profile belongs to, as a view is told it. */
import type { RequestHistograms } from '../analysis/requests';
import type { Series } from '../analysis/session/series';
import type { ExpertBalance, ModelBalance } from '../profile/expert-balance';
import type { ClientFile, RunAbout } from '../profile/run';

export { REQUEST_MEASURES } from '../profile/client-figures';

/** More dots than a picture can show. */
export const MOST_REQUESTS = 20_000;

export interface ShownRun extends Omit<RunAbout, 'experts'> {
  readonly experts?: ShownBalance;
  readonly clients: readonly ShownClient[];
  /** The profile that is open, from the run's folder; undefined on the page of the run alone. */
  readonly opened?: string;
}

/** The samples themselves stay behind. */
export interface ShownBalance {
  readonly across: ExpertBalance['across'];
  readonly models: readonly (Omit<ModelBalance, 'samples'> & {
    readonly count: number;
    /** In ns from the load's start, or from the first sample where that is not known. */
    readonly series: Series;
  })[];
}

export interface ShownClient extends ClientFile {
  readonly histograms: RequestHistograms;
  /** Requests that the file has one by one; of more than {@link MOST_REQUESTS}, every so many are told. */
  readonly recorded: number;
}

/** What can be done with a run from its page. */
export const RUN_ACTIONS = [
  'runAgain',
  'compareRun',
  'setBaselineOfRun',
  'reportRun',
  'revealRun',
] as const;
export type RunAction = (typeof RUN_ACTIONS)[number];
