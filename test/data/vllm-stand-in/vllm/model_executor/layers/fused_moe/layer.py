"""`hidden_states` is the number of rows, `router_logits` the layer's number."""

import torch

from vllm._family import since


def route(rows, index, experts, top_k):
    """Row r of layer l goes to experts r+l, r+l+1, …; the first with the most weight."""
    ids = [[(row + index + choice) % experts for choice in range(top_k)] for row in range(rows)]
    weights = [[1.0 / (choice + 1.5) for choice in range(top_k)] for _ in range(rows)]
    graph = torch.cuda.capturing_graph()
    made = torch.tensor(weights, dtype=torch.float32), torch.tensor(ids, dtype=torch.int64)
    if graph is not None:
        graph.rows = rows
    return made


if since(0, 24):

    class MoERunner:
        def __init__(self, model, name, index):
            from vllm.model_executor.layers.fused_moe.router.base_router import BaseRouter

            # The layer itself knows neither how many experts there are nor how many it picks.
            self.layer_name = name
            self.layer_id = index
            self.router = BaseRouter(model.top_k, model.experts)

        def forward(self, rows):
            self.router.select_experts(
                hidden_states=rows, router_logits=self.layer_id, topk_indices_dtype=None
            )

    def FusedMoEFactory(model, name, index):
        return MoERunner(model, name, index)

    make_moe_layer = FusedMoEFactory

else:

    class FusedMoE:
        def __init__(self, model, name, index):
            self.layer_name = name
            self.index = index
            self.global_num_experts = model.experts
            self.top_k = model.top_k
            if since(0, 15):
                from vllm.model_executor.layers.fused_moe.router.base_router import BaseRouter

                self.router = BaseRouter(model.top_k, model.experts)

        def forward(self, rows):
            return self.forward_impl(rows, self.index)

        def forward_impl(self, hidden_states, router_logits):
            if since(0, 15):
                self.router.select_experts(hidden_states, router_logits)
            elif since(0, 14):
                self._select_experts(hidden_states, router_logits)
            else:
                FusedMoE.select_experts(
                    hidden_states, router_logits, self.top_k, global_num_experts=self.global_num_experts
                )

        if since(0, 14) and not since(0, 15):

            def _select_experts(self, hidden_states, router_logits):
                return route(hidden_states, router_logits, self.global_num_experts, self.top_k)

        if not since(0, 14):

            @staticmethod
            def select_experts(hidden_states, router_logits, top_k, global_num_experts=None):
                return route(hidden_states, router_logits, global_num_experts, top_k)

    def make_moe_layer(model, name, index):
        return FusedMoE(model, name, index)
