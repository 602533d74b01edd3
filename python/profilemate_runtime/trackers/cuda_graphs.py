"""Captured graphs, and which of them each step replays."""

from __future__ import annotations

import os
import time

from ..tables import blank, quote

_MOST_GRAPHS = 8192


def graph_key(mode, descriptor):
    """What tells one graph from another, from the batch descriptor of any version.

    0.10.2: num_tokens, uniform_decode · 0.12: num_tokens, num_reqs, uniform, has_lora ·
    0.16: and num_active_loras · V2 runner: cg_mode, num_tokens, num_reqs,
    uniform_token_count, num_active_loras · early V2: the number of tokens alone.
    """
    if isinstance(descriptor, int):
        return (mode, descriptor, None, False, False, 0)
    uniform = getattr(descriptor, "uniform", None)
    if uniform is None:
        uniform = getattr(descriptor, "uniform_decode", None)
    if uniform is None:
        uniform = getattr(descriptor, "uniform_token_count", None) is not None
    loras = getattr(descriptor, "num_active_loras", 0) or 0
    return (
        mode,
        descriptor.num_tokens,
        getattr(descriptor, "num_reqs", None),
        bool(uniform),
        bool(getattr(descriptor, "has_lora", loras > 0)),
        loras,
    )


def key_cells(key):
    mode, tokens, requests, uniform, lora, _ = key
    return "%s,%s,%s,%s,%s" % (quote(mode), blank(tokens), requests, uniform, lora)


EAGER = ("NONE", None, None, False, False, 0)


class CudaGraphs:
    CAPTURES = "runtime_mode,num_tokens,num_reqs,uniform,has_lora,capture_time_sec"

    def __init__(self, recorder):
        self._recorder = recorder
        self.timeline = recorder.table(
            "cuda_graph_timeline.csv",
            "timestamp_sec,descriptor,duration_ms,runtime_mode,num_tokens,num_tokens_unpadded,step",
            "%.6f,%s,%s,%s,%s,%d,%d",
            self._shape,
        )
        recorder.counts("cuda_graph_captures.csv", self._render_captures)
        recorder.counts("cuda_graph_usage.csv", self._render_usage)
        self.forget()

    def forget(self):
        self.captures = {}
        self.usage = {}
        self._keys = {}
        self._names = {}

    def captured(self, mode, descriptor, seconds, pieces=1):
        """`seconds` may be None: the version does not let a single capture be timed."""
        key = graph_key(mode, descriptor)
        found = self.captures.get(key)
        if found is None:
            if len(self.captures) >= _MOST_GRAPHS:
                return
            found = self.captures[key] = [0.0, 0, self._recorder_seconds()]
        if seconds is None:
            found[0] = None
        elif found[0] is not None:
            found[0] += seconds
        found[1] += pieces

    def _recorder_seconds(self):
        return self._recorder.seconds(time.monotonic_ns())

    def step(self, mode, descriptor, tokens, at):
        """Counts one step: a replay of `descriptor`'s graph, or none at all. Returns its key."""
        if mode == "NONE" or descriptor is None:
            key = EAGER
        else:
            known = (mode, descriptor)
            key = self._keys.get(known)
            if key is None:
                key = graph_key(mode, descriptor)
                if len(self._keys) < _MOST_GRAPHS:
                    self._keys[known] = key
        found = self.usage.get(key)
        if found is None:
            if len(self.usage) >= _MOST_GRAPHS:
                return key
            found = self.usage[key] = [0, 0, 0, 0]
        found[0] += 1
        found[1] += tokens
        found[2] += tokens if key is EAGER else key[1]
        found[3] = at
        return key

    def timed(self, at, key, milliseconds, tokens, step):
        self.timeline.add((at, key, milliseconds, tokens, step))

    def _shape(self, row):
        at, key, milliseconds, tokens, step = row
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = quote(descriptor_text(key))
        return (at, name, blank(milliseconds, "%.4f"), key[0], blank(key[1]), tokens, step)

    def _render_captures(self):
        if not self.captures:
            return None
        lines = [self.CAPTURES + ",num_active_loras,pieces,timestamp_sec,rank,pid\n"]
        tail = self._tail()
        for key, (seconds, pieces, at) in list(self.captures.items()):
            lines.append(
                "%s,%s,%d,%d,%.6f%s"
                % (key_cells(key), blank(seconds, "%.6f"), key[5], pieces, at, tail)
            )
        return "".join(lines)

    def _render_usage(self):
        if not self.usage:
            return None
        lines = [
            "runtime_mode,num_tokens,num_reqs,uniform,has_lora,replay_count,num_active_loras,"
            "tokens_unpadded,tokens_padded,last_sec,rank,pid\n"
        ]
        tail = self._tail()
        for key, (count, unpadded, padded, last) in list(self.usage.items()):
            lines.append(
                "%s,%d,%d,%d,%d,%.6f%s" % (key_cells(key), count, key[5], unpadded, padded, last, tail)
            )
        return "".join(lines)

    def _tail(self):
        return ",%s,%d\n" % (blank(self._recorder.rank), os.getpid())


def descriptor_text(key):
    if key == EAGER:
        return "NONE"
    mode, tokens, requests, uniform, lora, loras = key
    text = "%s num_tokens=%s num_reqs=%s uniform=%s has_lora=%s" % (
        mode,
        tokens,
        requests,
        uniform,
        lora,
    )
    return text + (" num_active_loras=%d" % loras if loras else "")
