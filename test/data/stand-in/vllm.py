"""A stand-in for vLLM: its command line, its HTTP API, its NVTX step names, no GPU.

    vllm --version
    vllm serve MODEL [--port P] [--profiler-config.profiler cuda|torch] ...
    vllm bench latency|throughput --model M [--profile] ...

Requests are batched step by step as a real engine does: a step takes in new
requests (their prompt is its context) and gives each running one a token. The
time of a step is made up, and so are the tokens.

It can be told to misbehave, by the environment:

    STAND_IN_VERSION   what --version says, which flags exist and how a step is named
    STAND_IN_FAULT     one of, several separated by commas:
        die | oom | no-model            ends at the start, as the real one words it
        slow-ready:SECONDS              is healthy only after a while
        hang                            never becomes healthy
        die-mid-load:N                  ends at the N-th step under load
        hang-mid-load:N                 stands still from the N-th step on
        broken-stream:N                 breaks every N-th stream off half way
        refuse:N                        answers every N-th request with 500
        gather:N                        begins no step before N requests are there
        ignore-sigint                   does not end on SIGINT
        ignore-signals                  nor on SIGTERM
    STAND_IN_BALANCE   the loads of the GPUs in a step, as 3:1, where the balance of experts
                       is logged (default 3:1)
    STAND_IN_STEP_MS   time of a step without any tokens (default 5)
    STAND_IN_CHILD     also start a worker process, as tensor parallelism does
"""

import asyncio
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "nvtx"))
from nvtx_protocol import Nvtx  # noqa: E402

VERSION = os.environ.get("STAND_IN_VERSION", "0.14.0")
NUMBERS = tuple(int(part) for part in re.findall(r"\d+", VERSION)[:3])
FAULTS = dict(
    (fault.partition(":")[0], fault.partition(":")[2])
    for fault in os.environ.get("STAND_IN_FAULT", "").split(",")
    if fault
)
STEP_S = float(os.environ.get("STAND_IN_STEP_MS", "5")) / 1000
# Seconds of a step for each token of context, and for each running request.
CONTEXT_S = 2e-6
RUNNING_S = 5e-6

# Flags with a value, flags without one, and since which version.
VALUES = {
    "--host": (), "--port": (), "--served-model-name": (), "--dtype": (), "--api-key": (),
    "--max-model-len": (), "--max-num-seqs": (), "--gpu-memory-utilization": (),
    "--tensor-parallel-size": (), "--data-parallel-size": (), "--model": (),
    "--input-len": (), "--output-len": (), "--batch-size": (), "--num-prompts": (),
    "--num-iters": (), "--num-iters-warmup": (),
    "--profiler-config": (0, 13), "--eplb-config": (0, 10, 2),
}
SWITCHES = {
    "--enforce-eager": (), "--profile": (), "--trust-remote-code": (),
    "--enable-layerwise-nvtx-tracing": (0, 13), "--cudagraph-metrics": (0, 13),
    "--kv-cache-metrics": (0, 12), "--enable-mfu-metrics": (0, 14),
    "--enable-logging-iteration-details": (0, 14), "--enable-return-routed-experts": (0, 14),
    "--enable-eplb": (0, 10, 2), "--enable-expert-parallel": (),
}


LOADS = [float(part) for part in os.environ.get("STAND_IN_BALANCE", "3:1").split(":")]


def log(text):
    print("INFO %s [stand-in] %s" % (time.strftime("%m-%d %H:%M:%S"), text), flush=True)


def fail(text):
    print(text, file=sys.stderr, flush=True)
    os._exit(1)


# --- the engine ---


class Request:
    def __init__(self, prompt_tokens, max_tokens, deliver):
        self.prompt_tokens, self.max_tokens, self.deliver = prompt_tokens, max_tokens, deliver
        self.made, self.gone = 0, False


def step_name(context, context_tokens, generation):
    if NUMBERS >= (0, 14):
        return "execute_context_%d(%d)_generation_%d(%d)" % (
            context, context_tokens, generation, generation)
    return "execute_new_%d_cached_%d" % (context, generation)


