/**
 * The tables of an nsys export by version, as found in real exports of that
 * year. Written compactly: `!` marks NOT NULL, `:T` text, `:R` real, `:K` the
 * integer primary key; everything else is an INTEGER that may be NULL.
 */
export type NsysVersion = '2020' | '2022' | '2024.6' | '2026';

interface Version {
  readonly product: string;
  readonly date: string;
  readonly schema: string;
  /** Where the exporter writes its name/value rows; 2020 had none. */
  readonly exportTable?: 'EXPORT_META_DATA' | 'META_DATA_EXPORT';
}

export const VERSIONS: Readonly<Record<NsysVersion, Version>> = {
  '2020': { product: '2020.3.2.6', date: '2020.3', schema: '' },
  '2022': {
    product: '2022.1.3.3',
    date: '2022.1',
    schema: '2.9.1',
    exportTable: 'EXPORT_META_DATA',
  },
  '2024.6': {
    product: '2024.6.2.225',
    date: '2024.6',
    schema: '3.16.1',
    exportTable: 'META_DATA_EXPORT',
  },
  '2026': {
    product: '2026.2.1.210',
    date: '2026.2',
    schema: '3.25.0',
    exportTable: 'META_DATA_EXPORT',
  },
};

export const NSYS_VERSIONS: readonly NsysVersion[] = ['2020', '2022', '2024.6', '2026'];

/** Columns from this version on, up to the version of the next entry. */
type Since = readonly (readonly [NsysVersion, string])[];

const always = (columns: string): Since => [['2020', columns]];

const GEOMETRY =
  'registersPerThread! gridX! gridY! gridZ! blockX! blockY! blockZ! staticSharedMemory! dynamicSharedMemory! localMemoryPerThread! localMemoryTotal! gridId! sharedMemoryExecuted graphNodeId';
const WHERE = 'start! end! deviceId! contextId!';
const NVTX =
  'start! end eventType! rangeId category color text:T globalTid endGlobalTid textId domainId uint64Value int64Value doubleValue:R uint32Value int32Value floatValue:R jsonTextId jsonText:T';
const COPY =
  'streamId! correlationId globalPid bytes! copyKind! deprecatedSrcId srcKind dstKind srcDeviceId srcContextId dstDeviceId dstContextId';

