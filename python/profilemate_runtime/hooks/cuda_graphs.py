"""Captures and dispatch of CUDA graphs, V1 and V2 runner.

Replays are counted where a step's graph is chosen, once a step: with piecewise graphs a
step replays one graph a layer, and a hook on each would cost more than it tells. The
hook that sees captures is in place only while the runner captures.

    V1       CudagraphDispatcher.dispatch; its last answer within a step holds
    V2       GPUModelRunner.prepare_inputs, which is given the batch's descriptor after
             data-parallel ranks have agreed and encoder inputs have forced a step to
             run without a graph, as CudaGraphManager.dispatch is not
    to 0.17  the V2 manager knows graphs by their number of tokens alone
"""

from __future__ import annotations

import enum
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
        # A drafting model has managers of its own, which capture within the runner's.
        self._manager = None

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
        if self._layer.graphs is not None and module.__name__ == self.RUNNERS[1]:
            guard.wrap(
                module.GPUModelRunner,
                "prepare_inputs",
                "GPUModelRunner.prepare_inputs",
                before=self._prepares,
            )

    def install_wrapper(self, module):
        self._wrapper = getattr(module, "CUDAGraphWrapper", None)
        self._get_context = getattr(module, "get_forward_context", None)

    def _capture_begins(self, args):
        if self._layer.graphs is not None and not self._layer.recorder.ready():
            return
        self._capturing += 1
        self._manager = getattr(args[0], "cudagraph_manager", None)
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

    # -- V2: the runner and its graph manager

    def _prepares(self, args):
        current = self._layer.worker.current
        if current is None:
            return
        # After the scheduler's output, in later versions with the batch's state between.
        for argument in reversed(args):
            mode = getattr(argument, "cg_mode", None)
            if mode is not None:
                current.mode, current.descriptor = mode.name, argument
                return

    def install_manager(self, module):
        manager = module.CudaGraphManager
        limit = self._layer.recorder.limit
        if hasattr(manager, "get_cudagraph_runtime_mode"):
            guard.wrap(
                manager,
                "get_cudagraph_runtime_mode",
                "CudaGraphManager.get_cudagraph_runtime_mode",
                after=self._dispatched,
            )
            limit(
                "cuda_graphs",
                "This version's graph manager knows graphs by their size alone; with data "
                "parallelism a step is counted as this rank chose, before the ranks agreed.",
            )
        elif not hasattr(manager, "dispatch"):
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
        else:
            guard.replace(manager, "capture", "CudaGraphManager.capture", self._make_capture)
        limit("cuda_graphs", "On the V2 runner a full graph's capture time includes its warm-up.")

    def _ran_by_size(self, args):
        current = self._layer.worker.current
        if current is not None and current.dispatcher is args[0]:
            current.mode, current.descriptor = "FULL", args[1]

    def _captured_by_size(self, start, result, args, kwargs):
        mode = kwargs.get("capture_cg_mode", args[2] if len(args) > 2 else None)
        mode = mode.name if isinstance(mode, enum.Enum) else "FULL"
        # Piecewise graphs are seen where they are captured, piece by piece.
        if self._capturing and start is not None and mode == "FULL" and args[0] is self._manager:
            self._layer.graphs.captured(mode, args[1], (time.monotonic_ns() - start) * 1e-9)

    def _make_capture(self, original, state):
        """A graph's capture lasts from the first call for its shape to the first for another.

        What is called is `create_forward_fn` or, at first, `capture_fn`: both take the
        descriptor first, the latter with another mode while it warms up.
        """
        if _first_parameter(original) not in ("create_forward_fn", "capture_fn"):
            self._layer.recorder.limit(
                "cuda_graphs", "This version does not let full graphs' captures be seen."
            )
            return None

        def capture(manager, *args, **kwargs):
            ours = self._capturing and manager is self._manager
            if not ours or not args or not state.active:
                return original(manager, *args, **kwargs)
            function, *args = args
            seen = set(manager.graphs)
            begun = [None, None, 0]

            def ended():
                shape, descriptor, start = begun
                if shape is None:
                    return
                begun[0] = None
                seconds = (time.monotonic_ns() - start) * 1e-9
                made = [each for each in manager.graphs if each not in seen]
                seen.update(made)
                if descriptor.cg_mode.name == "PIECEWISE" and getattr(
                    manager, "use_breakable_cg", False
                ):
                    made.append(descriptor)
                for each in made:
                    self._layer.graphs.captured(each.cg_mode.name, each, seconds)

            def called(descriptor, *more, **named):
                try:
                    shape = _shape(descriptor)
                    if shape != begun[0]:
                        ended()
                        begun[:] = shape, descriptor, time.monotonic_ns()
                except Exception as error:
                    state.failed(error)
                return function(descriptor, *more, **named)

            result = original(manager, called, *args, **kwargs)
            try:
                ended()
            except Exception as error:
                state.failed(error)
            return result

        return capture


def _shape(descriptor):
    return tuple(
        getattr(descriptor, name, None)
        for name in ("num_tokens", "num_reqs", "uniform_token_count", "max_query_len", "num_active_loras")
    )


def _first_parameter(method):
    names = list(inspect.signature(method).parameters)
    return names[1] if len(names) > 1 else None


def _start(args):
    return time.monotonic_ns()
