from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple, Optional

from vllm._family import since

if since(0, 17):

    @dataclass(frozen=True)
    class BatchDescriptor:
        num_tokens: int
        num_reqs: Optional[int] = None
        uniform: bool = False
        has_lora: bool = False
        num_active_loras: int = 0

elif since(0, 16):

    class BatchDescriptor(NamedTuple):
        num_tokens: int
        num_reqs: Optional[int] = None
        uniform: bool = False
        has_lora: bool = False
        num_active_loras: int = 0

elif since(0, 12):

    class BatchDescriptor(NamedTuple):
        num_tokens: int
        num_reqs: Optional[int] = None
        uniform: bool = False
        has_lora: bool = False

else:

    class BatchDescriptor(NamedTuple):
        num_tokens: int
        uniform_decode: bool = False


_forward_context = None


def is_forward_context_available():
    return _forward_context is not None


def get_forward_context():
    assert _forward_context is not None
    return _forward_context


@contextmanager
def set_forward_context(
    attn_metadata, vllm_config, num_tokens=None, cudagraph_runtime_mode=None, batch_descriptor=None
):
    global _forward_context
    before = _forward_context
    _forward_context = SimpleNamespace(
        attn_metadata=attn_metadata,
        cudagraph_runtime_mode=cudagraph_runtime_mode,
        batch_descriptor=batch_descriptor,
    )
    try:
        yield
    finally:
        _forward_context = before
