"""Where the encoder of a multi-modal or encoder-decoder model runs.

V1: `GPUModelRunner._execute_mm_encoder`. V2: `EncoderRunner.execute_mm_encoder`.
"""

from __future__ import annotations

import time

from .. import guard


class ComponentHooks:
    V1 = "vllm.v1.worker.gpu_model_runner"
    V2 = "vllm.v1.worker.gpu.mm.encoder_runner"

    def __init__(self, layer):
        self._layer = layer

    def install_v1(self, module):
        self._wrap(module.GPUModelRunner, "_execute_mm_encoder", "GPUModelRunner")

    def install_v2(self, module):
        self._wrap(module.EncoderRunner, "execute_mm_encoder", "EncoderRunner")

    def _wrap(self, owner, method, name):
        guard.wrap(owner, method, "%s.%s" % (name, method), before=self._before, after=self._after)

    def _before(self, args):
        current = self._layer.worker.current
        # Outside a step it is a dummy or profiling run.
        if current is None or not self._layer.recorder.ready():
            return None
        inputs = _inputs(args)
        if inputs == 0:
            return None
        return (time.monotonic_ns(), self._layer.timer.start(), current, inputs)

    def _after(self, token, result, args, kwargs):
        if token is None:
            return
        now = time.monotonic_ns()
        start, pair, current, inputs = token
        layer = self._layer
        at = layer.recorder.seconds(start)
        number = layer.worker.step_number
        timing = "host" if pair is None else "cuda_events"

        def timed(milliseconds):
            # Known before the step's own time is: events are read in their order.
            if milliseconds is None:
                current.encoder_ms = None
            elif current.encoder_ms is not None:
                current.encoder_ms += milliseconds
            layer.components.encoded(at, milliseconds, timing, inputs, number)

        if pair is None:
            timed((now - start) * 1e-6)
        else:
            layer.timer.stop(pair, timed)


def _inputs(args):
    """V1 is given the scheduler's output first; V2 the inputs last, after model and hashes."""
    scheduled = getattr(args[1], "scheduled_encoder_inputs", None) if len(args) > 1 else None
    if scheduled is not None:
        return sum(len(inputs) for inputs in scheduled.values())
    try:
        return len(args[-1])
    except TypeError:
        return 1
