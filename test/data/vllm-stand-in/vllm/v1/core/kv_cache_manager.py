from vllm.v1.core.block_pool import BlockPool


class KVCacheManager:
    def __init__(self, cache_config):
        self.block_size = cache_config.block_size
        self.block_pool = BlockPool(cache_config.num_gpu_blocks)
        self.req_to_blocks = {}

    @property
    def usage(self):
        return self.block_pool.get_usage()

    def get_computed_blocks(self, request):
        """Cached blocks of the prompt; the last token is always computed."""
        found = []
        for end in range(self.block_size, request.num_tokens, self.block_size):
            block = self.block_pool.get_cached_block(tuple(request.all_token_ids[:end]))
            if block is None:
                break
            found.append(block)
        return found

    def allocate_slots(self, request, num_new_tokens, computed_blocks=()):
        blocks = self.req_to_blocks.get(request.request_id, [])
        computed = request.num_computed_tokens + len(computed_blocks) * self.block_size
        needed = -(-(computed + num_new_tokens) // self.block_size)
        needed -= len(blocks) + len(computed_blocks)
        free = self.block_pool.get_num_free_blocks()
        free -= sum(1 for block in computed_blocks if block.ref_cnt == 0)
        if needed > free:
            return None
        if computed_blocks:
            self.block_pool.touch(computed_blocks)
        new = self.block_pool.get_new_blocks(needed) if needed > 0 else []
        self.req_to_blocks[request.request_id] = blocks + list(computed_blocks) + new
        return new

    def cache_blocks(self, request):
        blocks = self.req_to_blocks.get(request.request_id)
        if blocks:
            self.block_pool.cache_full_blocks(request, blocks, self.block_size)

    def free(self, request):
        blocks = self.req_to_blocks.pop(request.request_id, [])
        # The last block first, and by an iterator, as the real one does.
        self.block_pool.free_blocks(reversed(blocks))
