"""What a SchedulerOutput of any version says of its step."""

from __future__ import annotations


class Step:
    """The batch of one step. A context request is one that has no output token yet."""

    __slots__ = ("requests", "tokens", "context_requests", "context_tokens", "encoder_inputs")

    def __init__(self, requests, tokens, context_requests, context_tokens, encoder_inputs):
        self.requests = requests
        self.tokens = tokens
        self.context_requests = context_requests
        self.context_tokens = context_tokens
        self.encoder_inputs = encoder_inputs

    @property
    def phase(self):
        if self.context_requests == 0:
            return "decode"
        return "prefill" if self.context_requests == self.requests else "mixed"


class StepReader:
    """Reads each SchedulerOutput once, also where scheduler and worker share a process.

    Time is linear in the requests that are new or still in their prompt, not in the
    batch: a decode step of hundreds of requests must cost next to nothing.
    """

    def __init__(self):
        self._recent = []
        # Before 0.11.1 a batch does not say how many tokens its requests have put out:
        # request -> tokens of its prompt that are still to be computed.
        self._in_prompt = {}

    def read(self, output):
        for known, step in self._recent:
            if known is output:
                return step
        step = self._read(output)
        # The scheduler runs a few steps ahead of the worker at most.
        self._recent.append((output, step))
        if len(self._recent) > 4:
            del self._recent[0]
        return step

    def _read(self, output):
        scheduled = output.num_scheduled_tokens
        cached = output.scheduled_cached_reqs
        context_requests = 0
        context_tokens = 0
        for request in output.scheduled_new_reqs:
            context_requests += 1
            context_tokens += scheduled.get(request.req_id, 0)
        put_out = getattr(cached, "num_output_tokens", None)
        if put_out is not None:
            if 0 in put_out:
                for request_id, count in zip(cached.req_ids, put_out):
                    if count == 0:
                        context_requests += 1
                        context_tokens += scheduled.get(request_id, 0)
        else:
            requests, tokens = self._prompts_of_old(output, scheduled)
            context_requests += requests
            context_tokens += tokens
        encoder = getattr(output, "scheduled_encoder_inputs", None)
        return Step(
            len(scheduled),
            output.total_num_scheduled_tokens,
            context_requests,
            context_tokens,
            sum(len(inputs) for inputs in encoder.values()) if encoder else 0,
        )

    def _prompts_of_old(self, output, scheduled):
        in_prompt = self._in_prompt
        for request_id in getattr(output, "finished_req_ids", None) or ():
            in_prompt.pop(request_id, None)
        requests = tokens = 0
        for request_id in [known for known in in_prompt if known in scheduled]:
            count = scheduled[request_id]
            requests += 1
            tokens += count
            left = in_prompt[request_id] - count
            if left > 0:
                in_prompt[request_id] = left
            else:
                del in_prompt[request_id]
        for request in output.scheduled_new_reqs:
            prompt = request.prompt_token_ids
            left = (
                (len(prompt) if prompt is not None else 0)
                - request.num_computed_tokens
                - scheduled.get(request.req_id, 0)
            )
            if left > 0:
                in_prompt[request.req_id] = left
        return requests, tokens

    def forget(self):
        self._recent.clear()
        self._in_prompt.clear()
