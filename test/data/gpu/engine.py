"""An LLM server's engine in small, which knows what it did: the truth that profiles are held against.

    python3 engine.py --truth truth.json --trace trace.pt.trace.json.gz
    nsys profile -c cudaProfilerApi … python3 engine.py --truth truth.json --profiler-api

Requests come, prompts are computed in chunks, decode steps are replays of CUDA graphs at
several batch sizes, mixed steps run without; tokens are sampled after each step and copied
back on another stream. Each step is announced as vLLM announces it, by `record_function`
and, on a GPU, as an NVTX range. The schedule runs twice; the second pass is the recorded one.

The truth: every step's kind, requests and tokens; the time between CUDA events around it;
the kernels it launches, counted in graphs that were captured of the same work, so that no
profiler is asked. On a CPU there are neither graphs nor events, and those are null.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import re
import sys
import time

import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import graphs  # noqa: E402
from model import BLOCK, Batch, Config, Model  # noqa: E402
from schedule import load, steps  # noqa: E402

SIZES = (1, 2, 4, 8, 16)
# Small enough for a trace that is kept in a repository, and for a CPU.
CPU = dict(layers=2, hidden=64, heads=4, kv_heads=2, intermediate=96, vocabulary=256, length=192)
GPU = dict(layers=8, hidden=2048, heads=16, kv_heads=4, intermediate=5632, length=1024)


class Engine:
    def __init__(self, config, device, use_graphs):
        self.config = config
        self.device = device
        self.cuda = device == "cuda"
        self.model = Model(config, device, torch.bfloat16 if self.cuda else torch.float32)
        # One more than the slots: rows that pad a batch write where nobody reads.
        tables = torch.arange(config.slots * config.blocks, dtype=torch.int64)
        self.tables = tables.view(config.slots, config.blocks)
        # By slot, the last token of each request: read and written on the device alone.
        self.latest = torch.zeros(config.slots, dtype=torch.int64, device=device)
        self.copies = torch.cuda.Stream() if self.cuda else None
        self.uploads = 0
        self.graphs = {}
        self.counts = {}
        if use_graphs:
            self._capture()

    # -- a step's inputs

    def _host(self, step):
        """Everything of the step that the host knows, one int64 row a name."""
        tokens, positions, places, last = [], [], [], []
        for part in step.parts:
            for position in range(part.end - part.tokens, part.end):
                # Any prompt will do; it is drawn from the position.
                tokens.append((position * 31 + part.slot * 17) % self.config.vocabulary)
                positions.append(position)
                table = self.tables[part.slot]
                places.append(int(table[position // BLOCK]) * BLOCK + position % BLOCK)
            last.append(len(tokens) - 1)
        return tokens, positions, places, last

    def _send(self, values):
        host = torch.tensor(values, dtype=torch.int64)
        if not self.cuda:
            return host
        self.uploads += 1
        return host.pin_memory().to(self.device, non_blocking=True)

    def _batch(self, step):
        tokens, positions, places, last = self._host(step)
        slots = self._send([part.slot for part in step.parts])
        rows = self._send(tokens)
        generating = [i for i, part in enumerate(step.parts) if not part.context]
        if generating:
            own = self._send([step.parts[i].slot for i in generating])
            self._continue(rows, self._send([last[i] for i in generating]), own)
        batch = Batch(
            rows,
            self._send(positions),
            self._send(places),
            self._send([self.tables[part.slot].tolist() for part in step.parts]),
            self._send([part.end for part in step.parts]),
            self._send(last),
            {"parts": [(part.tokens, part.end) for part in step.parts]},
        )
        if step.kind == "decode":
            batch.shape["decode"] = True
        return batch, slots

    def _continue(self, rows, at, slots):
        """Puts the tokens that were sampled last into their rows, on the device."""
        rows.index_copy_(0, at, self.latest[slots])

    # -- graphs

    def _capture(self):
        pool = None
        for size in reversed(SIZES):
            if size > self.config.slots:
                continue
            device = self.device
            batch = Batch(
                torch.zeros(size, dtype=torch.int64, device=device),
                torch.zeros(size, dtype=torch.int64, device=device),
                torch.zeros(size, dtype=torch.int64, device=device),
                torch.zeros(size, self.config.blocks, dtype=torch.int64, device=device),
                torch.ones(size, dtype=torch.int64, device=device),
                torch.arange(size, device=device),
                {"decode": True},
            )
            work = lambda batch=batch: self.model.forward(batch)  # noqa: E731
            graphs.warm(work)
            graph, logits = graphs.capture(work, pool)
            pool = pool or graph.pool()
            self.graphs[size] = (graph, batch, logits, graphs.contents(graph))

    def graph_for(self, step):
        if step.kind != "decode":
            return None
        return next((size for size in sorted(self.graphs) if size >= len(step.parts)), None)

    # -- a step

    def forward(self, step, batch):
        size = self.graph_for(step)
        if size is None:
            return self.model.forward(batch)
        graph, fixed, logits, _ = self.graphs[size]
        count = len(step.parts)
        for name in ("tokens", "positions", "places", "tables", "lengths"):
            getattr(fixed, name)[:count].copy_(getattr(batch, name))
        graph.replay()
        return logits[:count]

    def sample(self, step, slots, logits):
        tokens = self.model.sample(logits)
        self.latest.index_copy_(0, slots, tokens)
        if not self.cuda:
            return tokens
        # As an asynchronous scheduler takes them back: on a stream of its own.
        self.copies.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.copies):
            taken = tokens.to("cpu", non_blocking=True)
        tokens.record_stream(self.copies)
        return taken

    def count(self, step):
        """Kernels of the step's two parts, of the same work captured; and copies from the host."""
        if not self.cuda:
            return None
        before = self.uploads
        batch, slots = self._batch(step)
        uploads = self.uploads - before
        size = self.graph_for(step)
        if size is None:
            forward = graphs.count(lambda: self.model.forward(batch))
        else:
            forward = self.graphs[size][3]
        count = len(step.parts)
        if count not in self.counts:
            logits = torch.zeros(count, self.config.vocabulary, device="cuda", dtype=torch.bfloat16)
            self.counts[count] = (
                graphs.count(lambda: self._continue(batch.tokens, batch.last, slots)),
                graphs.count(lambda: self.latest.index_copy_(0, slots, self.model.sample(logits))),
            )
        continued, sampled = self.counts[count]
        known = forward and continued and sampled
        inputs = 0 if step.kind == "prefill" else known and continued["kernels"]
        return {
            "forward_kernels": forward["kernels"] + inputs if known else None,
            "sample_kernels": sampled["kernels"] if known else None,
            "uploads": uploads,
        }

    def run(self, plan, mark=None, around=None):
        """Runs the plan and returns what `truth_of` needs. `around` is entered about each step."""
        timed = []
        for number, step in enumerate(plan):
            events = [torch.cuda.Event(enable_timing=True) for _ in range(3)] if self.cuda else None
            begun = time.perf_counter()
            with around(number) if around else contextlib.nullcontext():
                with mark(step.name) if mark else contextlib.nullcontext():
                    if events:
                        events[0].record()
                    batch, slots = self._batch(step)
                    logits = self.forward(step, batch)
                    if events:
                        events[1].record()
                self.sample(step, slots, logits)
                if events:
                    events[2].record()
            timed.append((number, step, events, time.perf_counter() - begun))
        if self.cuda:
            torch.cuda.synchronize()
        return timed

    def truth_of(self, timed):
        """What is known of each step. Outside of the recording: reading events is no work of a step."""
        record = []
        for number, step, events, seconds in timed:
            context, generation = step.count(True), step.count(False)
            record.append(
                {
                    "step": number,
                    "name": step.name,
                    "kind": step.kind,
                    "context_requests": context[0],
                    "context_tokens": context[1],
                    "generation_requests": generation[0],
                    "generation_tokens": generation[1],
                    "graph": self.graph_for(step),
                    # From before the step's first launch to after its last, idle time included.
                    "forward_ms": events[0].elapsed_time(events[1]) if events else None,
                    "sample_ms": events[1].elapsed_time(events[2]) if events else None,
                    "host_ms": seconds * 1e3,
                }
            )
        return record


