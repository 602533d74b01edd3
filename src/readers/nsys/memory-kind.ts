import { MemoryKind } from '../../profile/model';

/** nsys numbers memory it knows nothing of 7, older exports leave it NULL (here NaN). */
export function memoryKind(kind: number): MemoryKind {
  const known = kind >= Number(MemoryKind.Pageable) && kind <= Number(MemoryKind.ManagedStatic);
  return known ? kind : MemoryKind.Unknown;
}
