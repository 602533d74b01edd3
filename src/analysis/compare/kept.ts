/**
 * A run as a document of its own, for those that no summary is written of: a session of the
 * runtime layer, a kernel report. What a person says of it (model, commit) is not in it, so that
 * the same run is the same document.
 */
import type { Beside } from './from-summary';
import { isObject, listAt, numberAt, objectAt, textAt, type Json } from './json';
import { SNAPSHOT_VERSION, type Snapshot } from './snapshot';

const TYPE = 'profilemate-run';

export const keptDocument = ({ label: _, ...run }: Snapshot): object => ({ type: TYPE, ...run });

/** Undefined where it is none. */
export function snapshotOfKept(document: Json, beside: Beside): Snapshot | undefined {
  if (document.type !== TYPE || !isSnapshot(document)) return undefined;
  const { type: _, ...run } = document as unknown as Snapshot & { readonly type: string };
  const { identity } = run;
  return {
    ...run,
    label: beside.label,
    identity: {
      ...identity,
      model: beside.model ?? identity.model,
      commit: beside.commit ?? identity.commit,
    },
    client: beside.client ?? run.client,
  };
}

const isLaunch = (row: unknown): boolean =>
  !isObject(row) ||
  row.launch === undefined ||
  (numberAt(row.launch, 'ms') !== null && Array.isArray(objectAt(row, 'launch').geometries));

/** Whether what stands in a file that a person may have edited can be used as a run. */
export function isSnapshot(from: unknown): from is Snapshot {
  return (
    isObject(from) &&
    from.version === SNAPSHOT_VERSION &&
    ['phases', 'kernels'].every((key) => Array.isArray(from[key])) &&
    isObject(from.identity) &&
    isObject(from.components) &&
    typeof from.workMs === 'number' &&
    listAt(from, 'kernels').every(
      (row) => textAt(row, 'name') !== null && numberAt(row, 'totalMs') !== null && isLaunch(row),
    ) &&
    listAt(from, 'phases').every((row) => numberAt(row, 'steps') !== null) &&
    Array.isArray(from.identity.gpus)
  );
}
