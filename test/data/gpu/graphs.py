"""CUDA graphs, and what one holds: the count of kernels that no profiler has had a hand in."""

from __future__ import annotations

import ctypes
import re

import torch

# cudaGraphNodeType of the CUDA runtime.
_NODES = {0: "kernels", 1: "copies", 2: "fills"}


def capture(work, pool=None):
    """(graph, what `work` returned); `work` has run before, on another stream than the default."""
    try:
        graph = torch.cuda.CUDAGraph(keep_graph=True)
    except TypeError:
        graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, pool=pool):
        result = work()
    if hasattr(graph, "instantiate"):
        graph.instantiate()
    return graph, result


def warm(work):
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        work()
    torch.cuda.current_stream().wait_stream(stream)


def contents(graph):
    """{"kernels": n, "copies": n, "fills": n}, or None where this torch does not hand it out."""
    raw = getattr(graph, "raw_cuda_graph", None)
    library = _runtime_library()
    if raw is None or library is None:
        return None
    runtime = ctypes.CDLL(library)
    handle = ctypes.c_void_p(raw())
    count = ctypes.c_size_t(0)
    if runtime.cudaGraphGetNodes(handle, None, ctypes.byref(count)) != 0:
        return None
    nodes = (ctypes.c_void_p * count.value)()
    if runtime.cudaGraphGetNodes(handle, nodes, ctypes.byref(count)) != 0:
        return None
    found = dict.fromkeys(_NODES.values(), 0)
    for node in nodes:
        kind = ctypes.c_int(-1)
        if runtime.cudaGraphNodeGetType(ctypes.c_void_p(node), ctypes.byref(kind)) != 0:
            return None
        if kind.value in _NODES:
            found[_NODES[kind.value]] += 1
    return found


def count(work):
    """What `work` launches, counted by capturing it without running it; None where it cannot be."""
    try:
        graph, _ = capture(work)
        return contents(graph)
    except Exception as error:
        torch.cuda.synchronize()
        print("engine: a step's kernels cannot be counted: %s" % str(error).splitlines()[0])
        return None


def _runtime_library():
    """The CUDA runtime that torch has loaded, whatever its version."""
    try:
        with open("/proc/self/maps", encoding="ascii", errors="replace") as file:
            found = re.search(r"(/\S*libcudart[^/\s]*\.so\S*)", file.read())
    except OSError:
        return None
    return found.group(1) if found else None
