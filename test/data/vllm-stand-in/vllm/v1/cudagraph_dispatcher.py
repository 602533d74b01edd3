from vllm._family import since
from vllm.config import CUDAGraphMode
from vllm.forward_context import BatchDescriptor


class CudagraphDispatcher:
    """Full graphs for decode, piecewise ones for the rest, up to the largest size."""

    def __init__(self, vllm_config):
        self.vllm_config = vllm_config
        self.sizes = sorted(vllm_config.compilation_config.cudagraph_capture_sizes)
        self.keys_initialized = False

    def initialize_cudagraph_keys(self, cudagraph_mode=None, uniform_decode_query_len=1):
        self.keys_initialized = True

    def padded(self, num_tokens):
        return next((size for size in self.sizes if size >= num_tokens), None)

    if since(0, 16):

        def dispatch(
            self,
            num_tokens,
            uniform_decode=False,
            has_lora=False,
            num_active_loras=0,
            valid_modes=None,
            invalid_modes=None,
        ):
            size = self.padded(num_tokens)
            if not self.keys_initialized or size is None:
                return CUDAGraphMode.NONE, BatchDescriptor(num_tokens)
            if uniform_decode and not (invalid_modes and CUDAGraphMode.FULL in invalid_modes):
                return CUDAGraphMode.FULL, BatchDescriptor(size, size, True)
            return CUDAGraphMode.PIECEWISE, BatchDescriptor(size)

    elif since(0, 12):

        def dispatch(self, num_tokens, uniform_decode, has_lora, disable_full=False):
            size = self.padded(num_tokens)
            if not self.keys_initialized or size is None:
                return CUDAGraphMode.NONE, BatchDescriptor(num_tokens)
            if uniform_decode and not disable_full:
                return CUDAGraphMode.FULL, BatchDescriptor(size, size, True)
            return CUDAGraphMode.PIECEWISE, BatchDescriptor(size)

    else:

        def dispatch(self, batch_descriptor, use_cascade_attn=False):
            size = self.padded(batch_descriptor.num_tokens)
            if not self.keys_initialized or size is None:
                return CUDAGraphMode.NONE, None
            if batch_descriptor.uniform_decode and not use_cascade_attn:
                return CUDAGraphMode.FULL, BatchDescriptor(size, True)
            return CUDAGraphMode.PIECEWISE, BatchDescriptor(size, False)
