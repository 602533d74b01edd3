"""Events that pass two milliseconds later, and graphs that do again what they captured."""

import os
import sys
import time
from contextlib import contextmanager

_initialised = False
_capturing = None
# Seen by the tests: a synchronise or an event during a capture is a failure.
forbidden = []


def init():
    global _initialised
    _initialised = True
    nvtx.attach()


def is_initialized():
    return _initialised


def is_current_stream_capturing():
    return _capturing is not None


def capturing_graph():
    return _capturing


def synchronize():
    forbidden.append("synchronize")


class Event:
    def __init__(self, enable_timing=False):
        self._at = None

    def record(self):
        if _capturing is not None:
            forbidden.append("event recorded during capture")
        self._at = time.monotonic()

    def query(self):
        return time.monotonic() - self._at > 0.002

    def elapsed_time(self, end):
        return (end._at - self._at) * 1e3

    def synchronize(self):
        forbidden.append("event synchronize")


class CUDAGraph:
    def __init__(self):
        self.work = []

    def replay(self):
        for each in self.work:
            each()


@contextmanager
def graph(cuda_graph, pool=None, stream=None):
    global _capturing
    before, _capturing = _capturing, cuda_graph
    try:
        yield
    finally:
        _capturing = before


def do(work):
    """Now, or where a graph is being captured at each of its replays."""
    if _capturing is not None:
        _capturing.work.append(work)
    else:
        work()


class nvtx:
    """Ranges for a profiler that watches, as torch.cuda.nvtx has them."""

    _profiler = None

    @classmethod
    def attach(cls):
        """At the start, as loading the profiler's library takes longer than a step."""
        if cls._profiler is None and "NVTX_INJECTION64_PATH" in os.environ:
            here = os.path.dirname(os.path.abspath(__file__))
            sys.path.append(os.path.join(here, os.pardir, os.pardir, "nvtx"))
            from nvtx_protocol import Nvtx

            cls._profiler = Nvtx()

    @classmethod
    @contextmanager
    def range(cls, name):
        if cls._profiler is None:
            yield
            return
        cls._profiler.push(name)
        try:
            yield
        finally:
            cls._profiler.pop()
