"""`vllm.v1.worker.gpu_worker.Worker`: one class for both model runners, in every version.

A step is `execute_model(scheduler_output)`, and since 0.11.1 `sample_tokens(...)` after it.
Ray's compiled graphs go past both: `RayWorkerWrapper.execute_model_ray` calls the runner.
"""

from __future__ import annotations

import time

from .. import guard


class CurrentStep:
    """What the hooks below execute_model learn while it runs."""

    __slots__ = ("dispatcher", "mode", "descriptor", "encoder_ms", "encoder_runs")

    def __init__(self, dispatcher):
        self.dispatcher = dispatcher
        self.mode = None
        self.descriptor = None
        self.encoder_ms = 0.0
        self.encoder_runs = 0


class WorkerHooks:
    MODULE = "vllm.v1.worker.gpu_worker"
    RAY = ("vllm.v1.executor.ray_utils", "vllm.executor.ray_utils")

    def __init__(self, layer):
        self._layer = layer
        self.forget()

    def forget(self):
        self.current = None
        self._number = 0
        self._known = False

    def install(self, module):
        worker = module.Worker
        layer = self._layer
        self._wrap_step(worker, "execute_model", self._before)
        if layer.cpu and not guard.wrap(
            worker, "sample_tokens", "Worker.sample_tokens", before=_start, after=self._sampled
        ):
            layer.recorder.limit(
                "cpu",
                "This version samples inside execute_model: sample_tokens is part of its time.",
            )

    def install_ray(self, module):
        """The module is there without Ray too, the class is not."""
        wrapper = getattr(module, "RayWorkerWrapper", None)
        if wrapper is not None:
            self._wrap_step(wrapper, "execute_model_ray", self._before_ray)

    def _wrap_step(self, owner, method, before):
        layer = self._layer
        if layer.forward or layer.cpu or layer.graphs or layer.components or layer.moe:
            guard.wrap(
                owner,
                method,
                "%s.%s" % (owner.__name__, method),
                before=before,
                after=self._after,
                always=self._over,
            )

    def _before(self, args):
        return self._begin(args[0], args[1])

    def _before_ray(self, args):
        # Alone, or before grammar and intermediate tensors.
        given = args[1]
        if not self._known:
            self._layer.recorder.limit(
                "forward_pass", "Ray's compiled graph samples within the step: its time is included."
            )
        return self._begin(args[0].worker, given[0] if isinstance(given, tuple) else given)

    def _begin(self, worker, output):
        layer = self._layer
        if not layer.recorder.ready():
            return None
        if not self._known:
            self._know(worker)
        if output.total_num_scheduled_tokens == 0:
            return None
        runner = worker.model_runner
        self.current = current = CurrentStep(
            getattr(runner, "cudagraph_dispatcher", None)
            or getattr(runner, "cudagraph_manager", None)
        )
        layer.timer.collect()
        # Before the step's launches, and given up where it is captured into a graph.
        pair = layer.timer.start() if layer.needs_gpu_time else None
        return (time.monotonic_ns(), pair, current, output)

    def _over(self, token):
        self.current = None

    def _after(self, token, result, args, kwargs):
        if token is None:
            return
        now = time.monotonic_ns()
        start, pair, current, output = token
        layer = self._layer
        batch = layer.steps.read(output)
        number = self._number
        self._number += 1
        keep = number % layer.sample_every == 0
        at = layer.recorder.seconds(start)
        key = None
        if layer.graphs is not None:
            key = layer.graphs.step(current.mode or "NONE", current.descriptor, batch.tokens, at)
        timing = "host" if pair is None else "cuda_events"

        def timed(milliseconds):
            if layer.forward is not None:
                layer.forward.add(at, batch, milliseconds, timing, number, keep)
            if layer.graphs is not None and keep:
                layer.graphs.timed(
                    at, key, milliseconds if pair is not None else None, batch.tokens, number
                )
            if layer.components is not None:
                layer.components.stepped(
                    at, milliseconds, timing, current.encoder_ms, batch, number
                )

        if pair is None:
            timed((now - start) * 1e-6)
        else:
            layer.timer.stop(pair, timed)
        if layer.cpu is not None:
            layer.cpu.add(
                start,
                now,
                "execute_model",
                "phase=%s requests=%d tokens=%d" % (batch.phase, batch.requests, batch.tokens),
                keep,
            )
        if layer.moe is not None:
            layer.moe.step(now)

    def _sampled(self, start, result, args, kwargs):
        layer = self._layer
        if start is not None and layer.recorder.ready():
            keep = self._number % layer.sample_every == 0
            layer.cpu.add(start, time.monotonic_ns(), "sample_tokens", "", keep)

    @property
    def step_number(self):
        return self._number

    def _know(self, worker):
        self._known = True
        recorder = self._layer.recorder
        recorder.rank = getattr(worker, "rank", None)
        runner = getattr(worker, "model_runner", None)
        home = type(runner).__module__
        version = "V2" if ".worker.gpu." in home else "V1"
        recorder.fact("worker", True)
        recorder.fact("local_rank", getattr(worker, "local_rank", None))
        recorder.fact("model_runner", version)
        if not hasattr(runner, "cudagraph_dispatcher") and not hasattr(runner, "cudagraph_manager"):
            recorder.limit(
                "cuda_graphs",
                "The model runner of this version has neither a dispatcher nor a graph manager: "
                "steps are counted without their graph.",
            )


def _start(args):
    return time.monotonic_ns()
