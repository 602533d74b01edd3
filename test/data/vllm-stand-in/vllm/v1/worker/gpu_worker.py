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
        return self.model_runner.execute_model(scheduler_output, None)

    if since(0, 11, 1):

        def sample_tokens(self, grammar_output):
            return self.model_runner.sample_tokens(grammar_output)
