from vllm._family import absent, since
from vllm.model_executor.layers.fused_moe.router.fused_moe_router import FusedMoERouter

absent(unless=since(0, 15))


class BaseRouter(FusedMoERouter):
    def __init__(self, top_k, global_num_experts):
        self.top_k = top_k
        self.global_num_experts = global_num_experts
        self.capture_fn = None

    def _compute_routing(self, hidden_states, router_logits):
        from vllm.model_executor.layers.fused_moe.layer import route

        return route(hidden_states, router_logits, self.global_num_experts, self.top_k)

    if since(0, 24):

        def _select_experts(
            self, hidden_states, router_logits, topk_indices_dtype=None, *, input_ids=None
        ):
            return self._compute_routing(hidden_states, router_logits)

    else:

        def select_experts(self, hidden_states, router_logits):
            return self._compute_routing(hidden_states, router_logits)
