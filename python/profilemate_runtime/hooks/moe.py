"""Where experts are chosen.

    to 0.13    FusedMoE.select_experts (static), inside FusedMoE.forward_impl
    0.14       FusedMoE._select_experts
    0.15+      BaseRouter.select_experts; the layer is found by its router
    0.24+      FusedMoERouter.select_experts

Kernels that route by themselves (TRT-LLM and FlashInfer ones) pass none of these.
"""

from __future__ import annotations

import re
import sys

from .. import guard

_LAYER_NUMBER = re.compile(r"\.(\d+)\.")


class MoeHooks:
    LAYER = "vllm.model_executor.layers.fused_moe.layer"
    ROUTERS = (
        "vllm.model_executor.layers.fused_moe.router.base_router",
        "vllm.model_executor.layers.fused_moe.router.fused_moe_router",
    )
    WORKER = "vllm.v1.worker.gpu_worker"

    def __init__(self, layer):
        self._layer = layer
        self._by_router = {}
        self._current = None

    def forget(self):
        self._by_router = {}
        self._current = None

    def install_worker(self, module):
        limit = self._layer.recorder.limit
        limit(
            "moe",
            "Counts are kept on the device by additions that a captured graph replays; they "
            "include the rows a graph's batch is padded with. A graph captured before the hooks "
            "were in place, or a kernel that routes by itself, is not counted. With "
            "--enable-return-routed-experts the engine's own exact lists are counted instead.",
        )
        limit(
            "moe",
            "Counting adds twelve small kernels a layer to each step (eight without "
            "co-selection): a step's times are longer than without.",
        )
        limit("moe", "With expert load balancing (EPLB) the ids are those of physical experts.")
        guard.wrap(module.Worker, "load_model", "Worker.load_model", after=self._loaded)

    def install_layer(self, module):
        fused = getattr(module, "FusedMoE", None)
        if not isinstance(fused, type):
            return
        if "_select_experts" in fused.__dict__:
            guard.replace(
                fused, "_select_experts", "FusedMoE._select_experts", self._by_owner
            )
        elif "select_experts" in fused.__dict__:
            guard.wrap(
                fused,
                "forward_impl",
                "FusedMoE.forward_impl",
                before=self._enter_layer,
                always=self._leave_layer,
            )
            guard.replace(
                fused, "select_experts", "FusedMoE.select_experts", self._by_current_layer
            )

    def install_router(self, module):
        for name in ("BaseRouter", "FusedMoERouter"):
            router = getattr(module, name, None)
            if router is None or router.__module__ != module.__name__:
                continue
            method = router.__dict__.get("select_experts")
            if method is not None and not getattr(method, "__isabstractmethod__", False):
                guard.replace(router, "select_experts", name + ".select_experts", self._by_owner)

    # -- layers and their counters

    def _loaded(self, token, result, args, kwargs):
        if not self._layer.recorder.ready():
            return
        worker = args[0]
        config = worker.vllm_config.compilation_config.static_forward_context
        if getattr(worker.vllm_config.model_config, "enable_return_routed_experts", False):
            return
        place = unseen = 0
        for name, module in config.items():
            experts = _first(module, "global_num_experts", "num_experts", "logical_num_experts")
            router = getattr(module, "router", None)
            if experts is None and router is not None:
                experts = _first(router, "global_num_experts")
            if experts is None:
                continue
            found = _LAYER_NUMBER.search(str(name))
            index = int(found.group(1)) if found else place
            place += 1
            if _routes_itself(module):
                unseen += 1
                continue
            top_k = _first(module, "top_k") or _first(router, "top_k") or 1
            counters = self._layer.moe.prepare(index, experts, top_k, worker.device)
            if counters is not None:
                self._by_router[id(module)] = counters
                if router is not None:
                    self._by_router[id(router)] = counters
        if unseen:
            self._layer.recorder.limit(
                "moe",
                "%d of %d layers route inside their own kernel and are not counted."
                % (unseen, place),
            )

    def _enter_layer(self, args):
        self._current = args[0]

    def _leave_layer(self, token):
        self._current = None

    def _by_owner(self, original, state):
        is_compiling = _is_compiling()

        def select_experts(this, *args, **kwargs):
            # A tracer takes this for a constant, and sees the original and nothing else.
            if is_compiling():
                return original(this, *args, **kwargs)
            result = original(this, *args, **kwargs)
            self._count(this, result, state)
            return result

        return select_experts

    def _by_current_layer(self, original, state):
        is_compiling = _is_compiling()

        def select_experts(*args, **kwargs):
            if is_compiling():
                return original(*args, **kwargs)
            result = original(*args, **kwargs)
            self._count(self._current, result, state)
            return result

        return select_experts

    def _count(self, owner, result, state):
        if not state.active:
            return
        try:
            counters = self._by_router.get(id(owner))
            if counters is not None:
                self._layer.moe.routed(counters, result[0], result[1])
        except Exception as error:
            state.failed(error)


def _routes_itself(module):
    """Whether the layer's kernel takes the router's logits (0.14 and later say so)."""
    method = getattr(module, "quant_method", None) or getattr(module, "_quant_method", None)
    try:
        return bool(getattr(method, "is_monolithic", False))
    except Exception:
        # A property that asks for a kernel which is made later.
        return False


def _is_compiling():
    """vLLM has imported torch by then; a torch without a compiler compiles nothing."""
    compiler = getattr(sys.modules.get("torch"), "compiler", None)
    return getattr(compiler, "is_compiling", None) or (lambda: False)


def _first(owner, *names):
    for name in names:
        value = getattr(owner, name, None)
        if isinstance(value, int) and value > 0:
            return value
    return None
