from abc import ABC, abstractmethod

from vllm._family import absent, since

absent(unless=since(0, 15))

if since(0, 24):

    class FusedMoERouter(ABC):
        def set_capture_fn(self, capture_fn):
            self.capture_fn = capture_fn

        @abstractmethod
        def _select_experts(
            self, hidden_states, router_logits, topk_indices_dtype=None, *, input_ids=None
        ): ...

        def select_experts(
            self, hidden_states, router_logits, topk_indices_dtype=None, *, input_ids=None
        ):
            return self._select_experts(
                hidden_states,
                router_logits,
                topk_indices_dtype=topk_indices_dtype,
                input_ids=input_ids,
            )

else:

    class FusedMoERouter(ABC):
        @abstractmethod
        def select_experts(self, hidden_states, router_logits): ...
