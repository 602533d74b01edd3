"""`vllm.v1.core.block_pool.BlockPool`.

An eviction is the reuse of a free block that still held a cached prefix; letting go of
a finished request's block is none. `_maybe_evict_cached_block` says which it was.
"""

from __future__ import annotations

from .. import guard


class KvCacheHooks:
    MODULE = "vllm.v1.core.block_pool"

    def __init__(self, layer):
        self._layer = layer

    def install(self, module):
        if self._layer.kv_cache is None:
            return
        pool = module.BlockPool
        guard.wrap(pool, "get_new_blocks", "BlockPool.get_new_blocks", after=self._allocated)
        guard.wrap(pool, "touch", "BlockPool.touch", after=self._touched)
        guard.wrap(
            pool,
            "_maybe_evict_cached_block",
            "BlockPool._maybe_evict_cached_block",
            after=self._asked_to_evict,
        )
        guard.replace(pool, "free_blocks", "BlockPool.free_blocks", self._make_free_blocks)

    def _allocated(self, token, blocks, args, kwargs):
        if self._layer.recorder.ready():
            self._layer.kv_cache.allocated(args[0], blocks)

    def _touched(self, token, result, args, kwargs):
        if not self._layer.recorder.ready():
            return
        blocks = args[1] if len(args) > 1 else kwargs["blocks"]
        if not blocks:
            return
        # A list of blocks since 0.12 or so; a group's list for each KV cache group before.
        if hasattr(blocks[0], "block_id"):
            self._layer.kv_cache.seen(args[0], blocks)
        else:
            for group in blocks:
                self._layer.kv_cache.seen(args[0], group)

    def _asked_to_evict(self, token, evicted, args, kwargs):
        if evicted and self._layer.recorder.ready():
            self._layer.kv_cache.evict(args[0], args[1] if len(args) > 1 else kwargs["block"])

    def _make_free_blocks(self, original, state):
        def free_blocks(pool, ordered_blocks, *args, **kwargs):
            # May be an iterator, which can be read but once.
            blocks = (
                ordered_blocks
                if isinstance(ordered_blocks, (list, tuple))
                else list(ordered_blocks)
            )
            result = original(pool, blocks, *args, **kwargs)
            if state.active:
                try:
                    if self._layer.recorder.ready():
                        self._layer.kv_cache.seen(pool, blocks)
                except Exception as error:
                    state.failed(error)
            return result

        return free_blocks
