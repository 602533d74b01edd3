/** What an event is of, by the words that the versions of Kineto have for it. */
import { member, type Event } from './event';
import { Words } from './scan';

export enum Category {
  Unknown,
  Operator,
  Annotation,
  Api,
  Kernel,
  Memcpy,
  Memset,
  Synchronization,
  Python,
  /** The profiler's own account of the run: its length. */
  Span,
  /**
   * Of Kineto, and not counted: the arrows between events; its own overhead;
   * and `gpu_user_annotation`, which repeats every annotation once for each
   * stream. Steps are counted on the CPU, and what they launched tells their
   * time on the GPU: taking the repetitions too would count it twice.
   */
  Passed,
}

const SPELLINGS: Readonly<Record<string, Category>> = {
  cpu_op: Category.Operator,
  // Until PyTorch 1.11 or so, in capitals before.
  operator: Category.Operator,
  Operator: Category.Operator,
  user_annotation: Category.Annotation,
  cuda_runtime: Category.Api,
  cuda_driver: Category.Api,
  runtime: Category.Api,
  Runtime: Category.Api,
  hip_runtime: Category.Api,
  kernel: Category.Kernel,
  Kernel: Category.Kernel,
  gpu_memcpy: Category.Memcpy,
  memcpy: Category.Memcpy,
  Memcpy: Category.Memcpy,
  gpu_memset: Category.Memset,
  memset: Category.Memset,
  Memset: Category.Memset,
  cuda_sync: Category.Synchronization,
  python_function: Category.Python,
  Trace: Category.Span,
  ac2g: Category.Passed,
  fwdbwd: Category.Passed,
  async: Category.Passed,
  async_gpu: Category.Passed,
  async_cpu_to_gpu: Category.Passed,
  forward_backward: Category.Passed,
  gpu_user_annotation: Category.Passed,
  overhead: Category.Passed,
};

const words = new Words(Object.keys(SPELLINGS));
/** By row of {@link words}. */
const categories: readonly Category[] = Object.values(SPELLINGS);

const CAT = member('cat');
const PID = member('pid');

export function categoryOf(event: Event): Category {
  const word = event.word(CAT, words);
  return word < 0 ? categoryByProcess(event) : categories[word];
}

/** Where PyTorch was built without Kineto its events have no category: their process says what they are. */
function categoryByProcess(event: Event): Category {
  if (event.has(CAT)) return Category.Unknown;
  switch (event.text(PID)) {
    case 'CPU functions':
      return Category.Operator;
    case 'CUDA functions':
      return Category.Kernel;
    default:
      return Category.Unknown;
  }
}
