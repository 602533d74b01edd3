/** What the names of work on the device say. */
import { CopyKind, MemoryKind } from '../../profile/model';

/**
 * The function's own name out of a demangled signature, as CUPTI's short names
 * have it: `void at::native::vectorized_elementwise_kernel<4, …>(int, …)` is
 * `vectorized_elementwise_kernel`. A name that is none comes back as it is.
 */
export function shortKernelName(name: string): string {
  let depth = 0;
  let from = 0;
  for (let at = 0; at < name.length; at++) {
    switch (name[at]) {
      case '<':
        if (depth === 0) return name.slice(from, at) || name;
        depth++;
        break;
      case '(':
        if (depth === 0 && name.startsWith(ANONYMOUS, at)) {
          at += ANONYMOUS.length - 1;
          break;
        }
        if (depth === 0) return name.slice(from, at) || name;
        depth++;
        break;
      case ' ':
      case ':':
        if (depth === 0) from = at + 1;
        break;
    }
  }
  return name.slice(from) || name;
}

const ANONYMOUS = '(anonymous namespace)';

export interface CopyName {
  readonly kind: CopyKind;
  readonly source: MemoryKind;
  readonly target: MemoryKind;
}

const DIRECTIONS: Readonly<Record<string, CopyKind>> = {
  HtoD: CopyKind.HostToDevice,
  DtoH: CopyKind.DeviceToHost,
  HtoA: CopyKind.HostToArray,
  AtoH: CopyKind.ArrayToHost,
  AtoA: CopyKind.ArrayToArray,
  AtoD: CopyKind.ArrayToDevice,
  DtoA: CopyKind.DeviceToArray,
  DtoD: CopyKind.DeviceToDevice,
  HtoH: CopyKind.HostToHost,
  PtoP: CopyKind.PeerToPeer,
};

/** AMD's `Host` says nothing of pages. */
const MEMORIES: Readonly<Record<string, MemoryKind>> = {
  Pageable: MemoryKind.Pageable,
  Pinned: MemoryKind.Pinned,
  Device: MemoryKind.Device,
  Array: MemoryKind.Array,
  Managed: MemoryKind.Managed,
  'Device Static': MemoryKind.DeviceStatic,
  'Managed Static': MemoryKind.ManagedStatic,
};

const memory = (name: string | undefined): MemoryKind =>
  MEMORIES[name?.trim() ?? ''] ?? MemoryKind.Unknown;

/** `Memcpy HtoD (Pageable -> Device)` */
export function parseCopyName(name: string): CopyName {
  const match = /(?:^|\s)(\w+)\s*(?:\((.*?)->(.*?)\))?\s*$/.exec(name);
  return {
    kind: DIRECTIONS[match?.[1] ?? ''] ?? CopyKind.Unknown,
    source: memory(match?.[2]),
    target: memory(match?.[3]),
  };
}

/** `Memset (Device)` */
export function parseFillName(name: string): MemoryKind {
  return memory(/\((.*?)\)/.exec(name)?.[1]);
}

/** Kineto's words for CUpti_ActivitySynchronizationType. */
export function synchronizationKind(name: string): number {
  const kinds = ['Event Sync', 'Stream Wait Event', 'Stream Sync', 'Context Sync'];
  // What a device waits for is a context of it.
  return kinds.indexOf(name.replace('Device Sync', 'Context Sync')) + 1;
}
