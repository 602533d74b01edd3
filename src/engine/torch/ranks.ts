/** The traces of a run's other ranks, read one by one and set beside the one that is open. */
import { Analysis, type AnalysisOptions } from '../../analysis/analysis';
import { skew, type Skew } from '../../analysis/skew';
import type { Profile } from '../../profile/model';
import type { ReadOptions } from '../../readers/open';
import { RequestFailure } from '../failure';

export class Ranks {
  /** Undefined until all are read; without the profiles, which are many times larger. */
  skew: Skew | undefined;
  private reading: AbortController | undefined;

  constructor(private readonly read: (path: string, options: ReadOptions) => Promise<Profile>) {}

  /**
   * @returns how many ranks were read, the open one among them
   * @throws ReadFailure of the first that cannot be read
   */
  async set(own: Analysis, paths: readonly string[], options: AnalysisOptions): Promise<number> {
    this.stop();
    const reading = new AbortController();
    this.reading = reading;
    const analyses = [own];
    for (const path of paths) {
      const profile = await this.read(path, { signal: reading.signal });
      if (reading.signal.aborted) {
        throw new RequestFailure('cancelled', 'The ranks are being read again.');
      }
      analyses.push(new Analysis(profile, options));
    }
    this.skew = skew(analyses);
    return analyses.length;
  }

  stop(): void {
    this.reading?.abort();
  }
}
