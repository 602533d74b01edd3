"""How long the host takes for each part of a step."""

from __future__ import annotations

from ..figures import Distribution


class CpuOperations:
    def __init__(self, recorder):
        self._recorder = recorder
        self.rows = recorder.table(
            "cpu_operations_timing.csv",
            "timestamp_sec,operation,duration_ms,context",
            "%.6f,%s,%.4f,%s",
        )
        recorder.summary("cpu_timing_summary.json", self._render)
        self.forget()

    def forget(self):
        self.operations = {}

    def add(self, start_ns, end_ns, operation, context, keep):
        """`context` is of our own words and numbers: no comma, no quote."""
        milliseconds = (end_ns - start_ns) * 1e-6
        figures = self.operations.get(operation)
        if figures is None:
            figures = self.operations[operation] = Distribution()
        figures.add(milliseconds)
        if keep:
            self.rows.add((self._recorder.seconds(start_ns), operation, milliseconds, context))

    def _render(self):
        if not self.operations:
            return None
        return {name: figures.as_json("ms") for name, figures in list(self.operations.items())}
