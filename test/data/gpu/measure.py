"""What this device really does: bytes a second of a large copy, FLOP a second of a large product."""

from __future__ import annotations

import statistics

import torch

COPY_BYTES = 4 << 30
SIZE = 8192
ROUNDS = 10


def _milliseconds(work):
    for _ in range(3):
        work()
    times = []
    for _ in range(ROUNDS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        work()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def measure(profiled=False):
    """Medians of ten by CUDA events. What is read and what is written both count.

    With `profiled`, the scaling kernel and the product run once more, each between
    cudaProfilerStart and cudaProfilerStop, for a profiler that looks into kernels.
    """
    free = torch.cuda.mem_get_info()[0]
    count = min(COPY_BYTES, free // 4)
    source = torch.empty(count // 2, dtype=torch.bfloat16, device="cuda").normal_()
    target = torch.empty_like(source)
    left, right = (torch.randn(SIZE, SIZE, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    copy = _milliseconds(lambda: target.copy_(source))
    scale = _milliseconds(lambda: torch.mul(source, 1.5, out=target))
    product = _milliseconds(lambda: left @ right)
    if profiled:
        runtime = torch.cuda.cudart()
        for work in (lambda: torch.mul(source, 1.5, out=target), lambda: left @ right):
            torch.cuda.synchronize()
            runtime.cudaProfilerStart()
            work()
            torch.cuda.synchronize()
            runtime.cudaProfilerStop()
    bytes_moved = 2 * source.numel() * source.element_size()
    return {
        "bytes": bytes_moved,
        "copy_ms": copy,
        "copy_bytes_per_second": bytes_moved / (copy / 1e3),
        "scale_ms": scale,
        "scale_bytes_per_second": bytes_moved / (scale / 1e3),
        "product": "%d x %d x %d bfloat16, random" % (SIZE, SIZE, SIZE),
        "product_flop": 2 * SIZE**3,
        "product_ms": product,
        "product_flop_per_second": 2 * SIZE**3 / (product / 1e3),
    }
