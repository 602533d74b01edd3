from dataclasses import dataclass, replace
from typing import Optional

import torch

from vllm._family import absent, since, truth
from vllm.config import CUDAGraphMode
from vllm.forward_context import BatchDescriptor, set_forward_context

absent(unless=since(0, 12))


def needed(manager, *capture):
    """A drafting model's captures are its own, though they come within the runner's."""
    if not manager.of_drafter:
        truth.note("captures", list(capture))


if since(0, 18):

    @dataclass(frozen=True)
    class BatchExecutionDescriptor:
        cg_mode: CUDAGraphMode
        num_tokens: int
        num_reqs: Optional[int]
        uniform_token_count: Optional[int] = None
        max_query_len: Optional[int] = None
        num_active_loras: int = 0

    class CudaGraphManager:
        def __init__(self, vllm_config, device=None, of_drafter=False):
            self.vllm_config = vllm_config
            self.of_drafter = of_drafter
            self.sizes = sorted(vllm_config.compilation_config.cudagraph_capture_sizes)
            self.use_breakable_cg = False
            self.graphs = {}
            self._graphs_captured = False

        def _descriptors(self):
            for mode in (CUDAGraphMode.PIECEWISE, CUDAGraphMode.FULL):
                for size in reversed(self.sizes):
                    full = mode == CUDAGraphMode.FULL
                    yield BatchExecutionDescriptor(
                        mode, size, size if full else None, 1 if full else None
                    )

        def _captured(self, desc, forward):
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                forward()
            self.graphs[desc] = graph
            needed(self, "FULL", desc.num_tokens, desc.num_reqs)

        if since(0, 20):

            def capture(self, create_forward_fn, progress_bar_desc="Capturing CUDA graphs"):
                again = {"warmup": False} if since(0, 27) else {}
                first = {"warmup": True} if since(0, 27) else {}
                for desc in self._descriptors():
                    forward_fn = create_forward_fn(desc, **first)
                    forward_fn(CUDAGraphMode.NONE)
                    if desc.cg_mode == CUDAGraphMode.PIECEWISE:
                        forward_fn(CUDAGraphMode.PIECEWISE)
                        continue
                    if since(0, 27):
                        forward_fn = create_forward_fn(desc, **again)
                    self._captured(desc, lambda: forward_fn(CUDAGraphMode.NONE))
                self._graphs_captured = True

        else:

            def capture(self, capture_fn, progress_bar_desc="Capturing CUDA graphs"):
                for desc in self._descriptors():
                    warmup = replace(desc, cg_mode=CUDAGraphMode.NONE)
                    capture_fn(warmup)
                    if desc.cg_mode == CUDAGraphMode.PIECEWISE:
                        capture_fn(desc)
                    else:
                        self._captured(desc, lambda: capture_fn(warmup))
                self._graphs_captured = True

        def dispatch(self, num_reqs, num_tokens, uniform_token_count, num_active_loras=0):
            size = next((size for size in self.sizes if size >= num_tokens), None)
            if not self._graphs_captured or size is None:
                return BatchExecutionDescriptor(CUDAGraphMode.NONE, num_tokens, num_reqs)
            if uniform_token_count == 1:
                return BatchExecutionDescriptor(CUDAGraphMode.FULL, size, size, 1)
            return BatchExecutionDescriptor(CUDAGraphMode.PIECEWISE, size, None)

        def run_fullgraph(self, desc):
            self.graphs[desc].replay()
            truth.add("graph_replays")

    class ModelCudaGraphManager(CudaGraphManager):
        def capture(self, model, *args, progress_bar_desc="Capturing CUDA graphs"):
            def forward(desc, cg_mode):
                descriptor = BatchDescriptor(desc.num_tokens)
                if cg_mode == CUDAGraphMode.NONE:
                    descriptor = None
                with set_forward_context(
                    None, self.vllm_config, desc.num_tokens, cg_mode, descriptor
                ):
                    model(desc.num_tokens)

            def create_forward_fn(desc, warmup=True):
                return lambda cg_mode: forward(desc, cg_mode)

            def capture_fn(desc):
                forward(desc, desc.cg_mode)

            super().capture(create_forward_fn if since(0, 20) else capture_fn, progress_bar_desc)

        def run_fullgraph(self, desc):
            super().run_fullgraph(desc)
            return "hidden"

else:

    class CudaGraphManager:
        """Knows graphs by their number of tokens."""

        def __init__(self, vllm_config, device=None, of_drafter=False):
            self.vllm_config = vllm_config
            self.of_drafter = of_drafter
            self.cudagraph_sizes = sorted(vllm_config.compilation_config.cudagraph_capture_sizes)
            self.graphs = {}

        def _capture_full(self, num_tokens, model):
            with set_forward_context(None, self.vllm_config, num_tokens, CUDAGraphMode.NONE, None):
                model(num_tokens)
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    model(num_tokens)
            self.graphs[num_tokens] = graph
            needed(self, "FULL", num_tokens, None)

        def _size(self, num_tokens):
            size = next((size for size in self.cudagraph_sizes if size >= num_tokens), None)
            return size if size in self.graphs else None

        if since(0, 17):

            def capture_graph(self, num_tokens, capture_cg_mode, model, uniform_decode=False):
                if capture_cg_mode == CUDAGraphMode.FULL:
                    self._capture_full(num_tokens, model)
                    return
                descriptor = BatchDescriptor(num_tokens)
                with set_forward_context(
                    None, self.vllm_config, num_tokens, capture_cg_mode, descriptor
                ):
                    model(num_tokens)

            def capture(self, model, has_lora=False):
                for size in reversed(self.cudagraph_sizes):
                    self.capture_graph(size, CUDAGraphMode.PIECEWISE, model)
                for size in reversed(self.cudagraph_sizes):
                    self.capture_graph(size, CUDAGraphMode.FULL, model, uniform_decode=True)

            def get_cudagraph_runtime_mode(self, num_reqs, num_tokens, max_query_len):
                size = self._size(num_tokens)
                if size is None:
                    return CUDAGraphMode.NONE, None
                uniform = max_query_len == 1 and num_tokens == num_reqs
                return (CUDAGraphMode.FULL if uniform else CUDAGraphMode.PIECEWISE), size

            def run_fullgraph(self, num_tokens):
                self.graphs[num_tokens].replay()
                truth.add("graph_replays")

        else:

            def capture_graph(self, num_tokens, model, input_buffers=None):
                self._capture_full(num_tokens, model)

            def capture(self, model):
                for size in reversed(self.cudagraph_sizes):
                    self.capture_graph(size, model, None)

            def get_cudagraph_size(self, num_tokens):
                return self._size(num_tokens)

            def run(self, num_tokens):
                self.graphs[num_tokens].replay()
                truth.add("graph_replays")

    ModelCudaGraphManager = CudaGraphManager