const TABLES: Readonly<Record<string, Since>> = {
  StringIds: always('id!:K value!:T'),
  CUPTI_ACTIVITY_KIND_KERNEL: [
    [
      '2020',
      `${WHERE} streamId! correlationId globalPid demangledName! shortName! launchType cacheConfig ${GEOMETRY}`,
    ],
    [
      '2022',
      `${WHERE} streamId! correlationId globalPid demangledName! shortName! mangledName launchType cacheConfig ${GEOMETRY} sharedMemoryLimitConfig`,
    ],
    [
      '2024.6',
      `${WHERE} greenContextId streamId! correlationId globalPid demangledName! shortName! mangledName launchType cacheConfig ${GEOMETRY} sharedMemoryLimitConfig`,
    ],
    [
      '2026',
      `${WHERE} greenContextId streamId! correlationId globalPid demangledName! shortName! mangledName launchType cacheConfig ${GEOMETRY} sharedMemoryLimitConfig qmdBulkReleaseDone qmdPreexitDone qmdLastCtaDone graphId clusterX clusterY clusterZ clusterSchedulingPolicy maxPotentialClusterSize maxActiveClusters sharedMemoryRequestedPercentage tensorSizeMinusOneElements!:T`,
    ],
  ],
  CUPTI_ACTIVITY_KIND_MEMCPY: [
    ['2020', `${WHERE} ${COPY} graphNodeId`],
    ['2022', `${WHERE} ${COPY} migrationCause graphNodeId virtualAddress`],
    ['2024.6', `${WHERE} greenContextId ${COPY} migrationCause graphNodeId virtualAddress`],
    ['2026', `${WHERE} greenContextId ${COPY} migrationCause graphNodeId virtualAddress copyCount`],
  ],
  CUPTI_ACTIVITY_KIND_MEMSET: [
    ['2020', `${WHERE} streamId! correlationId globalPid value! bytes! graphNodeId`],
    ['2022', `${WHERE} streamId! correlationId globalPid value! bytes! graphNodeId memKind`],
    [
      '2024.6',
      `${WHERE} greenContextId streamId! correlationId globalPid value! bytes! graphNodeId memKind`,
    ],
  ],
  CUPTI_ACTIVITY_KIND_SYNCHRONIZATION: [
    ['2020', `${WHERE} streamId! correlationId globalPid syncType! eventId!`],
    ['2024.6', `${WHERE} greenContextId streamId! correlationId globalPid syncType! eventId!`],
    [
      '2026',
      `${WHERE} greenContextId streamId! correlationId globalPid deprecatedSyncType syncType! eventId! eventSyncId`,
    ],
  ],
  CUPTI_ACTIVITY_KIND_GRAPH_TRACE: [
    ['2022', `${WHERE} streamId! correlationId globalPid graphId! graphExecId!`],
    ['2024.6', `${WHERE} greenContextId streamId! correlationId globalPid graphId! graphExecId!`],
  ],
  CUPTI_ACTIVITY_KIND_RUNTIME: [
    ['2020', 'start! end! eventClass! globalTid correlationId nameId! returnValue!'],
    ['2022', 'start! end! eventClass! globalTid correlationId nameId! returnValue! callchainId'],
  ],
  CUDA_GPU_MEMORY_USAGE_EVENTS: always(
    'start! globalPid! deviceId! contextId! address! pc! bytes! memKind! memoryOperationType! name correlationId streamId',
  ),
  NVTX_EVENTS: [
    ['2020', NVTX],
    ['2024.6', `${NVTX} binaryData:T`],
  ],
  PROCESSES: [['2022', 'globalPid pid name:T']],
  ThreadNames: always('nameId! priority globalTid'),
  TARGET_INFO_CUDA_GPU: always(
    'vmId! name!:T pciBusId:T globalMemoryBandwidth! globalMemorySize! constantMemorySize! l2CacheSize! numThreadsPerWarp! coreClockRate! numMemcpyEngines! numMultiprocessors! maxIPC! maxWarpsPerMultiprocessor! maxBlocksPerMultiprocessor! maxRegistersPerBlock! maxSharedMemoryPerBlock! maxThreadsPerBlock! computeCapabilityMajor! computeCapabilityMinor! deviceId! pid',
  ),
  TARGET_INFO_GPU: [
    [
      '2022',
      'vmId! id! name:T busLocation:T isDiscrete l2CacheSize totalMemory memoryBandwidth clockRate smCount pwGpuId uuid:T luid chipName:T cuDevice ctxswDevPath:T ctrlDevPath:T revision nodeMask constantMemory maxIPC maxRegistersPerBlock maxShmemPerBlock maxShmemPerBlockOptin maxShmemPerSm maxRegistersPerSm threadsPerWarp asyncEngines maxWarpsPerSm maxBlocksPerSm maxThreadsPerBlock maxBlockDimX maxBlockDimY maxBlockDimZ maxGridDimX maxGridDimY maxGridDimZ computeMajor computeMinor smMajor smMinor',
    ],
  ],
  TARGET_INFO_CUDA_DEVICE: [
    ['2024.6', 'gpuId cudaId! pid!'],
    ['2026', 'gpuId cudaId! pid! uuid:T numMultiprocessors'],
  ],
  TARGET_INFO_SESSION_START_TIME: [
    ['2022', 'utcEpochNs utcTime:T localTime:T'],
    ['2026', 'utcEpochNs utcTime:T localTime:T systemClockNs'],
  ],
  TARGET_INFO_SYSTEM_ENV: [
    ['2022', 'globalVid! devStateName!:T name!:T nameEnum! value!:T'],
    ['2026', 'globalVid devStateName!:T name!:T nameEnum! value!:T'],
  ],
  ANALYSIS_DETAILS: [['2022', 'globalVid! duration! startTime! stopTime!']],
  DIAGNOSTIC_EVENT: [['2022', 'timestamp! timestampType! source! severity! text!:T globalPid']],
  EXPORT_META_DATA: [['2022', 'name!:T value:T']],
  META_DATA_EXPORT: [['2024.6', 'name!:T value:T']],
  META_DATA_CAPTURE: [['2024.6', 'name!:T value:T']],
  ENUM_CUDA_MEMCPY_OPER: [['2024.6', 'id!:K name:T label:T']],
  ENUM_CUDA_MEM_KIND: [['2024.6', 'id!:K name:T label:T']],
  ENUM_CUPTI_SYNC_TYPE: [['2024.6', 'id!:K name:T label:T']],
};