def balance_log(values):
    """Logs how evenly a step's tokens were spread, in the words of the version at hand."""
    config = json.loads(values.get("--eplb-config") or "{}")
    known = {"log_balancedness"} | ({"log_balancedness_interval"} if NUMBERS >= (0, 17) else set())
    if set(config) - known:
        fail("pydantic.ValidationError: EPLBConfig: Unexpected keyword argument %s"
             % sorted(set(config) - known))
    if not config.get("log_balancedness"):
        return lambda step, tokens: None
    if not (values.get("--enable-eplb") and values.get("--enable-expert-parallel")):
        fail("ValueError: EPLB needs --enable-eplb and --enable-expert-parallel")
    interval = config.get("log_balancedness_interval", 1)
    model = values.get("--served-model-name", "model")

    def tell(step, tokens):
        if step % interval:
            return
        most = tokens * max(LOADS) / sum(LOADS)
        average = tokens / len(LOADS)
        name = " %d for model %s:" % (step, model) if NUMBERS >= (0, 12) else ""
        more = ", steps until the next rearrangement: %d" % (3000 - step) if NUMBERS >= (0, 17) else ""
        log("EPLB step:%s avg_tokens=%.2f, max_tokens=%d, balancedness=%.4f%s"
            % (name, average, most, average / most if most else 0, more))

    return tell


class Engine(threading.Thread):
    def __init__(self, profiler, profiler_dir, tell_balance=lambda step, tokens: None):
        super().__init__(name="engine", daemon=True)
        self.profiler, self.profiler_dir = profiler, profiler_dir
        self.tell_balance = tell_balance
        self.waiting, self.running = deque(), []
        self.gathering = int(FAULTS.get("gather") or 0)
        self.awake = threading.Event()
        self.commands = deque()
        self.profiling = False
        self.steps = self.generated = self.prompted = 0
        self.recorded = []

    def add(self, *requests):
        """Those of one call are in one step."""
        self.waiting.extend(requests)
        self.awake.set()

    def profile(self, on):
        """Ranges belong to the thread that works, so that thread opens and closes them."""
        done = threading.Event()
        self.commands.append((on, done))
        self.awake.set()
        done.wait()

    def run(self):
        self.nvtx = Nvtx()
        self.batches = []
        while True:
            while self.commands:
                on, done = self.commands.popleft()
                self.switch(on)
                done.set()
            if len(self.waiting) >= self.gathering:
                self.gathering = 0
            if self.gathering or not (self.waiting or self.running):
                self.awake.wait()
                self.awake.clear()
                continue
            self.step()

    def switch(self, on):
        if on == self.profiling:
            return
        self.profiling = on
        # What cudaProfilerStart and -Stop are to a capture on a GPU.
        if on:
            self.nvtx.push("profilemate")
            self.recorded = []
        else:
            self.nvtx.pop()
            if self.profiler == "torch":
                self.write_torch_trace()

    def write_torch_trace(self):
        os.makedirs(self.profiler_dir, exist_ok=True)
        name = "rank0.%d.pt.trace.json.gz" % time.time_ns()
        events = [
            {"ph": "X", "cat": "user_annotation", "name": name_, "pid": 1, "tid": 1,
             "ts": start * 1e6, "dur": (end - start) * 1e6}
            for name_, start, end in self.recorded
        ]
        with gzip.open(os.path.join(self.profiler_dir, name), "wt") as out:
            json.dump({"schemaVersion": 1, "traceEvents": events}, out)

    def step(self):
        new = [self.waiting.popleft() for _ in range(len(self.waiting))]
        old = [request for request in self.running if not request.gone]
        context_tokens = sum(request.prompt_tokens for request in new)
        self.steps += 1
        if self.steps == int(FAULTS.get("die-mid-load") or 0):
            fail("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.")
        if self.steps == int(FAULTS.get("hang-mid-load") or 0):
            threading.Event().wait()
        name, start = step_name(len(new), context_tokens, len(old)), time.perf_counter()
        if self.profiling:
            self.nvtx.push(name)
        time.sleep(STEP_S + context_tokens * CONTEXT_S + len(old) * RUNNING_S)
        if self.profiling:
            self.nvtx.pop()
            self.recorded.append((name, start, time.perf_counter()))
        batch = new + old
        self.tell_balance(self.steps, context_tokens + len(old))
        for request in batch:
            request.made += 1
        self.prompted += context_tokens
        self.generated += len(batch)
        self.running = [request for request in batch if request.made < request.max_tokens]
        if batch:
            batch[0].deliver(batch)


# --- HTTP ---


def prompt_length(body):
    prompt = body.get("prompt")
    if prompt is None:
        prompt = " ".join(str(message.get("content", "")) for message in body.get("messages", []))
    return len(prompt) if isinstance(prompt, list) else len(str(prompt).split())


