import enum
from types import SimpleNamespace


class CUDAGraphMode(enum.Enum):
    NONE = 0
    PIECEWISE = 1
    FULL = 2


def make_config(**options):
    """A VllmConfig as far as the workers and the scheduler look into it."""
    return SimpleNamespace(
        model_config=SimpleNamespace(
            enable_return_routed_experts=options.get("return_experts", False),
            layers=options.get("layers", 2),
            experts=options.get("experts", 4),
            top_k=options.get("top_k", 2),
        ),
        scheduler_config=SimpleNamespace(
            max_num_seqs=options.get("max_num_seqs", 4),
            max_num_batched_tokens=options.get("max_tokens", 64),
        ),
        cache_config=SimpleNamespace(
            num_gpu_blocks=options.get("blocks", 33), block_size=options.get("block_size", 4)
        ),
        parallel_config=SimpleNamespace(
            tensor_parallel_size=options.get("tp", 1),
            data_parallel_size=options.get("dp", 1),
            data_parallel_rank=0,
        ),
        compilation_config=SimpleNamespace(
            static_forward_context={},
            cudagraph_capture_sizes=options.get("sizes", [1, 2, 4, 8]),
        ),
        multimodal=options.get("multimodal", False),
        step_seconds=options.get("step_seconds", 0.0),
    )


class VllmConfig:
    pass
