"""What the runtime layer's hooks cost: nanoseconds a call, and of a step of 5 ms.

    python3 test/bench/hooks.py [--json]

Each method of the stand-in is called with a body that does nothing, with and without
the hook around it; the difference of the medians is the hook. A step is a decode step
of 256 running requests: 16 blocks allocated, one request finished and one begun every
few steps. What the flusher's thread takes for the rows of a step is measured apart,
since it takes the interpreter's lock from the step.
CUDA events are stood in for: add what two records and a query take on the machine at
hand (some 2 to 5 microseconds).
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from types import SimpleNamespace

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STEP_NS = 5_000_000
REQUESTS = 256
# Whatever a sitecustomize on the path has begun, this measures its own.
os.environ["PROFILEMATE_RUNTIME"] = "1"
FOLDER = tempfile.mkdtemp(prefix="profilemate-bench-")
os.environ["PROFILEMATE_SESSION_DIR"] = os.path.join(FOLDER, "session")
os.environ["PROFILEMATE_FLUSH_SECONDS"] = "3600"
sys.path[:0] = [os.path.join(ROOT, "python"), os.path.join(ROOT, "test/data/vllm-stand-in")]


def batch():
    names = ["request-%d" % index for index in range(REQUESTS)]
    cached = SimpleNamespace(
        req_ids=names,
        resumed_req_ids=set(),
        num_output_tokens=[5] * REQUESTS,
        num_computed_tokens=[100] * REQUESTS,
    )
    return SimpleNamespace(
        scheduled_new_reqs=[],
        scheduled_cached_reqs=cached,
        num_scheduled_tokens=dict.fromkeys(names, 1),
        total_num_scheduled_tokens=REQUESTS,
        scheduled_encoder_inputs={},
        finished_req_ids=set(),
        preempted_req_ids=set(),
    )


def per_call(call, rounds=7, calls=2000):
    times = []
    for _ in range(rounds):
        # The thread's own time: what else the machine does is not the hook's.
        start = time.thread_time_ns()
        for _ in range(calls):
            call()
        times.append((time.thread_time_ns() - start) / calls)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    from profilemate_runtime.activate import activate

    layer = activate()

    import torch
    from vllm.config import CUDAGraphMode, make_config
    from vllm.forward_context import BatchDescriptor
    from vllm.v1.core.block_pool import BlockPool
    from vllm.v1.core.sched.scheduler import Scheduler
    from vllm.v1.cudagraph_dispatcher import CudagraphDispatcher
    from vllm.v1.request import RequestStatus
    from vllm.v1.worker.gpu_worker import Worker

    torch.cuda.init()
    output = [batch()]
    blocks = [SimpleNamespace(block_id=index) for index in range(1, 17)]
    pool = SimpleNamespace(num_gpu_blocks=20_000, get_num_free_blocks=lambda: 5_000)
    scheduler = SimpleNamespace(
        vllm_config=make_config(),
        running=[None] * REQUESTS,
        waiting=[],
        max_num_running_reqs=REQUESTS,
        max_num_scheduled_tokens=8192,
        kv_cache_manager=SimpleNamespace(block_pool=pool),
    )
    dispatcher = SimpleNamespace()
    worker = SimpleNamespace(
        rank=0, local_rank=0, model_runner=SimpleNamespace(cudagraph_dispatcher=dispatcher)
    )
    request = SimpleNamespace(
        request_id="request-1", status=RequestStatus.FINISHED_STOPPED, num_computed_tokens=7
    )
    answer = (CUDAGraphMode.FULL, BatchDescriptor(256, 256, True))

    def fresh():
        # A new object a step, so that each is read once as in vLLM.
        output[0] = SimpleNamespace(**vars(output[0]))
        return output[0]

    cases = [
        # owner, method, calls a step, arguments, what the body returns
        (Scheduler, "schedule", 1, lambda: (scheduler,), fresh),
        (Scheduler, "update_from_output", 1, lambda: (scheduler, output[0], None), lambda: {}),
        (Scheduler, "add_request", 0.2, lambda: (scheduler, request), lambda: None),
        (Scheduler, "_free_request", 0.2, lambda: (scheduler, request), lambda: None),
        (Scheduler, "_preempt_request", 0.01, lambda: (scheduler, request, 0.0), lambda: None),
        (BlockPool, "get_new_blocks", 1, lambda: (pool, 16), lambda: blocks),
        (BlockPool, "_maybe_evict_cached_block", 16, lambda: (pool, blocks[0]), lambda: False),
        (BlockPool, "touch", 0.2, lambda: (pool, blocks), lambda: None),
        (BlockPool, "free_blocks", 0.2, lambda: (pool, blocks), lambda: None),
        (Worker, "execute_model", 1, lambda: (worker, output[0]), lambda: None),
        (Worker, "sample_tokens", 1, lambda: (worker, None), lambda: None),
        (CudagraphDispatcher, "dispatch", 1, lambda: (dispatcher, 256), lambda: answer),
    ]
    figures = []
    for owner, method, calls, arguments, returns in cases:
        hooked = getattr(owner, method)
        # The hook's own original, emptied: what remains is the hook.
        cell = hooked.__closure__[hooked.__code__.co_freevars.index("original")]
        original = cell.cell_contents

        def body(*args, **kwargs):
            return returns()

        cell.cell_contents = body
        if method == "dispatch":
            layer.worker.current = SimpleNamespace(dispatcher=dispatcher, mode=None, descriptor=None)
        if method == "execute_model":

            def body(*args, **kwargs):
                layer.worker.current.mode, layer.worker.current.descriptor = "FULL", answer[1]

            cell.cell_contents = body

        def with_hook():
            hooked(*arguments())

        def without():
            returns() if method == "execute_model" else body(*arguments())

        with_hook()
        cost = per_call(with_hook) - per_call(without)
        cell.cell_contents = original
        layer.worker.current = None
        for table in layer.recorder.tables:
            table.rows.clear()
        layer.timer._waiting.clear()
        figures.append(("%s.%s" % (owner.__name__, method), cost, calls))

    # The rows of 200 steps, as the flusher writes them once a second, five seconds long.
    steps = 200
    at = time.monotonic_ns()
    # What the calls above have left behind is settled first: it is not these steps'.
    layer.recorder._next_summary = 0.0
    layer.recorder.flush()
    flushed = 0
    for number in range(5 * steps):
        if number % steps == 0:
            start = time.thread_time_ns()
            layer.recorder.flush()
            flushed += time.thread_time_ns() - start
        at += STEP_NS
        step = layer.steps.read(fresh())
        layer.batch.add(0.5, step, 256, 3, 256, 8192, True)
        layer.kv_cache.sample(pool, at)
        key = layer.graphs.step("FULL", answer[1], 256, 0.5)
        layer.graphs.timed(0.5, key, 4.5, 256, number)
        layer.forward.add(0.5, step, 4.5, "cuda_events", number, True)
        for operation in ("schedule", "update_from_output", "execute_model", "sample_tokens"):
            layer.cpu.add(at, at + 1000, operation, "requests=256 tokens=256", True)
    start = time.thread_time_ns()
    # The last of five writes the summaries too.
    layer.recorder._next_summary = 0.0
    layer.recorder.flush()
    flushed += time.thread_time_ns() - start
    figures.append(("flusher (of a step's rows)", flushed / (5 * steps), 1))

    total = sum(cost * calls for _, cost, calls in figures)
    if options.json:
        print(
            json.dumps(
                {
                    "python": sys.version.split()[0],
                    "hooks": [
                        {
                            "hook": name,
                            "ns_per_call": round(cost, 1),
                            "calls_per_step": calls,
                            "share_of_5ms_step": cost * calls / STEP_NS,
                        }
                        for name, cost, calls in figures
                    ],
                    "total_ns_per_step": round(total, 1),
                    "share_of_5ms_step": total / STEP_NS,
                },
                indent=2,
            )
        )
    else:
        print("Python %s, decode step of %d requests" % (sys.version.split()[0], REQUESTS))
        print("%-38s %10s %8s %10s" % ("hook", "ns a call", "a step", "of 5 ms"))
        for name, cost, calls in figures:
            print("%-38s %10.0f %8g %9.4f%%" % (name, cost, calls, 100 * cost * calls / STEP_NS))
        print("%-38s %10.0f %8s %9.4f%%" % ("all", total, "", 100 * total / STEP_NS))
    layer.recorder.finish()
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