class Api:
    def __init__(self, engine, model, key=None):
        self.engine, self.model, self.key, self.served = engine, model, key, 0
        self.born = time.monotonic()

    def healthy(self):
        if "hang" in FAULTS:
            return False
        return time.monotonic() - self.born >= float(FAULTS.get("slow-ready") or 0)

    async def connection(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path, _ = head.split("\r\n", 1)[0].split(" ")
                length = re.search(r"content-length: *(\d+)", head, re.I)
                body = await reader.readexactly(int(length.group(1))) if length else b""
                if self.key and path.startswith("/v1/") and "Bearer " + self.key not in head:
                    self.send(writer, 401, json.dumps({"error": "Unauthorized"}))
                elif not await self.answer(writer, method, path, body):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    def send(self, writer, status, body, kind="application/json"):
        data = body.encode()
        writer.write(
            b"HTTP/1.1 %d -\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n%s"
            % (status, kind.encode(), len(data), data)
        )
        return True

    async def answer(self, writer, method, path, body):
        loop = asyncio.get_running_loop()
        if path == "/health":
            return self.send(writer, 200 if self.healthy() else 503, "")
        if path == "/v1/models":
            models = [{"id": self.model, "object": "model", "max_model_len": 8192}]
            return self.send(writer, 200, json.dumps({"object": "list", "data": models}))
        if path == "/version":
            return self.send(writer, 200, json.dumps({"version": VERSION}))
        if path == "/metrics":
            return self.send(writer, 200, self.metrics(), "text/plain")
        if method == "POST" and path in ("/start_profile", "/stop_profile") and self.engine.profiler:
            await loop.run_in_executor(None, self.engine.profile, path == "/start_profile")
            return self.send(writer, 200, "")
        if method == "POST" and path in ("/v1/completions", "/v1/chat/completions"):
            return await self.complete(writer, json.loads(body), chat="chat" in path)
        return self.send(writer, 404, json.dumps({"detail": "Not Found"}))

    def metrics(self):
        figures = {
            "num_requests_running": len(self.engine.running),
            "num_requests_waiting": len(self.engine.waiting),
            "prompt_tokens_total": self.engine.prompted,
            "generation_tokens_total": self.engine.generated,
        }
        return "".join("vllm:%s %d\n" % item for item in figures.items())

    def fault_hits(self, fault):
        every = int(FAULTS.get(fault) or 0)
        return every > 0 and self.served % every == 0

    async def complete(self, writer, body, chat):
        self.served += 1
        if self.fault_hits("refuse"):
            return self.send(writer, 500, json.dumps({"error": {"message": "EngineCore is busy"}}))
        broken = self.fault_hits("broken-stream")
        stream, tokens = body.get("stream"), int(body.get("max_tokens") or 16)
        finished = asyncio.get_running_loop().create_future()
        prefix = {"id": "cmpl-%d" % self.served, "model": self.model}

        def chunk(text, reason):
            inner = {"delta": {"content": text}} if chat else {"text": text}
            choices = [dict(inner, index=0, finish_reason=reason)]
            return b"data: %s\n\n" % json.dumps(dict(prefix, choices=choices)).encode()

        usage = {"prompt_tokens": prompt_length(body), "completion_tokens": tokens}
        usage["total_tokens"] = sum(usage.values())
        word, last = chunk(" word", None), chunk(" word", "length")

        def put(data):
            writer.write(b"%x\r\n%s\r\n" % (len(data), data))

        def on_token(request, made):
            if request.gone:
                return
            if writer.is_closing():
                request.gone = True
            elif broken and made * 2 >= tokens:
                request.gone = True
                writer.transport.abort()
            elif stream:
                put(word if made < tokens else last)
            if (request.gone or made >= tokens) and not finished.done():
                finished.set_result(None)

        loop = asyncio.get_running_loop()

        def deliver(batch):
            # The count as it is now; the engine goes on meanwhile.
            counted = [(request, request.made) for request in batch]
            loop.call_soon_threadsafe(lambda: [each.on_token(each, made) for each, made in counted])

        request = Request(usage["prompt_tokens"], tokens, deliver)
        request.on_token = on_token
        if stream:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                         b"transfer-encoding: chunked\r\n\r\n")
        self.engine.add(request)
        await finished
        if request.gone:
            return False
        if not stream:
            text = " word" * tokens
            inner = {"message": {"content": text}} if chat else {"text": text}
            choices = [dict(inner, index=0, finish_reason="length")]
            return self.send(writer, 200, json.dumps(dict(prefix, choices=choices, usage=usage)))
        if (body.get("stream_options") or {}).get("include_usage"):
            put(b"data: %s\n\n" % json.dumps(dict(prefix, choices=[], usage=usage)).encode())
        put(b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        return True


# --- the command line ---


def exists(since):
    return not since or NUMBERS >= since


def parse(command, args):
    values, rest = {}, list(args)
    unknown, positional = [], []
    while rest:
        word = rest.pop(0)
        name, equals, inline = word.partition("=")
        base = name.split(".")[0]
        if base in VALUES and exists(VALUES[base]):
            values[name] = inline if equals else (rest.pop(0) if rest else "")
        elif name in SWITCHES and exists(SWITCHES[name]):
            values[name] = True
        elif word.startswith("-"):
            unknown.append(word)
        else:
            positional.append(word)
    if unknown:
        print("usage: vllm %s [options]" % command, file=sys.stderr)
        fail("vllm: error: unrecognized arguments: %s" % " ".join(unknown))
    return values, positional


def profiler_of(values):
    """Which profiler is configured, and where it writes: as the version at hand understands it."""
    env = os.environ
    if NUMBERS < (0, 16):
        if env.get("VLLM_TORCH_PROFILER_DIR"):
            return "torch", env["VLLM_TORCH_PROFILER_DIR"]
        if NUMBERS >= (0, 11, 1) and env.get("VLLM_TORCH_CUDA_PROFILE") == "1":
            return "cuda", None
    config = json.loads(values.get("--profiler-config") or "{}")
    config.update(
        (key.partition(".")[2], value) for key, value in values.items()
        if key.startswith("--profiler-config.")
    )
    if config.get("profiler") == "torch" and not config.get("torch_profiler_dir"):
        fail("ValueError: torch_profiler_dir must be set when profiler is 'torch'")
    return config.get("profiler"), config.get("torch_profiler_dir")


def fail_at_start(values, model):
    if "die" in FAULTS:
        fail("Traceback (most recent call last):\nRuntimeError: Engine core initialization failed.")
    if "oom" in FAULTS:
        fail("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 14.96 GiB.")
    if "no-model" in FAULTS:
        fail("OSError: %s is not a local folder and is not a valid model identifier "
             "listed on 'https://huggingface.co/models'" % model)


def serve(args):
    values, positional = parse("serve", args)
    model = positional[0] if positional else values.get("--model", "model")
    fail_at_start(values, model)
    if "ignore-sigint" in FAULTS or "ignore-signals" in FAULTS:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if "ignore-signals" in FAULTS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.environ.get("STAND_IN_CHILD"):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    profiler, folder = profiler_of(values)
    engine = Engine(profiler, folder, balance_log(values))
    engine.start()
    name = values.get("--served-model-name", model)
    host, port = values.get("--host", "127.0.0.1"), int(values.get("--port", 8000))

    async def main():
        try:
            server = await asyncio.start_server(
                Api(engine, name, values.get("--api-key")).connection, host, port, backlog=2048)
        except OSError as error:
            fail("OSError: [Errno %d] Address already in use" % error.errno)
        log("vLLM API server version %s" % VERSION)
        # Of port 0 the system makes one that is free.
        log("Starting vLLM API server on http://%s:%d" % (host, server.sockets[0].getsockname()[1]))
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, stop.set)
        await stop.wait()
        server.close()
        log("Shutting down")

    asyncio.run(main())
    # The worker, if there is one, is left behind: a real one may be, too.
    sys.stdout.flush()
    os._exit(0)