export const TABLE_NAMES: readonly string[] = Object.keys(TABLES);

const TYPES: Readonly<Record<string, string>> = {
  T: 'TEXT',
  R: 'REAL',
  K: 'INTEGER',
};

/** Column definitions of a table as that version writes it, or undefined where it has none. */
export function columnsOf(version: NsysVersion, table: string): string[] | undefined {
  const known = TABLES[table]?.filter(
    ([since]) => NSYS_VERSIONS.indexOf(since) <= NSYS_VERSIONS.indexOf(version),
  );
  const latest = known?.at(-1);
  return latest?.[1].split(' ').map((column) => {
    const [, name, required, kind] = /^(\w+)(!?)(?::(\w))?$/.exec(column)!;
    return [
      name,
      TYPES[kind] ?? 'INTEGER',
      ...(required ? ['NOT NULL'] : []),
      ...(kind === 'K' ? ['PRIMARY KEY'] : []),
    ].join(' ');
  });
}

export const columnName = (definition: string): string => definition.split(' ', 1)[0];

type Enumeration = readonly (readonly [name: string, label: string])[];

/** Rows of the ENUM_ tables by id. */
export const ENUMS: Readonly<Record<string, Enumeration>> = {
  ENUM_CUDA_MEMCPY_OPER: [
    ['CUDA_MEMCPY_KIND_UNKNOWN', 'Unknown'],
    ['CUDA_MEMCPY_KIND_HTOD', 'Host-to-Device'],
    ['CUDA_MEMCPY_KIND_DTOH', 'Device-to-Host'],
    ['CUDA_MEMCPY_KIND_HTOA', 'Host-to-Array'],
    ['CUDA_MEMCPY_KIND_ATOH', 'Array-to-Host'],
    ['CUDA_MEMCPY_KIND_ATOA', 'Array-to-Array'],
    ['CUDA_MEMCPY_KIND_ATOD', 'Array-to-Device'],
    ['CUDA_MEMCPY_KIND_DTOA', 'Device-to-Array'],
    ['CUDA_MEMCPY_KIND_DTOD', 'Device-to-Device'],
    ['CUDA_MEMCPY_KIND_HTOH', 'Host-to-Host'],
    ['CUDA_MEMCPY_KIND_PTOP', 'Peer-to-Peer'],
    ['CUDA_MEMCPY_KIND_UVM_HTOD', 'Unified Host-to-Device'],
    ['CUDA_MEMCPY_KIND_UVM_DTOH', 'Unified Device-to-Host'],
    ['CUDA_MEMCPY_KIND_UVM_DTOD', 'Unified Device-to-Device'],
  ],
  ENUM_CUDA_MEM_KIND: [
    ['CUDA_MEMOPR_MEMORY_KIND_PAGEABLE', 'Pageable'],
    ['CUDA_MEMOPR_MEMORY_KIND_PINNED', 'Pinned'],
    ['CUDA_MEMOPR_MEMORY_KIND_DEVICE', 'Device'],
    ['CUDA_MEMOPR_MEMORY_KIND_ARRAY', 'Array'],
    ['CUDA_MEMOPR_MEMORY_KIND_MANAGED', 'Managed'],
    ['CUDA_MEMOPR_MEMORY_KIND_DEVICE_STATIC', 'Device Static'],
    ['CUDA_MEMOPR_MEMORY_KIND_MANAGED_STATIC', 'Managed Static'],
    ['CUDA_MEMOPR_MEMORY_KIND_UNKNOWN', 'Unknown'],
  ],
  ENUM_CUPTI_SYNC_TYPE: [
    ['CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_UNKNOWN', 'Unknown'],
    ['CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_EVENT_SYNCHRONIZE', 'Event sync'],
    ['CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_WAIT_EVENT', 'Stream wait sync'],
    ['CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_SYNCHRONIZE', 'Stream sync'],
    ['CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_CONTEXT_SYNCHRONIZE', 'Context sync'],
  ],
};
