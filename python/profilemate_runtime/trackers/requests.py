"""The life of each request in the scheduler, and what interrupts it."""

from __future__ import annotations

from collections import OrderedDict

from ..figures import Distribution
from ..tables import blank, quote

_MOST_LIVE = 200_000

NO_BLOCKS = "kv_blocks"
CACHE_RESET = "prefix_cache_reset"


class _Life:
    __slots__ = ("queued", "started", "first_preempted", "preempted", "resumed", "times", "delay")

    def __init__(self, queued):
        self.queued = queued
        self.started = None
        self.first_preempted = None
        self.preempted = None
        self.resumed = None
        self.times = 0
        self.delay = 0


class Requests:
    def __init__(self, recorder):
        self._recorder = recorder
        self.events = recorder.table(
            "preemption_events.csv",
            "timestamp_sec,request_id,event,reason,running_time_sec,extra_info",
            "%.6f,%s,%s,%s,%s,%s",
        )
        self.lifecycle = recorder.table(
            "request_lifecycle.csv",
            "request_id,started_sec,preempted_sec,resumed_sec,finished_sec,total_time_sec,"
            "preemption_delay_sec,queued_sec,preemptions,finish_reason",
            "%s,%s,%s,%s,%.6f,%s,%s,%s,%d,%s",
        )
        recorder.summary("preemption_summary.json", self._render)
        self.forget()

    def forget(self):
        self._live = OrderedDict()
        self.preempted_requests = set()
        self._ended_preempted = 0
        self.preemptions = 0
        self.resumptions = 0
        self.finished = 0
        self.started_requests = 0
        self.reasons = {}
        self.finish_reasons = {}
        self.delays = Distribution()
        self.totals = Distribution()
        self.forgotten = 0

    def _life(self, request_id):
        life = self._live.get(request_id)
        if life is None:
            if len(self._live) >= _MOST_LIVE:
                self._live.popitem(last=False)
                self.forgotten += 1
            life = self._live[request_id] = _Life(None)
        return life

    def queued(self, request_id, now):
        self._life(request_id).queued = now

    def started(self, request_id, now):
        life = self._life(request_id)
        if life.started is None:
            life.started = now
            self.started_requests += 1

    def preempted(self, request_id, now, reason, computed_tokens):
        life = self._life(request_id)
        since = life.resumed if life.resumed is not None else life.started
        life.preempted = now
        if life.first_preempted is None:
            life.first_preempted = now
            self.preempted_requests.add(request_id)
        life.times += 1
        self.preemptions += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        self.events.add(
            (
                self._recorder.seconds(now),
                quote(request_id),
                "preempted",
                reason,
                "" if since is None else "%.6f" % ((now - since) * 1e-9),
                "" if computed_tokens is None else "computed_tokens=%d" % computed_tokens,
            )
        )

    def resumed(self, request_id, now):
        life = self._life(request_id)
        life.resumed = now
        self.resumptions += 1
        waited = None
        if life.preempted is not None:
            waited = now - life.preempted
            life.delay += waited
            self.delays.add(waited * 1e-9)
        self.events.add(
            (
                self._recorder.seconds(now),
                quote(request_id),
                "resumed",
                "",
                "",
                "" if waited is None else "waited_sec=%.6f" % (waited * 1e-9),
            )
        )

    def ended(self, request_id, now, reason):
        life = self._live.pop(request_id, None)
        self.finished += 1
        self.finish_reasons[reason] = self.finish_reasons.get(reason, 0) + 1
        if life is None:
            life = _Life(None)
        self.preempted_requests.discard(request_id)
        if life.times:
            self._ended_preempted += 1
        begun = life.started if life.started is not None else life.queued
        total = None if begun is None else (now - begun) * 1e-9
        if total is not None:
            self.totals.add(total)
        self.lifecycle.add(
            (
                quote(request_id),
                self._at(life.started),
                self._at(life.first_preempted),
                self._at(life.resumed),
                self._recorder.seconds(now),
                blank(total, "%.6f"),
                blank(life.delay * 1e-9 if life.times else None, "%.6f"),
                self._at(life.queued),
                life.times,
                quote(reason),
            )
        )

    def _at(self, monotonic_ns):
        return "" if monotonic_ns is None else "%.6f" % self._recorder.seconds(monotonic_ns)

    def _render(self):
        if not self.started_requests and not self.finished and not self._live:
            return None
        touched = self._ended_preempted + len(self.preempted_requests)
        return {
            "requests_started": self.started_requests,
            "requests_finished": self.finished,
            "requests_live": len(self._live),
            "requests_preempted": touched,
            "preemptions": self.preemptions,
            "resumptions": self.resumptions,
            "preemption_rate": round(touched / self.started_requests, 6)
            if self.started_requests
            else None,
            "reasons": dict(self.reasons),
            "finish_reasons": dict(self.finish_reasons),
            "preemption_delay": self.delays.as_json("sec"),
            "total_time": self.totals.as_json("sec"),
            "requests_forgotten": self.forgotten,
        }
