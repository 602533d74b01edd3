"""`vllm.v1.core.sched.scheduler.Scheduler` (since 0.8; AsyncScheduler inherits these).

`_preempt_request` exists since 0.12; before, preemption is inline in `schedule` and is
found by the requests that have left the running queue.
"""

from __future__ import annotations

import time

from .. import guard
from ..trackers.requests import CACHE_RESET, NO_BLOCKS


class SchedulerHooks:
    MODULE = "vllm.v1.core.sched.scheduler"

    def __init__(self, layer):
        self._layer = layer
        self._scheduling = False
        self._has_preempt = False
        self._routed_experts = None
        self._number = 0

    def forget(self):
        self._scheduling = False
        self._routed_experts = None
        self._number = 0

    def install(self, module):
        scheduler = module.Scheduler
        layer = self._layer
        needs_step = layer.batch or layer.cpu or layer.requests or layer.kv_cache
        if layer.requests:
            # Before `schedule`, which asks whether this one is there.
            self._has_preempt = guard.wrap(
                scheduler, "_preempt_request", "Scheduler._preempt_request", before=self._preempting
            )
            guard.wrap(scheduler, "add_request", "Scheduler.add_request", after=self._added)
            guard.wrap(scheduler, "_free_request", "Scheduler._free_request", before=self._freeing)
            if not self._has_preempt:
                layer.recorder.limit(
                    "requests",
                    "This version preempts inside schedule(): preemptions are found after each "
                    "step, timed at its end, and computed tokens are not known.",
                )
        if needs_step:
            guard.wrap(
                scheduler,
                "schedule",
                "Scheduler.schedule",
                before=self._before_schedule,
                after=self._after_schedule,
                always=self._schedule_over,
            )
        if layer.cpu or layer.moe:
            guard.wrap(
                scheduler,
                "update_from_output",
                "Scheduler.update_from_output",
                before=_start,
                after=self._updated,
            )

    # -- schedule

    def _before_schedule(self, args):
        self._scheduling = True
        running = None
        if self._layer.requests is not None and not self._has_preempt:
            running = list(args[0].running)
        return (time.monotonic_ns(), running)

    def _schedule_over(self, token):
        self._scheduling = False

    def _after_schedule(self, token, output, args, kwargs):
        now = time.monotonic_ns()
        layer = self._layer
        if token is None or not layer.recorder.ready():
            return
        start, before = token
        scheduler = args[0]
        self._know(scheduler)
        batch = layer.steps.read(output)
        number = self._number
        self._number += 1
        keep = number % layer.sample_every == 0
        if layer.cpu is not None:
            layer.cpu.add(
                start, now, "schedule", "requests=%d tokens=%d" % (batch.requests, batch.tokens), keep
            )
        if layer.batch is not None:
            waiting = len(scheduler.waiting) + len(getattr(scheduler, "skipped_waiting", ()))
            layer.batch.add(
                layer.recorder.seconds(start),
                batch,
                len(scheduler.running),
                waiting,
                getattr(scheduler, "max_num_running_reqs", None),
                getattr(scheduler, "max_num_scheduled_tokens", None),
                keep,
            )
        if layer.kv_cache is not None:
            layer.kv_cache.sample(scheduler.kv_cache_manager.block_pool, now)
        if layer.requests is not None:
            self._follow(scheduler, output, before, now)

    def _follow(self, scheduler, output, before, now):
        requests = self._layer.requests
        cached = output.scheduled_cached_reqs
        resumed = getattr(cached, "resumed_req_ids", None)
        if resumed is None:
            flags = getattr(cached, "resumed_from_preemption", ())
            resumed = [name for name, flag in zip(cached.req_ids, flags) if flag]
        if before is not None:
            # Those that ran and run no more, less those that came: as many were preempted.
            arrived = len(output.scheduled_new_reqs) + len(resumed)
            if len(before) + arrived > len(scheduler.running):
                for request in before:
                    if getattr(request.status, "name", "") == "PREEMPTED":
                        requests.preempted(request.request_id, now, NO_BLOCKS, None)
        for request in output.scheduled_new_reqs:
            requests.started(request.req_id, now)
        for request_id in resumed:
            requests.resumed(request_id, now)

    def _preempting(self, args):
        if not self._layer.recorder.ready():
            return
        request = args[1]
        self._layer.requests.preempted(
            request.request_id,
            time.monotonic_ns(),
            NO_BLOCKS if self._scheduling else CACHE_RESET,
            getattr(request, "num_computed_tokens", None),
        )

    def _added(self, token, result, args, kwargs):
        if self._layer.recorder.ready():
            request = args[1] if len(args) > 1 else kwargs["request"]
            self._layer.requests.queued(request.request_id, time.monotonic_ns())

    def _freeing(self, args):
        if self._layer.recorder.ready():
            request = args[1]
            status = getattr(request.status, "name", str(request.status))
            self._layer.requests.ended(request.request_id, time.monotonic_ns(), status)

    # -- update_from_output

    def _updated(self, start, result, args, kwargs):
        layer = self._layer
        now = time.monotonic_ns()
        if not layer.recorder.ready():
            return
        if layer.cpu is not None and start is not None:
            keep = self._number % layer.sample_every == 0
            layer.cpu.add(start, now, "update_from_output", "", keep)
        if layer.moe is not None and self._returns_experts(args[0]):
            groups = result.values() if isinstance(result, dict) else (result,)
            for group in groups:
                for output in getattr(group, "outputs", ()):
                    routed = getattr(output, "routed_experts", None)
                    if routed is not None:
                        layer.moe.returned(routed, now)

    def _returns_experts(self, scheduler):
        if self._routed_experts is None:
            model = getattr(getattr(scheduler, "vllm_config", None), "model_config", None)
            self._routed_experts = bool(getattr(model, "enable_return_routed_experts", False))
        return self._routed_experts

    def _know(self, scheduler):
        if self._number:
            return
        recorder = self._layer.recorder
        config = getattr(scheduler, "vllm_config", None)
        parallel = getattr(config, "parallel_config", None)
        recorder.fact("engine_core", True)
        recorder.fact("scheduler", type(scheduler).__name__)
        recorder.fact("data_parallel_rank", getattr(parallel, "data_parallel_rank", None))
        recorder.fact("max_num_seqs", getattr(scheduler, "max_num_running_reqs", None))
        recorder.fact(
            "max_num_batched_tokens", getattr(scheduler, "max_num_scheduled_tokens", None)
        )


def _start(args):
    return time.monotonic_ns()
