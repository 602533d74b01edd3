from dataclasses import dataclass, field
from typing import Any, Optional

from vllm._family import since


@dataclass
class NewRequestData:
    req_id: str
    prompt_token_ids: Optional[list]
    num_computed_tokens: int


if since(0, 12):

    @dataclass
    class CachedRequestData:
        req_ids: list
        resumed_req_ids: set
        new_block_ids: list
        num_computed_tokens: list
        num_output_tokens: list

        def is_context_phase(self, req_id):
            return self.num_output_tokens[self.req_ids.index(req_id)] == 0

    @dataclass
    class SchedulerOutput:
        scheduled_new_reqs: list
        scheduled_cached_reqs: CachedRequestData
        num_scheduled_tokens: dict
        total_num_scheduled_tokens: int
        scheduled_encoder_inputs: dict
        finished_req_ids: set
        preempted_req_ids: Optional[set] = None
        extra: Any = field(default=None)

else:

    @dataclass
    class CachedRequestData:
        req_ids: list
        resumed_from_preemption: list
        new_token_ids: list
        new_block_ids: list
        num_computed_tokens: list

    @dataclass
    class SchedulerOutput:
        scheduled_new_reqs: list
        scheduled_cached_reqs: CachedRequestData
        num_scheduled_tokens: dict
        total_num_scheduled_tokens: int
        scheduled_encoder_inputs: dict
        finished_req_ids: set
