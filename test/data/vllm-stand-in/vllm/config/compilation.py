from vllm.config import CUDAGraphMode  # noqa: F401
