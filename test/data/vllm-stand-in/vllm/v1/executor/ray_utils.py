from vllm._family import since
from vllm.v1.executor.executors import prepare


class RayWorkerWrapper:
    """Its compiled graph calls the runner itself, past the worker's own methods."""

    def __init__(self, vllm_config):
        from vllm.v1.worker.gpu_worker import Worker

        self.worker = Worker(vllm_config, 0, 0)
        prepare(self.worker)

    def execute_model_ray(self, execute_model_input):
        if isinstance(execute_model_input, tuple):
            scheduler_output = execute_model_input[0]
        else:
            scheduler_output = execute_model_input
        output = self.worker.model_runner.execute_model(scheduler_output, None)
        if since(0, 11, 1) and scheduler_output.total_num_scheduled_tokens:
            output = self.worker.model_runner.sample_tokens(None)
        return output


class RayDistributedExecutor:
    def __init__(self, vllm_config):
        self.wrapper = RayWorkerWrapper(vllm_config)

    def execute_model(self, output):
        # Before 0.11.1 alone, since then with the grammar's output.
        return self.wrapper.execute_model_ray((output, None) if since(0, 11, 1) else output)

    def shutdown(self):
        pass
