import dataclasses
from typing import Any, Optional

import torch

from vllm._family import truth
from vllm.config import CUDAGraphMode
from vllm.forward_context import BatchDescriptor, get_forward_context


@dataclasses.dataclass
class CUDAGraphEntry:
    batch_descriptor: BatchDescriptor
    cudagraph: Optional[Any] = None
    output: Optional[Any] = None


class CUDAGraphWrapper:
    def __init__(self, runnable, vllm_config, runtime_mode, cudagraph_options=None):
        self.runnable = runnable
        self.vllm_config = vllm_config
        self.runtime_mode = runtime_mode
        self.concrete_cudagraph_entries = {}

    def __getattr__(self, key):
        if hasattr(self.runnable, key):
            return getattr(self.runnable, key)
        raise AttributeError(key)

    def unwrap(self):
        return self.runnable

    def __call__(self, *args, **kwargs):
        forward_context = get_forward_context()
        batch_descriptor = forward_context.batch_descriptor
        mode = forward_context.cudagraph_runtime_mode
        if mode == CUDAGraphMode.NONE or mode != self.runtime_mode:
            return self.runnable(*args, **kwargs)
        assert batch_descriptor is not None
        if batch_descriptor not in self.concrete_cudagraph_entries:
            self.concrete_cudagraph_entries[batch_descriptor] = CUDAGraphEntry(batch_descriptor)
        entry = self.concrete_cudagraph_entries[batch_descriptor]
        if entry.cudagraph is None:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                output = self.runnable(*args, **kwargs)
            entry.output = output
            entry.cudagraph = graph
            truth.note("captures", [self.runtime_mode.name, *batch_descriptor_key(batch_descriptor)])
            return output
        entry.cudagraph.replay()
        truth.add("graph_replays")
        return entry.output


def batch_descriptor_key(descriptor):
    return [descriptor.num_tokens, getattr(descriptor, "num_reqs", None)]
