from dataclasses import dataclass
from typing import Optional

import torch

from vllm._family import absent, since, truth
from vllm.config import CUDAGraphMode
from vllm.forward_context import BatchDescriptor, set_forward_context

absent(unless=since(0, 17))

if since(0, 20):

    @dataclass(frozen=True)
    class BatchExecutionDescriptor:
        cg_mode: CUDAGraphMode
        num_tokens: int
        num_reqs: Optional[int]
        uniform_token_count: Optional[int] = None
        max_query_len: Optional[int] = None
        num_active_loras: int = 0

    class CudaGraphManager:
        def __init__(self, vllm_config, device=None):
            self.vllm_config = vllm_config
            self.sizes = sorted(vllm_config.compilation_config.cudagraph_capture_sizes)
            self.use_breakable_cg = False
            self.graphs = {}
            self._graphs_captured = False

        def capture(self, create_forward_fn, progress_bar_desc="Capturing CUDA graphs"):
            for mode in (CUDAGraphMode.PIECEWISE, CUDAGraphMode.FULL):
                for size in reversed(self.sizes):
                    full = mode == CUDAGraphMode.FULL
                    desc = BatchExecutionDescriptor(
                        mode, size, size if full else None, 1 if full else None
                    )
                    forward_fn = create_forward_fn(desc)
                    forward_fn(CUDAGraphMode.NONE)
                    if not full:
                        forward_fn(CUDAGraphMode.PIECEWISE)
                        continue
                    if since(0, 27):
                        forward_fn = create_forward_fn(desc)
                    graph = torch.cuda.CUDAGraph()
                    with torch.cuda.graph(graph):
                        forward_fn(CUDAGraphMode.NONE)
                    self.graphs[desc] = graph
                    truth.note("captures", ["FULL", size, size])
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
            def create_forward_fn(desc, warmup=True):
                def forward_fn(cg_mode):
                    descriptor = BatchDescriptor(desc.num_tokens)
                    if cg_mode == CUDAGraphMode.NONE:
                        descriptor = None
                    with set_forward_context(
                        None, self.vllm_config, desc.num_tokens, cg_mode, descriptor
                    ):
                        model(desc.num_tokens)

                return forward_fn

            super().capture(create_forward_fn, progress_bar_desc)

        def run_fullgraph(self, desc):
            super().run_fullgraph(desc)
            return "hidden"

else:

    class CudaGraphManager:
        """Knows graphs by their number of tokens."""

        def __init__(self, vllm_config, use_aux_hidden_state_outputs=False, device=None):
            self.vllm_config = vllm_config
            self.cudagraph_sizes = sorted(vllm_config.compilation_config.cudagraph_capture_sizes)
            self.graphs = {}

        def capture_graph(self, num_tokens, capture_cg_mode, model, uniform_decode=False):
            piecewise = capture_cg_mode == CUDAGraphMode.PIECEWISE
            with set_forward_context(
                None,
                self.vllm_config,
                num_tokens,
                capture_cg_mode if piecewise else CUDAGraphMode.NONE,
                BatchDescriptor(num_tokens) if piecewise else None,
            ):
                model(num_tokens)
                if piecewise:
                    return
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    model(num_tokens)
            self.graphs[num_tokens] = graph
            truth.note("captures", ["FULL", num_tokens, None])

        def capture(self, model, has_lora=False):
            for size in reversed(self.cudagraph_sizes):
                self.capture_graph(size, CUDAGraphMode.PIECEWISE, model)
            for size in reversed(self.cudagraph_sizes):
                self.capture_graph(size, CUDAGraphMode.FULL, model, uniform_decode=True)

        def get_cudagraph_runtime_mode(self, num_reqs, num_tokens, max_query_len):
            size = next((size for size in self.cudagraph_sizes if size >= num_tokens), None)
            if size is None or size not in self.graphs:
                return CUDAGraphMode.NONE, None
            uniform = max_query_len == 1 and num_tokens == num_reqs
            return (CUDAGraphMode.FULL if uniform else CUDAGraphMode.PIECEWISE), size

        def run_fullgraph(self, num_tokens):
            self.graphs[num_tokens].replay()
            truth.add("graph_replays")

    ModelCudaGraphManager = CudaGraphManager
