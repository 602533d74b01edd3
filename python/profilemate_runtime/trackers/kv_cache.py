"""How full the KV cache is, and which cached blocks give way to new ones."""

from __future__ import annotations

import time
from array import array

from ..figures import Distribution


class KvCache:
    def __init__(self, recorder, interval_ns):
        self._recorder = recorder
        self._interval_ns = interval_ns
        self.usage = recorder.table(
            "kv_cache_usage.csv", "timestamp_sec,usage_pct,num_blocks,total_blocks", "%.6f,%.4f,%d,%d"
        )
        self.evictions = recorder.table(
            "kv_cache_evictions.csv",
            "timestamp_sec,lifetime_sec,idle_sec,block_id",
            "%.6f,%s,%s,%d",
        )
        recorder.summary("kv_cache_summary.txt", self._render)
        self.forget()

    def forget(self):
        self._next = 0
        self._pools = {}
        self.share = Distribution()
        self.total_blocks = 0
        self.used_blocks = 0
        self.peak_blocks = 0
        self.evicted = 0
        self.lifetime = Distribution()
        self.idle = Distribution()

    def sample(self, pool, now_ns):
        """Once a step. Used blocks exclude the null block, as vLLM's own usage does."""
        total = pool.num_gpu_blocks - 1
        used = total - pool.get_num_free_blocks()
        self.total_blocks = total
        self.used_blocks = used
        if used > self.peak_blocks:
            self.peak_blocks = used
        percent = 100.0 * used / total if total > 0 else 0.0
        self.share.add(percent)
        if now_ns < self._next:
            return
        self._next = now_ns + self._interval_ns
        self.usage.add((self._recorder.seconds(now_ns), percent, used, total))

    def allocated(self, pool, blocks):
        now = time.monotonic_ns() * 1e-9
        born, used = self._times(pool)
        for block in blocks:
            index = block.block_id
            born[index] = now
            used[index] = now

    def seen(self, pool, blocks):
        """Touched by a prefix hit, or let go by a request: last in use now."""
        now = time.monotonic_ns() * 1e-9
        used = self._times(pool)[1]
        for block in blocks:
            used[block.block_id] = now

    def evict(self, pool, block):
        now_ns = time.monotonic_ns()
        now = now_ns * 1e-9
        born, used = self._times(pool)
        index = block.block_id
        # Blocks that were allocated before the hooks were in place have no birth.
        lifetime = now - born[index] if born[index] else None
        idle = now - used[index] if used[index] else None
        self.evicted += 1
        if lifetime is not None:
            self.lifetime.add(lifetime)
        if idle is not None:
            self.idle.add(idle)
        self.evictions.add(
            (
                self._recorder.seconds(now_ns),
                "" if lifetime is None else "%.6f" % lifetime,
                "" if idle is None else "%.6f" % idle,
                index,
            )
        )

    def _times(self, pool):
        key = id(pool)
        times = self._pools.get(key)
        if times is None or len(times[0]) != pool.num_gpu_blocks:
            nothing = bytes(8 * pool.num_gpu_blocks)
            times = self._pools[key] = (array("d", nothing), array("d", nothing))
        return times

    def _render(self):
        if self.share.count == 0 and self.evicted == 0:
            return None
        share = self.share
        lines = ["KV cache of process", ""]
        if share.count:
            lines += [
                "Total blocks: %d" % self.total_blocks,
                "Peak used blocks: %d" % self.peak_blocks,
                "Peak usage: %.2f%%" % share.most,
                "Mean usage: %.2f%% over %d steps" % (share.total / share.count, share.count),
                "p95 usage: %.2f%%" % share.percentiles(0.95)[0],
            ]
        lines.append("Evictions of cached blocks: %d" % self.evicted)
        for name, values in (("lifetime", self.lifetime), ("idle", self.idle)):
            if values.count:
                lines.append(
                    "Evicted blocks' %s: mean %.3f s, p50 %.3f s, p95 %.3f s"
                    % (name, values.total / values.count, *values.percentiles(0.5, 0.95))
                )
        return "\n".join(lines) + "\n"
