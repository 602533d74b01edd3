from vllm._family import absent, since
from vllm.config import CUDAGraphMode
from vllm.v1.worker.gpu.cudagraph_utils import BatchExecutionDescriptor

absent(unless=since(0, 18))

_steps = 0


def sync_cudagraph_and_dp_padding(manager, desired, num_tokens, num_reqs, uniform, dp_size, dp_rank):
    """Every third step another rank has a batch that runs without a graph, and so do all."""
    global _steps
    _steps += 1
    if _steps % 3 == 0:
        return BatchExecutionDescriptor(CUDAGraphMode.NONE, num_tokens, num_reqs), None
    return manager.dispatch(num_reqs, num_tokens, uniform), None


def dispatch_cg_and_sync_dp(
    manager, num_reqs, num_tokens, uniform, dp_size, dp_rank, need_eager=False
):
    if need_eager:
        desc = BatchExecutionDescriptor(CUDAGraphMode.NONE, num_tokens, num_reqs)
    else:
        desc = manager.dispatch(num_reqs, num_tokens, uniform)
    if dp_size == 1:
        return desc, None
    return sync_cudagraph_and_dp_padding(
        manager, desc, num_tokens, num_reqs, uniform, dp_size, dp_rank
    )
