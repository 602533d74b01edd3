/** The sentences that say which data a report misses, and how it would be recorded. */
import type { Profile } from '../../profile/model';

const NO_KERNELS =
  'The profile has no CUDA kernels: record with --trace=cuda, and run something on the GPU.';
const NO_MEMORY = 'The profile has no copies or fills of GPU memory: record with --trace=cuda.';
const NO_GPU_WORK = 'The profile has no work on a GPU: record with --trace=cuda.';
const NO_API = 'The profile has no CUDA API calls: record with --trace=cuda.';
const NO_RANGES = 'The profile has no NVTX ranges: record with --trace=nvtx.';

type Data = 'kernels' | 'memory' | 'gpu' | 'api' | 'ranges';

const TESTS: Readonly<Record<Data, readonly [(profile: Profile) => boolean, string]>> = {
  kernels: [({ has }) => has.kernels, NO_KERNELS],
  memory: [({ has }) => has.memcpys || has.memsets, NO_MEMORY],
  gpu: [({ has }) => has.kernels || has.memcpys || has.memsets, NO_GPU_WORK],
  api: [({ has }) => has.api, NO_API],
  ranges: [({ has }) => has.ranges, NO_RANGES],
};

/** The sentence for the first of `data` that the profile has no table of, if any. */
export function missingData(profile: Profile, ...data: readonly Data[]): string | undefined {
  const absent = data.find((kind) => !TESTS[kind][0](profile));
  return absent && TESTS[absent][1];
}
