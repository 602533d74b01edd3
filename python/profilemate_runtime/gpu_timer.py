"""Time on the GPU between two places in a stream, without ever waiting for it.

A pair of events is recorded around the work and read many steps later, once the
device says that both have passed. Events are only touched by the thread that runs
the steps: a query from another thread would break a graph capture in progress.
"""

from __future__ import annotations

import sys
import time
from collections import deque

from . import guard

_MOST_WAITING = 512
_LAST_WAIT_SEC = 0.1


class GpuTimer:
    def __init__(self):
        self._free = []
        self._waiting = deque()
        self.lost = 0
        self._usable = None

    def start(self):
        """An event pair whose first has been recorded, or None where there is no CUDA to ask."""
        cuda = self._cuda()
        if cuda is None or cuda.is_current_stream_capturing():
            return None
        if len(self._waiting) >= _MOST_WAITING:
            self.lost += 1
            return None
        try:
            pair = self._free.pop() if self._free else self._pair(cuda)
            pair[0].record()
            return pair
        except Exception as error:
            self._give_up(error)
            return None

    def stop(self, pair, then):
        """Records the second; `then(milliseconds)` is called by a later `collect`."""
        try:
            pair[1].record()
            self._waiting.append((pair, then))
        except Exception as error:
            self._give_up(error)
            then(None)

    def collect(self):
        """Hands out what the device has finished."""
        waiting = self._waiting
        try:
            while waiting and waiting[0][0][1].query():
                pair, then = waiting.popleft()
                milliseconds = pair[0].elapsed_time(pair[1])
                self._free.append(pair)
                then(milliseconds)
        except Exception as error:
            self._give_up(error)

    def abandon(self):
        """At the end; what is not seen to finish in a moment is told without its time."""
        for _ in range(10):
            self.collect()
            if not self._waiting:
                return
            time.sleep(_LAST_WAIT_SEC / 10)
        while self._waiting:
            self.lost += 1
            self._waiting.popleft()[1](None)

    def forget(self):
        """In a forked child the parent's events mean nothing."""
        self.__init__()

    def _cuda(self):
        if self._usable is False:
            return None
        cuda = getattr(sys.modules.get("torch"), "cuda", None)
        if cuda is None or not cuda.is_initialized():
            return None
        self._usable = True
        return cuda

    @staticmethod
    def _pair(cuda):
        return (cuda.Event(enable_timing=True), cuda.Event(enable_timing=True))

    def _give_up(self, error):
        self._usable = False
        guard.hook("gpu_timer").failed(error)
        while self._waiting:
            self.lost += 1
            self._waiting.popleft()[1](None)
