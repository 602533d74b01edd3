/** The results that summary and text are made of. */
import { Analysis } from '../analysis/analysis';
import { graphs } from '../analysis/graphs';
import { kernelTable } from '../analysis/kernels';
import { operators } from '../analysis/operators';
import { overview } from '../analysis/overview';
import { rangeNames } from '../analysis/ranges';
import { memory } from '../analysis/transfers';
import { utilisation } from '../analysis/utilisation';
import type { Profile } from '../profile/model';
import type { Results } from '../report/results';

export const resultsOf = (profile: Profile): Results => resultsOfAnalysis(new Analysis(profile));

export function resultsOfAnalysis(analysis: Analysis): Results {
  return {
    source: analysis.profile.source,
    overview: overview(analysis, {}),
    kernels: kernelTable(analysis, {}, 'kernel'),
    /** A second pass over all kernels, which text alone does not need. */
    get geometries() {
      return kernelTable(analysis, {}, 'geometry');
    },
    /** As many as there are names, which summary.json has no use for. */
    get ranges() {
      return rangeNames(analysis, {});
    },
    graphs: graphs(analysis, {}),
    memory: memory(analysis, {}),
    utilisation: utilisation(analysis, {}),
    operators: analysis.profile.operators?.length ? operators(analysis, {}) : undefined,
  };
}
