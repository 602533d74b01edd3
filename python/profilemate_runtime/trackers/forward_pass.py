"""How long the model takes a step, by phase."""

from __future__ import annotations

from ..figures import Distribution

PHASES = ("prefill", "decode", "mixed")


class ForwardPass:
    """Milliseconds between two events around execute_model on the GPU's own stream.

    That is from when the device reaches the step's first work (or idles waiting for
    it) to when it has done the last: input preparation on the device included,
    sampling not. Without CUDA events it is the host's time, and `timing` says so.
    """

    def __init__(self, recorder):
        self._recorder = recorder
        self.rows = recorder.table(
            "forward_pass_timing.csv",
            "timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,throughput_tokens_per_sec,"
            "timing,context_requests,context_tokens,step",
            "%.6f,%s,%d,%d,%s,%s,%s,%d,%d,%d",
            _shape,
        )
        recorder.summary("forward_pass_summary.json", self._render)
        self.forget()

    def forget(self):
        self.by_phase = {}
        self.untimed = 0

    def add(self, at, batch, milliseconds, timing, number, keep):
        if milliseconds is None:
            self.untimed += 1
        else:
            phase = batch.phase
            figures = self.by_phase.get((phase, timing))
            if figures is None:
                figures = self.by_phase[(phase, timing)] = [Distribution(), 0, 0]
            figures[0].add(milliseconds)
            figures[1] += batch.tokens
            figures[2] += batch.requests
        if keep:
            self.rows.add((at, batch, milliseconds, timing, number))

    def _render(self):
        if not self.by_phase:
            return None
        phases = {}
        for (phase, timing), (times, tokens, requests) in list(self.by_phase.items()):
            figures = times.as_json("ms")
            figures["total_tokens"] = tokens
            figures["mean_batch_size"] = round(requests / times.count, 3)
            if times.total > 0:
                figures["tokens_per_sec"] = round(tokens * 1000.0 / times.total, 3)
            phases.setdefault(timing, {})[phase] = figures
        return {"timing": phases, "steps_without_time": self.untimed}


def _shape(row):
    at, batch, milliseconds, timing, number = row
    known = milliseconds is not None
    return (
        at,
        batch.phase,
        batch.requests,
        batch.tokens,
        "%.4f" % milliseconds if known else "",
        "%.3f" % (batch.tokens * 1000.0 / milliseconds) if known and milliseconds > 0 else "",
        timing,
        batch.context_requests,
        batch.context_tokens,
        number,
    )
