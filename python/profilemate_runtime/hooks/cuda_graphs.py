"""Captures and dispatch of CUDA graphs, V1 and V2 runner.

Replays are counted where a step's graph is chosen, once a step: with piecewise graphs a
step replays one graph a layer, and a hook on each would cost more than it tells. The
hook that sees captures is in place only while the runner captures.
"""

from __future__ import annotations

import inspect
import time

from .. import guard


class CudaGraphHooks:
    WRAPPER = "vllm.compilation.cuda_graph"
    DISPATCHER = "vllm.v1.cudagraph_dispatcher"
    MANAGER = "vllm.v1.worker.gpu.cudagraph_utils"
    RUNNERS = ("vllm.v1.worker.gpu_model_runner", "vllm.v1.worker.gpu.model_runner")

    def __init__(self, layer):
        self._layer = layer
        self._wrapper = None
        self._wrapper_call = None
        self._get_context = None
        self._capturing = 0

    def forget(self):
        pass

    # -- while capturing

    def install_runner(self, module):
        guard.wrap(
            module.GPUModelRunner,
            "capture_model",
            "GPUModelRunner.capture_model",
            before=self._capture_begins,
            always=self._capture_ends,
        )

    def install_wrapper(self, module):
        self._wrapper = getattr(module, "CUDAGraphWrapper", None)
        self._get_context = getattr(module, "get_forward_context", None)

    def _capture_begins(self, args):
        if self._layer.graphs is not None and not self._layer.recorder.ready():
            return
        self._capturing += 1
        wrapper = self._wrapper
        if self._layer.graphs is None or wrapper is None or self._capturing > 1:
            return
        original = wrapper.__dict__["__call__"]
        self._wrapper_call = original
        state = guard.hook("CUDAGraphWrapper.__call__")
        state.state = "installed"

        def call(this, *args, **kwargs):
            descriptor, known = self._entry_before(this, state)
            start = time.monotonic_ns()
            result = original(this, *args, **kwargs)
            if descriptor is not None and not known:
                self._entry_after(this, descriptor, start, state)
            return result

        wrapper.__call__ = call

    def _capture_ends(self, token):
        if self._capturing:
            self._capturing -= 1
        if self._capturing == 0:
            if self._wrapper_call is not None:
                self._wrapper.__call__ = self._wrapper_call
                self._wrapper_call = None
            if self._layer.moe is not None:
                # The counters have counted the captures' made-up batches.
                self._layer.moe.clear()

    def _entry_before(self, wrapper, state):
        try:
            descriptor = self._get_context().batch_descriptor
            if descriptor is None:
                return None, True
            entry = wrapper.concrete_cudagraph_entries.get(descriptor)
            return descriptor, entry is not None and entry.cudagraph is not None
        except Exception as error:
            state.failed(error)
            return None, True

    def _entry_after(self, wrapper, descriptor, start, state):
        try:
            entry = wrapper.concrete_cudagraph_entries.get(descriptor)
            if entry is not None and entry.cudagraph is not None:
                seconds = (time.monotonic_ns() - start) * 1e-9
                self._layer.graphs.captured(wrapper.runtime_mode.name, descriptor, seconds)
        except Exception as error:
            state.failed(error)

    # -- V1: the dispatcher

    def install_dispatcher(self, module):
        guard.wrap(
            module.CudagraphDispatcher,
            "dispatch",
            "CudagraphDispatcher.dispatch",
            after=self._dispatched,
        )

    def _dispatched(self, token, result, args, kwargs):
        current = self._layer.worker.current
        # A drafter has a dispatcher of its own; the last answer of the runner's holds.
        if current is not None and (
            current.dispatcher is None or current.dispatcher is args[0]
        ):
            mode, current.descriptor = result[0], result[1]
            current.mode = mode.name

    # -- V2: the graph manager

    def install_manager(self, module):
        manager = module.CudaGraphManager
        limit = self._layer.recorder.limit
        if hasattr(manager, "dispatch"):
            guard.wrap(manager, "dispatch", "CudaGraphManager.dispatch", after=self._chosen)
        elif hasattr(manager, "get_cudagraph_runtime_mode"):
            guard.wrap(
                manager,
                "get_cudagraph_runtime_mode",
                "CudaGraphManager.get_cudagraph_runtime_mode",
                after=self._dispatched,
            )
            limit("cuda_graphs", "This version's graph manager knows graphs by their size alone.")
        else:
            guard.wrap(manager, "run", "CudaGraphManager.run", before=self._ran_by_size)
            limit(
                "cuda_graphs",
                "This version's graph manager knows graphs by their size alone, and piecewise "
                "graphs are not seen.",
            )
        if hasattr(manager, "capture_graph"):
            guard.wrap(
                manager,
                "capture_graph",
                "CudaGraphManager.capture_graph",
                before=_start,
                after=self._captured_by_size,
            )
        elif _first_parameter(manager.capture) == "create_forward_fn":
            guard.replace(manager, "capture", "CudaGraphManager.capture", self._make_capture)
        else:
            guard.replace(manager, "capture", "CudaGraphManager.capture", self._make_untimed)
            limit("cuda_graphs", "This version does not let a single capture be timed.")
        limit("cuda_graphs", "On the V2 runner a full graph's capture time includes its warm-up.")

    def _chosen(self, token, descriptor, args, kwargs):
        current = self._layer.worker.current
        if current is not None and (
            current.dispatcher is None or current.dispatcher is args[0]
        ):
            current.mode = descriptor.cg_mode.name
            current.descriptor = descriptor

    def _ran_by_size(self, args):
        current = self._layer.worker.current
        if current is not None:
            current.mode, current.descriptor = "FULL", args[1]

    def _captured_by_size(self, start, result, args, kwargs):
        mode = args[2] if len(args) > 2 else kwargs.get("capture_cg_mode")
        mode = getattr(mode, "name", "FULL")
        # Piecewise graphs are seen where they are captured, piece by piece.
        if self._capturing and start is not None and mode == "FULL":
            self._layer.graphs.captured(mode, args[1], (time.monotonic_ns() - start) * 1e-9)

    def _make_capture(self, original, state):
        """A descriptor's capture lasts from the first call for it to the first for another."""

        def capture(manager, create_forward_fn, *args, **kwargs):
            if not self._capturing or not state.active:
                return original(manager, create_forward_fn, *args, **kwargs)
            open_one = [None, 0]

            def close():
                descriptor, start = open_one
                open_one[0] = None
                if descriptor is None:
                    return
                mode = descriptor.cg_mode.name
                if mode == "FULL" or getattr(manager, "use_breakable_cg", False):
                    seconds = (time.monotonic_ns() - start) * 1e-9
                    self._layer.graphs.captured(mode, descriptor, seconds)

            def create(descriptor, *more, **named):
                try:
                    if descriptor is not open_one[0]:
                        close()
                        open_one[0], open_one[1] = descriptor, time.monotonic_ns()
                except Exception as error:
                    state.failed(error)
                return create_forward_fn(descriptor, *more, **named)

            result = original(manager, create, *args, **kwargs)
            try:
                close()
            except Exception as error:
                state.failed(error)
            return result

        return capture

    def _make_untimed(self, original, state):
        def capture(manager, *args, **kwargs):
            before = set(getattr(manager, "graphs", ()))
            result = original(manager, *args, **kwargs)
            try:
                if self._capturing:
                    for descriptor in getattr(manager, "graphs", ()):
                        if descriptor not in before:
                            mode = getattr(getattr(descriptor, "cg_mode", None), "name", "FULL")
                            self._layer.graphs.captured(mode, descriptor, None)
            except Exception as error:
                state.failed(error)
            return result

        return capture


def _first_parameter(method):
    names = list(inspect.signature(method).parameters)
    return names[1] if len(names) > 1 else None


def _start(args):
    return time.monotonic_ns()