@contextlib.contextmanager
def announce(name):
    """What vLLM emits around a step; NVTX only where torch was built with it."""
    pushed = torch.cuda.is_available()
    if pushed:
        torch.cuda.nvtx.range_push(name)
    try:
        with torch.profiler.record_function(name):
            yield
    finally:
        if pushed:
            torch.cuda.nvtx.range_pop()


def device_facts():
    if not torch.cuda.is_available():
        return {"name": "CPU"}
    about = torch.cuda.get_device_properties(0)
    return {
        "name": about.name,
        "multiprocessors": about.multi_processor_count,
        "memory_bytes": about.total_memory,
        "l2_bytes": getattr(about, "L2_cache_size", None),
        "compute_capability": "%d.%d" % (about.major, about.minor),
        "cuda": torch.version.cuda,
    }


def totals(record):
    found = {}
    for step in record:
        kind = found.setdefault(
            step["kind"],
            {"steps": 0, "requests": 0, "context_tokens": 0, "generation_tokens": 0},
        )
        kind["steps"] += 1
        kind["requests"] += step["context_requests"] + step["generation_requests"]
        kind["context_tokens"] += step["context_tokens"]
        kind["generation_tokens"] += step["generation_tokens"]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", required=True, help="JSON to write")
    parser.add_argument("--trace", help="record with torch's profiler: .json or .json.gz")
    parser.add_argument("--profiler-api", action="store_true", help="cudaProfilerStart and Stop")
    parser.add_argument("--profiler-steps", type=int, nargs="+", help="about these steps alone")
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    parser.add_argument("--experts", type=int, default=0)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--hidden", type=int, help="a multiple of 512; sizes the rest")
    parser.add_argument("--requests", type=int, default=8)
    parser.add_argument("--steps", type=int, help="at most so many")
    parser.add_argument("--no-graphs", action="store_true")
    parser.add_argument("--no-counts", action="store_true", help="count no kernels")
    parser.add_argument("--measure", action="store_true", help="bandwidth and FLOP/s, nothing else")
    options = parser.parse_args()
    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("engine: this torch (%s) sees no GPU; --device cpu runs without" % torch.__version__)
    facts = {
        "schema": "profilemate-gpu-truth",
        "schema_version": 1,
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "device": device_facts(),
    }
    if options.measure:
        if device != "cuda":
            sys.exit("engine: there is nothing to measure without a GPU")
        from measure import measure

        write(options.truth, dict(facts, measured=measure(options.profiler_api)))
        return

    size = dict(GPU if device == "cuda" else CPU)
    if options.hidden:
        heads = options.hidden // 128
        size.update(hidden=options.hidden, heads=heads, kv_heads=heads // 4)
        size.update(intermediate=options.hidden * 11 // 4)
    if options.experts:
        size.update(experts=options.experts, intermediate=size["intermediate"] // 4)
    if options.layers:
        size["layers"] = options.layers
    config = Config(**size, slots=max(options.requests, max(SIZES) if device == "cuda" else 1))
    prompt, output, budget = (384, 24, 512) if device == "cuda" else (40, 6, 64)
    requests = load(options.requests, prompt, output, 2)
    asked = [{"prompt": request.prompt, "output": request.output} for request in requests]
    plan = list(steps(requests, budget, max(SIZES)))[: options.steps]

    with torch.inference_mode():
        engine = Engine(config, device, use_graphs=device == "cuda" and not options.no_graphs)
        engine.run(plan)
        kernels = None
        if device == "cuda" and not options.no_counts:
            kernels = [engine.count(step) for step in plan]
        with profile(options, device) as finish:
            timed = engine.run(plan, announce, some_steps(options, device))
        finish()
        record = engine.truth_of(timed)
    for step, launched in zip(record, kernels or [None] * len(record)):
        step["launched"] = launched
    write(
        options.truth,
        dict(
            facts,
            model=config.as_json(),
            dtype="bfloat16" if device == "cuda" else "float32",
            requests=asked,
            totals=totals(record),
            steps=record,
        ),
    )
    for kind, total in sorted(totals(record).items()):
        print("engine: %s: %s" % (kind, total))


@contextlib.contextmanager
def profile(options, device):
    """Yields what to call afterwards, outside of the recording: it writes the trace."""
    if options.trace:
        activities = [torch.profiler.ProfilerActivity.CPU]
        if device == "cuda":
            activities.append(torch.profiler.ProfilerActivity.CUDA)
        with torch.profiler.profile(activities=activities) as recording:
            yield lambda: export(recording, options.trace)
        return
    whole = options.profiler_api and not options.profiler_steps and device == "cuda"
    with profiler_api() if whole else contextlib.nullcontext():
        yield lambda: None


@contextlib.contextmanager
def profiler_api():
    torch.cuda.synchronize()
    torch.cuda.cudart().cudaProfilerStart()
    try:
        yield
    finally:
        torch.cuda.synchronize()
        torch.cuda.cudart().cudaProfilerStop()


def some_steps(options, device):
    """What to enter about a step by its number; None where no steps were chosen."""
    if not options.profiler_steps or device != "cuda":
        return None
    chosen = set(options.profiler_steps)
    return lambda number: profiler_api() if number in chosen else contextlib.nullcontext()


def export(recording, path):
    """The trace without the name of the machine, and packed the same each time."""
    plain = path[: -len(".gz")] if path.endswith(".gz") else path
    recording.export_chrome_trace(plain)
    with open(plain, encoding="utf-8") as file:
        text = re.sub(r'"host_name":\s*"[^"]*"', '"host_name": ""', file.read())
    os.remove(plain)
    with open(path, "wb") as file:
        data = text.encode("utf-8")
        file.write(gzip.compress(data, 9, mtime=0) if path.endswith(".gz") else data)


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
