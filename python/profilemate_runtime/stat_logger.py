"""`vllm.stat_logger_plugins`: what the front end knows of finished requests.

vLLM imports this module itself, and only where AsyncLLM runs. If its base class is not
where it is expected, the import fails, and vLLM goes on without the plugin.
"""

from __future__ import annotations

import time

from vllm.v1.metrics.loggers import StatLoggerBase

from . import guard
from .activate import activate
from .tables import quote

_COLUMNS = (
    "timestamp_sec,request_id,finish_reason,e2e_latency_sec,queued_sec,prefill_sec,decode_sec,"
    "inference_sec,prompt_tokens,generation_tokens,cached_tokens,engine"
)
_FIGURES = (
    ("e2e_latency", "%.6f"),
    ("queued_time", "%.6f"),
    ("prefill_time", "%.6f"),
    ("decode_time", "%.6f"),
    ("inference_time", "%.6f"),
    ("num_prompt_tokens", "%d"),
    ("num_generation_tokens", "%d"),
    ("num_cached_tokens", "%d"),
)
_table = None


def _requests_table(recorder):
    global _table
    if _table is None:
        _table = recorder.table("request_stats.csv", _COLUMNS, "%.6f,%s,%s" + ",%s" * 8 + ",%d")
    return _table


class RequestStatLogger(StatLoggerBase):
    """One row a finished request; all else is seen in the engine's own processes."""

    def __init__(self, vllm_config, engine_index=0):
        self._engine = engine_index
        self._layer = activate()

    def record(self, scheduler_stats=None, iteration_stats=None, *args, **kwargs):
        layer = self._layer
        if layer is None or layer.requests is None or iteration_stats is None:
            return
        finished = getattr(iteration_stats, "finished_requests", None)
        if not finished:
            return
        try:
            if not layer.recorder.ready():
                return
            at = layer.recorder.seconds(time.monotonic_ns())
            table = _requests_table(layer.recorder)
            engine = kwargs.get("engine_idx", self._engine)
            for request in finished:
                cells = []
                for name, pattern in _FIGURES:
                    value = getattr(request, name, None)
                    cells.append("" if value is None else pattern % value)
                reason = getattr(request, "finish_reason", "")
                table.add(
                    (
                        at,
                        quote(getattr(request, "request_id", None) or ""),
                        quote(reason),
                        *cells,
                        engine,
                    )
                )
        except Exception as error:
            guard.hook("StatLogger.record").failed(error)

    def log_engine_initialized(self):
        pass

    def log(self):
        pass
