/** The run that a baseline is held against if nobody names one: the newest of its kind that is kept. */
import { kernelOfMetric, measureOf, readClient, type Snapshot } from '../analysis/compare';
import type { Baseline } from '../history/baseline';
import { HistoryFailure } from '../history/failure';
import { openHistory } from '../history/open';
import { CliFailure } from './failure';
import { snapshotOfDocument } from './runs';

/**
 * Of the baseline's model and GPU, and measured as it was, as far as it says so.
 * @throws CliFailure where there is none
 */
export async function newestRun(
  place: string,
  { provenance: { model, gpus }, metrics, snapshot }: Baseline,
): Promise<Snapshot> {
  try {
    const store = await openHistory(place);
    try {
      const gpu = gpus.length > 0 ? gpus.join(', ') : undefined;
      const measure = snapshot ? measureOf(snapshot) : undefined;
      const runs = await store.list({ model: model ?? undefined, gpu, measure });
      const names = Object.keys(metrics);
      // A person's file says no more than its figures: a run that has none of them is none of its kind.
      const newest = runs.findLast(
        (run) =>
          names.length === 0 ||
          names.some((name) => name in run.metrics || kernelOfMetric(name) !== undefined),
      );
      const kept = newest && (await store.documents(newest.id));
      if (newest === undefined || kept === undefined) {
        throw new CliFailure(
          `No run of ${[model, gpu].filter(Boolean).join(' on ') || 'any model'} is kept in ${store.place}. Keep one with: profilemate history add`,
        );
      }
      return snapshotOfDocument(kept.summary, newest.label, {
        label: newest.label,
        client: readClient(kept.client),
        model: newest.model ?? undefined,
        commit: newest.commit ?? undefined,
      });
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof HistoryFailure) throw new CliFailure(error.message);
    throw error;
  }
}
