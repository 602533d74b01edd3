import time
from collections import OrderedDict

from vllm._family import truth


class KVCacheBlock:
    __slots__ = ("block_id", "ref_cnt", "block_hash", "born", "used")

    def __init__(self, block_id):
        self.block_id = block_id
        self.ref_cnt = 0
        self.block_hash = None
        self.born = self.used = 0.0


class BlockPool:
    """Block 0 is the null block. The longest free block goes first, cached or not."""

    def __init__(self, num_gpu_blocks, enable_caching=True):
        self.num_gpu_blocks = num_gpu_blocks
        self.enable_caching = enable_caching
        self.blocks = [KVCacheBlock(index) for index in range(num_gpu_blocks)]
        self.null_block = self.blocks[0]
        self._free = OrderedDict((block.block_id, block) for block in self.blocks[1:])
        self.cached_block_hash_to_block = {}

    def get_num_free_blocks(self):
        return len(self._free)

    def get_usage(self):
        return 1.0 - self.get_num_free_blocks() / (self.num_gpu_blocks - 1)

    def get_cached_block(self, block_hash):
        return self.cached_block_hash_to_block.get(block_hash)

    def get_new_blocks(self, num_blocks):
        if num_blocks > self.get_num_free_blocks():
            raise ValueError("Cannot get %d free blocks from the pool" % num_blocks)
        result = []
        for _ in range(num_blocks):
            _, block = self._free.popitem(last=False)
            if self.enable_caching:
                self._maybe_evict_cached_block(block)
            block.ref_cnt = 1
            block.born = block.used = time.monotonic()
            result.append(block)
        truth.add("blocks_allocated", num_blocks)
        return result

    def _maybe_evict_cached_block(self, block):
        if block.block_hash is None:
            return False
        if self.cached_block_hash_to_block.get(block.block_hash) is not block:
            block.block_hash = None
            return False
        del self.cached_block_hash_to_block[block.block_hash]
        block.block_hash = None
        now = time.monotonic()
        truth.note("evictions", [block.block_id, now - block.born, now - block.used])
        return True

    def touch(self, blocks):
        for block in blocks:
            if block.ref_cnt == 0:
                del self._free[block.block_id]
            block.ref_cnt += 1
            block.used = time.monotonic()
            truth.add("touches")

    def free_blocks(self, ordered_blocks):
        # Read once, as the real one may be given an iterator.
        for block in ordered_blocks:
            block.ref_cnt -= 1
            block.used = time.monotonic()
            if block.ref_cnt == 0:
                self._free[block.block_id] = block

    def cache_full_blocks(self, request, blocks, block_size):
        for index, block in enumerate(blocks):
            if block.block_hash is not None:
                continue
            end = (index + 1) * block_size
            if end > request.num_computed_tokens:
                return
            block_hash = tuple(request.all_token_ids[:end])
            if block_hash not in self.cached_block_hash_to_block:
                block.block_hash = block_hash
                self.cached_block_hash_to_block[block_hash] = block

    def reset_prefix_cache(self):
        self.cached_block_hash_to_block.clear()
        for block in self.blocks:
            block.block_hash = None
        return True
