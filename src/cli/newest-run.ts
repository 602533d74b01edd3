/** The run that a baseline is held against if nobody names one: the newest of its kind that is kept. */
import { readClient, type Snapshot } from '../analysis/compare';
import type { Provenance } from '../history/baseline';
import { HistoryFailure } from '../history/failure';
import { openHistory } from '../history/open';
import { CliFailure } from './failure';
import { snapshotOfDocument } from './runs';

/**
 * Of the baseline's model and GPU, as far as it says which.
 * @throws CliFailure where there is none
 */
export async function newestRun(place: string, { model, gpus }: Provenance): Promise<Snapshot> {
  try {
    const store = await openHistory(place);
    try {
      const gpu = gpus.length > 0 ? gpus.join(', ') : undefined;
      const [newest] = (await store.list({ model: model ?? undefined, gpu })).slice(-1);
      const kept = newest && (await store.documents(newest.id));
      if (kept === undefined) {
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
