import time
from collections import deque
from types import SimpleNamespace

from vllm._family import since, truth
from vllm.v1.core.kv_cache_manager import KVCacheManager
from vllm.v1.core.sched.output import CachedRequestData, NewRequestData, SchedulerOutput
from vllm.v1.request import RequestStatus


class Scheduler:
    def __init__(self, vllm_config, **kwargs):
        self.vllm_config = vllm_config
        self.max_num_running_reqs = vllm_config.scheduler_config.max_num_seqs
        self.max_num_scheduled_tokens = vllm_config.scheduler_config.max_num_batched_tokens
        self.kv_cache_manager = KVCacheManager(vllm_config.cache_config)
        self.requests = {}
        self.waiting = deque()
        self.running = []
        if since(0, 20):
            self.skipped_waiting = deque()
        self.finished_req_ids = set()

    def add_request(self, request):
        self.waiting.append(request)
        self.requests[request.request_id] = request
        truth.add("requests")

    if since(0, 27):

        def schedule(self, throttle_prefills=False):
            return self._schedule()

        def _preempt_request(self, request, timestamp, drop_stale_output=False):
            self._take_back(request)

        def _free_request(self, request, delay_free_blocks=False):
            self._let_go(request)

    else:

        def schedule(self):
            return self._schedule()

        if since(0, 12):

            def _preempt_request(self, request, timestamp):
                self._take_back(request)

        def _free_request(self, request):
            self._let_go(request)

    def _schedule(self):
        budget = self.max_num_scheduled_tokens
        scheduled = {}
        new, resumed, old = [], [], []
        preempted = set()
        encoder = {}
        index = 0
        while index < len(self.running) and budget > 0:
            request = self.running[index]
            tokens = min(request.num_tokens - request.num_computed_tokens, budget)
            while True:
                blocks = self.kv_cache_manager.allocate_slots(request, tokens)
                if blocks is not None:
                    break
                victim = self.running.pop()
                if since(0, 12):
                    self._preempt_request(victim, time.monotonic())
                else:
                    self._take_back(victim)
                preempted.add(victim.request_id)
                if victim.request_id in scheduled:
                    budget += scheduled.pop(victim.request_id)
                    old.remove(victim)
                if victim is request:
                    break
            if blocks is None:
                break
            scheduled[request.request_id] = tokens
            old.append(request)
            budget -= tokens
            index += 1
        while (
            not preempted
            and self.waiting
            and budget > 0
            and len(self.running) < self.max_num_running_reqs
        ):
            request = self.waiting[0]
            computed = self.kv_cache_manager.get_computed_blocks(request)
            known = len(computed) * self.kv_cache_manager.block_size
            tokens = min(request.num_tokens - known, budget)
            blocks = self.kv_cache_manager.allocate_slots(request, tokens, computed)
            if blocks is None:
                break
            self.waiting.popleft()
            request.num_computed_tokens = known
            (resumed if request.status == RequestStatus.PREEMPTED else new).append(request)
            request.status = RequestStatus.RUNNING
            self.running.append(request)
            scheduled[request.request_id] = tokens
            if request.images:
                encoder[request.request_id] = list(range(request.images))
            budget -= tokens
        total = sum(scheduled.values())
        output = self._make_output(new, resumed, old, scheduled, total, encoder, preempted)
        self._note(output, new, resumed, old, total)
        for request_id, tokens in scheduled.items():
            self.requests[request_id].num_computed_tokens += tokens
        self.finished_req_ids = set()
        return output

    def _make_output(self, new, resumed, old, scheduled, total, encoder, preempted):
        cached = old + resumed
        names = [request.request_id for request in cached]
        computed = [request.num_computed_tokens for request in cached]
        common = dict(
            scheduled_new_reqs=[
                NewRequestData(each.request_id, each.prompt_token_ids, each.num_computed_tokens)
                for each in new
            ],
            num_scheduled_tokens=scheduled,
            total_num_scheduled_tokens=total,
            scheduled_encoder_inputs=encoder,
            finished_req_ids=self.finished_req_ids,
        )
        if since(0, 12):
            return SchedulerOutput(
                scheduled_cached_reqs=CachedRequestData(
                    names,
                    {request.request_id for request in resumed},
                    [None] * len(names),
                    computed,
                    [len(request.output_token_ids) for request in cached],
                ),
                preempted_req_ids=preempted,
                **common,
            )
        return SchedulerOutput(
            scheduled_cached_reqs=CachedRequestData(
                names,
                [False] * len(old) + [True] * len(resumed),
                [],
                [None] * len(names),
                computed,
            ),
            **common,
        )

    def _note(self, output, new, resumed, old, total):
        truth.add("schedule_calls")
        if total == 0:
            truth.add("empty_steps")
            return
        context = [request for request in new + old if not request.output_token_ids]
        phase = (
            "decode" if not context else "prefill" if len(context) == len(new + resumed + old) else "mixed"
        )
        truth.add("steps")
        truth.add("steps_" + phase)
        truth.add("tokens", total)
        truth.add("resumed", len(resumed))
        pool = self.kv_cache_manager.block_pool
        used = pool.num_gpu_blocks - 1 - pool.get_num_free_blocks()
        truth.note(
            "batches", [phase, len(output.num_scheduled_tokens), total, len(self.running), len(self.waiting), used]
        )

    def _take_back(self, request):
        self.kv_cache_manager.free(request)
        request.status = RequestStatus.PREEMPTED
        request.num_computed_tokens = 0
        request.num_preemptions += 1
        self.waiting.appendleft(request)
        truth.note("preempted", request.request_id)

    def update_from_output(self, scheduler_output, model_runner_output):
        outputs = []
        for request_id in scheduler_output.num_scheduled_tokens:
            request = self.requests.get(request_id)
            if request is None or request.status != RequestStatus.RUNNING:
                continue
            self.kv_cache_manager.cache_blocks(request)
            if request.num_computed_tokens < request.num_tokens:
                continue
            request.output_token_ids.append(1000 + len(request.output_token_ids))
            routed = None
            if len(request.output_token_ids) >= request.max_tokens:
                routed = self._routed(request)
                self.running.remove(request)
                request.status = RequestStatus.FINISHED_LENGTH_CAPPED
                self._free_request(request)
            outputs.append(SimpleNamespace(request_id=request_id, routed_experts=routed))
        return {0: SimpleNamespace(outputs=outputs)}

    def _routed(self, request):
        model = self.vllm_config.model_config
        if not model.enable_return_routed_experts:
            return None
        import numpy

        tokens = request.num_tokens - 1
        routed = numpy.empty((tokens, model.layers, model.top_k), dtype=numpy.int32)
        for token in range(tokens):
            for layer in range(model.layers):
                for choice in range(model.top_k):
                    routed[token, layer, choice] = (token + layer + choice) % model.experts
        truth.note("routed", routed.tolist())
        return routed

    def finish_requests(self, request_ids, finished_status):
        for request_id in [request_ids] if isinstance(request_ids, str) else request_ids:
            request = self.requests[request_id]
            (self.running if request in self.running else self.waiting).remove(request)
            request.status = finished_status
            self._free_request(request)

    def _let_go(self, request):
        assert request.is_finished()
        self.kv_cache_manager.free(request)
        self.finished_req_ids.add(request.request_id)
        del self.requests[request.request_id]
        truth.note("finished", [request.request_id, request.status.name, request.num_preemptions])

    def reset_prefix_cache(self, reset_running_requests=False):
        if reset_running_requests and since(0, 12):
            while self.running:
                self._preempt_request(self.running.pop(), time.monotonic())
        return self.kv_cache_manager.block_pool.reset_prefix_cache()

    def has_requests(self):
        return bool(self.waiting or self.running)
