"""Everything that is on in this process: the recorder, the trackers, the hooks."""

from __future__ import annotations

from .gpu_timer import GpuTimer
from .hooks.components import ComponentHooks
from .hooks.cuda_graphs import CudaGraphHooks
from .hooks.kv_cache import KvCacheHooks
from .hooks.moe import MoeHooks
from .hooks.scheduler import SchedulerHooks
from .hooks.worker import WorkerHooks
from .recorder import Recorder
from .steps import StepReader
from .trackers.batch import BatchUtilization
from .trackers.components import Components
from .trackers.cpu_operations import CpuOperations
from .trackers.cuda_graphs import CudaGraphs
from .trackers.forward_pass import ForwardPass
from .trackers.kv_cache import KvCache
from .trackers.moe import Moe
from .trackers.requests import Requests


class Layer:
    """A tracker that is switched off is None, and its hooks are not installed."""

    def __init__(self, settings):
        self.settings = settings
        self.sample_every = settings.sample_every
        self.recorder = recorder = Recorder(settings)
        self.steps = StepReader()
        self.timer = GpuTimer()

        def tracker(name, make):
            return make() if settings.tracks(name) else None

        self.graphs = tracker("cuda_graphs", lambda: CudaGraphs(recorder))
        self.kv_cache = tracker("kv_cache", lambda: KvCache(recorder, settings.kv_interval_ns))
        self.forward = tracker("forward_pass", lambda: ForwardPass(recorder))
        self.cpu = tracker("cpu", lambda: CpuOperations(recorder))
        self.batch = tracker("batch", lambda: BatchUtilization(recorder))
        self.requests = tracker("requests", lambda: Requests(recorder))
        self.components = tracker("encoder_decoder", lambda: Components(recorder))
        self.moe = tracker(
            "moe", lambda: Moe(recorder, settings.moe_coselection, settings.moe_seconds)
        )
        self.needs_gpu_time = bool(self.forward or self.graphs or self.components)

        self.scheduler = SchedulerHooks(self)
        self.worker = WorkerHooks(self)
        self._graph_hooks = CudaGraphHooks(self)
        self._kv_hooks = KvCacheHooks(self)
        self._component_hooks = ComponentHooks(self)
        self._moe_hooks = MoeHooks(self)
        self._say_limits()

        recorder.on_last.append(self.timer.abandon)
        if self.moe is not None:
            recorder.on_last.append(self.moe.read_now)
        recorder.on_fork.append(self._forget)

    def targets(self):
        """Module of vLLM -> what to install once it has been imported."""
        targets = {}

        def add(module, install):
            targets.setdefault(module, []).append(install)

        add(self.scheduler.MODULE, self.scheduler.install)
        add(self._kv_hooks.MODULE, self._kv_hooks.install)
        add(self.worker.MODULE, self.worker.install)
        for module in self.worker.RAY:
            add(module, self.worker.install_ray)
        if self.graphs is not None:
            add(self._graph_hooks.WRAPPER, self._graph_hooks.install_wrapper)
            add(self._graph_hooks.DISPATCHER, self._graph_hooks.install_dispatcher)
            add(self._graph_hooks.MANAGER, self._graph_hooks.install_manager)
        if self.graphs is not None or self.moe is not None:
            for module in self._graph_hooks.RUNNERS:
                add(module, self._graph_hooks.install_runner)
        if self.components is not None:
            add(self._component_hooks.V1, self._component_hooks.install_v1)
            add(self._component_hooks.V2, self._component_hooks.install_v2)
        if self.moe is not None:
            add(self._moe_hooks.WORKER, self._moe_hooks.install_worker)
            add(self._moe_hooks.LAYER, self._moe_hooks.install_layer)
            for module in self._moe_hooks.ROUTERS:
                add(module, self._moe_hooks.install_router)
        return targets

    def _say_limits(self):
        limit = self.recorder.limit
        if self.forward is not None:
            limit(
                "forward_pass",
                "GPU time from the start of execute_model to its end on its stream, read once "
                "the device has passed both: idle time while the host prepares is included.",
            )
        if self.graphs is not None:
            limit(
                "cuda_graphs",
                "Replays are counted once a step, by the graph the step was dispatched to; a "
                "piecewise step replays one graph a piece. A drafting model's steps are not "
                "counted; its pieces are among those of a piecewise capture.",
            )

    def _forget(self):
        self.steps.forget()
        self.timer.forget()
        for each in (
            self.graphs,
            self.kv_cache,
            self.forward,
            self.cpu,
            self.batch,
            self.requests,
            self.components,
            self.moe,
            self.scheduler,
            self.worker,
            self._moe_hooks,
        ):
            if each is not None:
                each.forget()
