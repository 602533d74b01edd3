from vllm import plugins
from vllm._family import since, truth


class EngineCore:
    def __init__(self, vllm_config, executor_class):
        plugins.load_general_plugins()
        self.model_executor = executor_class(vllm_config)
        if since(0, 14):
            from vllm.v1.core.sched.async_scheduler import AsyncScheduler as Scheduler
        else:
            from vllm.v1.core.sched.scheduler import Scheduler
        self.scheduler = Scheduler(vllm_config)

    def add_request(self, request):
        self.scheduler.add_request(request)

    def step(self):
        output = self.scheduler.schedule()
        result = self.model_executor.execute_model(output)
        self.scheduler.update_from_output(output, result)
        return output

    def shutdown(self):
        self.model_executor.shutdown()
        truth.write()
