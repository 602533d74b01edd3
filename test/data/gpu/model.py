"""A decoder shaped like Llama's with random weights, over a KV cache in blocks.

Attention by `scaled_dot_product_attention` where torch has it (2.0 and later), grouped
queries; RMSNorm, rotary positions, SwiGLU or a mixture of experts. Nothing here waits for
the device and all shapes are known on the host, so that any step can be captured into a
CUDA graph.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as functional

BLOCK = 16


@dataclass
class Config:
    layers: int = 8
    hidden: int = 2048
    heads: int = 16
    kv_heads: int = 4
    intermediate: int = 5632
    vocabulary: int = 32000
    experts: int = 0
    top_k: int = 2
    slots: int = 16
    length: int = 1024

    @property
    def head(self):
        return self.hidden // self.heads

    @property
    def blocks(self):
        """Blocks a request can hold."""
        return -(-self.length // BLOCK)

    def as_json(self):
        return asdict(self)


class Batch:
    """Device tensors of a step. `shape` holds what the host knows of it.

    tokens, positions, places: int64 [rows]; `places` are rows' places in the KV cache.
    tables: int64 [requests, blocks]; lengths: int64 [requests], what is in the cache after
    the step. last: int64 [requests], the row each request's next token is sampled from.
    """

    def __init__(self, tokens, positions, places, tables, lengths, last, shape):
        self.tokens = tokens
        self.positions = positions
        self.places = places
        self.tables = tables
        self.lengths = lengths
        self.last = last
        self.shape = shape


def rms_norm(rows, weight):
    wide = rows.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-5)).to(rows.dtype) * weight


def rotate(rows, cosine, sine):
    """rows: [n, heads, head]; cosine and sine: [n, 1, head / 2]."""
    left, right = rows.chunk(2, dim=-1)
    return torch.cat((left * cosine - right * sine, right * cosine + left * sine), dim=-1)


def attend(queries, keys, values, mask=None, causal=False):
    """[requests, heads, rows, head] each; keys and values may have fewer heads."""
    groups = queries.shape[1] // keys.shape[1]
    # Not repeat_interleave: older ones wait for the device to learn a size.
    keys, values = (
        each[:, :, None].expand(-1, -1, groups, -1, -1).flatten(1, 2) for each in (keys, values)
    )
    fused = getattr(functional, "scaled_dot_product_attention", None)
    if fused is not None:
        return fused(queries, keys, values, attn_mask=mask, is_causal=causal)
    scores = queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5
    if causal:
        size = queries.shape[-2]
        mask = torch.ones(size, size, dtype=torch.bool, device=queries.device).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return torch.softmax(scores, dim=-1) @ values


class Layer:
    def __init__(self, config, make):
        rows = (config.heads + 2 * config.kv_heads) * config.head
        self.config = config
        self.norm1 = make(config.hidden, one=True)
        self.norm2 = make(config.hidden, one=True)
        self.qkv = make(config.hidden, rows)
        self.out = make(config.heads * config.head, config.hidden)
        if config.experts:
            self.router = make(config.hidden, config.experts)
            self.up = make(config.experts, config.hidden, 2 * config.intermediate)
            self.down = make(config.experts, config.intermediate, config.hidden)
        else:
            self.up = make(config.hidden, 2 * config.intermediate)
            self.down = make(config.intermediate, config.hidden)
        cache = (config.slots * config.blocks * BLOCK, config.kv_heads, config.head)
        self.keys = make(*cache, zero=True)
        self.values = make(*cache, zero=True)

    def __call__(self, rows, batch, cosine, sine):
        rows = rows + self.attention(rms_norm(rows, self.norm1), batch, cosine, sine)
        narrow = rms_norm(rows, self.norm2)
        return rows + (self.mixture(narrow) if self.config.experts else self.feed(narrow))

    def attention(self, rows, batch, cosine, sine):
        c = self.config
        queries, keys, values = (rows @ self.qkv).split(
            (c.heads * c.head, c.kv_heads * c.head, c.kv_heads * c.head), dim=-1
        )
        queries = rotate(queries.reshape(-1, c.heads, c.head), cosine, sine)
        keys = rotate(keys.reshape(-1, c.kv_heads, c.head), cosine, sine)
        self.keys.index_copy_(0, batch.places, keys)
        self.values.index_copy_(0, batch.places, values.reshape(-1, c.kv_heads, c.head))
        done = self.decode if batch.shape.get("decode") else self.chunks
        return done(queries, batch).reshape(-1, c.heads * c.head) @ self.out

    def cached(self, tables):
        """Keys and values of whole blocks: [requests, kv_heads, blocks * BLOCK, head]."""
        c = self.config
        shape = (-1, BLOCK, c.kv_heads, c.head)
        found = []
        for cache in (self.keys, self.values):
            blocks = cache.view(shape)[tables]
            found.append(blocks.flatten(1, 2).transpose(1, 2))
        return found

    def decode(self, queries, batch):
        """One row a request, over all that its table can hold: the shape a graph needs."""
        keys, values = self.cached(batch.tables)
        places = torch.arange(keys.shape[2], device=keys.device)
        mask = (places[None, :] < batch.lengths[:, None])[:, None, None, :]
        return attend(queries[:, :, None, :], keys, values, mask=mask)

    def chunks(self, queries, batch):
        """Rows of each request over its own cache, one request after the other."""
        found = []
        first = 0
        for request, (tokens, end) in enumerate(batch.shape["parts"]):
            blocks = -(-end // BLOCK)
            keys, values = self.cached(batch.tables[request : request + 1, :blocks])
            own = queries[first : first + tokens].transpose(0, 1)[None]
            keys, values = keys[:, :, :end], values[:, :, :end]
            if tokens == end:
                seen = attend(own, keys, values, causal=True)
            else:
                at = torch.arange(end - tokens, end, device=keys.device)
                mask = at[:, None] >= torch.arange(end, device=keys.device)[None, :]
                seen = attend(own, keys, values, mask=mask)
            found.append(seen[0].transpose(0, 1))
            first += tokens
        return torch.cat(found)

    def feed(self, rows):
        gate, up = (rows @ self.up).chunk(2, dim=-1)
        return (functional.silu(gate) * up) @ self.down

    def mixture(self, rows):
        """Every expert on every row, weighted by the router: shapes do not depend on the choice."""
        scores = torch.softmax((rows @ self.router).float(), dim=-1)
        weights, chosen = scores.topk(self.config.top_k, dim=-1)
        weights = weights / weights.sum(-1, keepdim=True)
        share = torch.zeros_like(scores).scatter_(1, chosen, weights).to(rows.dtype)
        gate, up = torch.matmul(rows[None], self.up).chunk(2, dim=-1)
        each = torch.matmul(functional.silu(gate) * up, self.down)
        return (each * share.t()[:, :, None]).sum(0)


class Model:
    def __init__(self, config, device, dtype):
        self.config = config
        generator = torch.Generator(device=device).manual_seed(0)

        def make(*shape, one=False, zero=False):
            if one:
                return torch.ones(*shape, device=device, dtype=dtype)
            if zero:
                return torch.zeros(*shape, device=device, dtype=dtype)
            scale = shape[-2] ** -0.5
            drawn = torch.randn(*shape, device=device, dtype=torch.float32, generator=generator)
            return (drawn * scale).to(dtype)

        self.embedding = make(config.vocabulary, config.hidden)
        self.layers = [Layer(config, make) for _ in range(config.layers)]
        self.norm = make(config.hidden, one=True)
        self.head = make(config.hidden, config.vocabulary)
        half = torch.arange(0, config.head, 2, device=device, dtype=torch.float32)
        angles = torch.arange(config.length, device=device)[:, None] * (10000.0 ** (-half / config.head))
        self.cosine = angles.cos().to(dtype)[:, None, :]
        self.sine = angles.sin().to(dtype)[:, None, :]

    def forward(self, batch):
        """Logits of each request's last row: [requests, vocabulary]."""
        rows = self.embedding[batch.tokens]
        cosine, sine = self.cosine[batch.positions], self.sine[batch.positions]
        for layer in self.layers:
            rows = layer(rows, batch, cosine, sine)
        return rms_norm(rows[batch.last], self.norm) @ self.head

    @staticmethod
    def sample(logits):
        """By weighted chance without a wait for the device, as vLLM does it."""
        shares = torch.softmax(logits.float() / 0.8, dim=-1)
        return (shares / torch.empty_like(shares).exponential_(1.0)).argmax(-1)
