/** What a load's client measured, with nothing else of the run, as a {@link Snapshot}. */
import { readClient } from './client';
import type { Beside } from './from-summary';
import { isObject, numberAt, textAt, type Json } from './json';
import { NO_GPU_WORK, SNAPSHOT_VERSION, UNKNOWN_RUN, type Snapshot } from './snapshot';

/** Undefined where the document holds no figure of a client. */
export function snapshotOfClient(document: unknown, beside: Beside): Snapshot | undefined {
  const client = readClient(document);
  if (client === undefined || !isObject(document)) return undefined;
  return {
    version: SNAPSHOT_VERSION,
    source: 'client',
    label: beside.label,
    identity: {
      ...UNKNOWN_RUN,
      model: beside.model ?? textAt(document, 'model') ?? textAt(document, 'model_id'),
      tool: textAt(document, 'source'),
      capturedAt: timeOf(document),
      commit: beside.commit ?? null,
    },
    ...NO_GPU_WORK,
    client,
  };
}

/** `20260131-235959`, in the zone of the machine that measured, which is not said: taken for this one's. */
const BENCH_DATE = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/;

function timeOf(document: Json): string | null {
  const start = numberAt(document, 'start_utc_ms');
  const parts = BENCH_DATE.exec(textAt(document, 'date') ?? '')
    ?.slice(1)
    .map(Number);
  const date =
    start !== null
      ? new Date(start)
      : parts && new Date(parts[0], parts[1] - 1, parts[2], parts[3], parts[4], parts[5]);
  return date === undefined || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
