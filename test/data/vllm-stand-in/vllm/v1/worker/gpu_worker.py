from vllm import plugins
from vllm._family import RUNNER, since


class Worker:
    def __init__(self, vllm_config, local_rank, rank, distributed_init_method=None, is_driver_worker=False):
        self.vllm_config = vllm_config
        self.local_rank = local_rank
        self.rank = rank
        self.device = "cpu"

    def init_device(self):
        plugins.load_general_plugins()
        if RUNNER == "V2":
            from vllm.v1.worker.gpu.model_runner import GPUModelRunner
        else:
            from vllm.v1.worker.gpu_model_runner import GPUModelRunner
        import torch

        torch.cuda.init()
        self.model_runner = GPUModelRunner(self.vllm_config, self.device)

    def load_model(self):
        self.model_runner.load_model()

    def compile_or_warm_up_model(self):
        self.model_runner.capture_model()

    def execute_model(self, scheduler_output):
        import torch

        with torch.cuda.nvtx.range(step_name(scheduler_output)):
            return self.model_runner.execute_model(scheduler_output, None)

    if since(0, 11, 1):

        def sample_tokens(self, grammar_output):
            return self.model_runner.sample_tokens(grammar_output)


def step_name(output):
    """As vLLM calls a step for a profiler, since 0.14."""
    scheduled, cached = output.num_scheduled_tokens, output.scheduled_cached_reqs
    context = [each.req_id for each in output.scheduled_new_reqs]
    if since(0, 12):
        context += [each for each in cached.req_ids if cached.is_context_phase(each)]
    tokens = sum(scheduled.get(each, 0) for each in context)
    return "execute_context_%d(%d)_generation_%d(%d)" % (
        len(context),
        tokens,
        len(scheduled) - len(context),
        sum(scheduled.values()) - tokens,
    )
