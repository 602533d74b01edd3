"""In the engine's own process where there is one worker, else a process for each."""

import multiprocessing
import os
import signal

from vllm._family import since, truth


def prepare(worker):
    worker.init_device()
    worker.load_model()
    worker.compile_or_warm_up_model()


def run(worker, output):
    result = worker.execute_model(output)
    if since(0, 11, 1) and output.total_num_scheduled_tokens:
        result = worker.sample_tokens(None)
    return result


class UniProcExecutor:
    def __init__(self, vllm_config):
        from vllm.v1.worker.gpu_worker import Worker

        self.worker = Worker(vllm_config, 0, 0)
        prepare(self.worker)

    def execute_model(self, output):
        return run(self.worker, output)

    def shutdown(self):
        pass


def worker_main(vllm_config, rank, pipe, by_signal):
    from vllm.v1.worker.gpu_worker import Worker

    if by_signal == "handler":

        def handler(number, frame):
            raise SystemExit()

        signal.signal(signal.SIGTERM, handler)
    worker = Worker(vllm_config, rank, rank)
    prepare(worker)
    pipe.send("ready")
    try:
        while True:
            output = pipe.recv()
            if output is None:
                break
            run(worker, output)
            # What SIGTERM or SIGKILL leaves behind is held against the last one written.
            truth.write()
            pipe.send("done")
    except EOFError:
        pass
    finally:
        truth.write()


class MultiprocExecutor:
    start = "fork"

    def __init__(self, vllm_config):
        context = multiprocessing.get_context(self.start)
        self.workers = []
        by_signal = os.environ.get("STANDIN_SIGNAL", "none")
        for rank in range(vllm_config.parallel_config.tensor_parallel_size):
            mine, theirs = context.Pipe()
            process = context.Process(
                target=worker_main, args=(vllm_config, rank, theirs, by_signal)
            )
            process.start()
            self.workers.append((process, mine))
        for _, pipe in self.workers:
            assert pipe.recv() == "ready"

    def execute_model(self, output):
        for _, pipe in self.workers:
            pipe.send(output)
        for _, pipe in self.workers:
            pipe.recv()
        return "sampled"

    def shutdown(self):
        terminate = os.environ.get("STANDIN_SIGNAL", "none") != "none"
        for process, pipe in self.workers:
            if terminate:
                process.terminate()
            else:
                pipe.send(None)
        for process, _ in self.workers:
            process.join(20)
