"""Serves a fixed load with the stand-in, in the process layout that is asked for."""

import argparse
import os
import sys
import time


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tp", type=int, default=1)
    parser.add_argument("--start", default="fork", choices=("fork", "spawn", "forkserver"))
    parser.add_argument("--engine", default="here", choices=("here", "fork", "spawn"))
    parser.add_argument("--dp", type=int, default=1, help="ranks that agree on each step's graph")
    parser.add_argument("--ray", action="store_true", help="Ray's executor, in this process")
    parser.add_argument("--requests", type=int, default=12)
    parser.add_argument("--blocks", type=int, default=17)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--step-seconds", type=float, default=0.0)
    parser.add_argument("--images", action="store_true")
    parser.add_argument("--return-experts", action="store_true")
    parser.add_argument("--reset", action="store_true", help="reset the prefix cache at step 6")
    parser.add_argument("--abort", action="store_true", help="abort a request at step 4")
    parser.add_argument("--say", action="store_true", help="print each step when it is done")
    options = parser.parse_args()
    if options.engine == "here":
        run_engine(options)
        return
    import multiprocessing

    context = multiprocessing.get_context(options.engine)
    process = context.Process(target=run_engine, args=(options,))
    process.start()
    process.join()
    sys.exit(process.exitcode)


def run_engine(options):
    from vllm._family import truth
    from vllm.config import make_config
    from vllm.v1.engine.core import EngineCore
    from vllm.v1.executor import executors
    from vllm.v1.request import Request, RequestStatus

    config = make_config(
        tp=options.tp,
        dp=options.dp,
        blocks=options.blocks,
        multimodal=options.images,
        return_experts=options.return_experts,
        step_seconds=options.step_seconds,
    )
    executor = executors.UniProcExecutor
    if options.tp > 1:
        executor = executors.MultiprocExecutor
        executor.start = options.start
    if options.ray:
        from vllm.v1.executor.ray_utils import RayDistributedExecutor as executor
    engine = EngineCore(config, executor)
    for number in range(options.requests):
        # Every third prompt shares its first two blocks with others; lengths differ.
        shared = [7] * 8 if number % 3 == 0 else [100 + number] * 8
        prompt = shared + [number] * (number % 5 + 1)
        engine.add_request(
            Request('req-%d,"x"' % number, prompt, 4 + number % 7, 1 if number % 4 == 0 else 0)
        )
    steps = 0
    while engine.scheduler.has_requests() and steps < options.steps:
        if options.reset and steps == 6:
            engine.scheduler.reset_prefix_cache(reset_running_requests=True)
        if options.abort and steps == 4:
            victim = engine.scheduler.running[0].request_id
            engine.scheduler.finish_requests(victim, RequestStatus.FINISHED_ABORTED)
        engine.step()
        steps += 1
        if options.say:
            print("step", steps, time.monotonic_ns(), os.getpid(), flush=True)
    import torch

    truth.note("forbidden", list(torch.cuda.forbidden))
    engine.shutdown()


if __name__ == "__main__":
    main()