def bench(args):
    what = args[0]
    values, _ = parse("bench " + what, args[1:])
    fail_at_start(values, values.get("--model"))
    profiler, folder = profiler_of(values)
    if values.get("--profile") and not profiler:
        fail("ValueError: --profile needs a profiler in --profiler-config")
    engine = Engine(profiler, folder, balance_log(values))
    engine.start()
    count = int(values.get("--batch-size") or values.get("--num-prompts") or 8)
    length, output = int(values.get("--input-len", 32)), int(values.get("--output-len", 16))

    def batch():
        left, done = [count], threading.Event()

        def deliver(requests):
            left[0] -= sum(request.made >= request.max_tokens for request in requests)
            if left[0] <= 0:
                done.set()

        start = time.perf_counter()
        engine.add(*[Request(length, output, deliver) for _ in range(count)])
        done.wait()
        return time.perf_counter() - start

    for _ in range(int(values.get("--num-iters-warmup", 1))):
        batch()
    if values.get("--profile"):
        engine.profile(True)
    print("Avg latency: %f seconds" % batch())
    if values.get("--profile"):
        engine.profile(False)


def main(args):
    if args[:1] == ["--version"]:
        print(VERSION)
    elif args[:1] == ["serve"]:
        serve(args[1:])
    elif args[:1] == ["bench"] and args[1:2] in (["latency"], ["throughput"]):
        bench(args[1:])
    else:
        fail("usage: vllm [-h] [-v] {serve,bench} ...")


if __name__ == "__main__":
    main(sys.argv[1:])
