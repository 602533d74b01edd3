"""Which experts the router picks, from counts that are kept on the device.

Python inside the model runs only while a CUDA graph is captured, never when it is
replayed. So each layer has counters on the device, and what adds to them is part of
the captured graph. Now and then they are copied to the host, read when the copy is
seen to be done. Nothing waits.
"""

from __future__ import annotations

import os
import sys
import time

from ..tables import blank

WEIGHT_BUCKETS = 20
_PAIRS_A_LAYER = 400
_MOST_EXPERTS = 1024
# Finished requests whose experts are not counted yet: a flush takes all there are.
_MOST_WAITING = 4096
_LAST_READ_WAITS_SEC = 0.2


class Layer:
    """Counters of one layer. `bins` are weights from 0 to 1 in equal buckets.

    On the device they have a place in front and one behind, for ids that name no expert
    (rows of padding, experts that compute nothing); those are dropped on the host.
    """

    __slots__ = (
        "index",
        "experts",
        "top_k",
        "one",
        "pairs",
        "bins",
        "counts",
        "host",
        "arrived",
        "before",
        "seen",
    )

    def __init__(self, index, experts, top_k):
        self.index = index
        self.experts = experts
        self.top_k = top_k
        self.one = None
        self.pairs = None
        self.bins = None
        self.counts = None
        self.host = None
        self.arrived = None
        self.before = None
        self.seen = False


class Moe:
    FOLDER = "moe_expert_tracking/"

    def __init__(self, recorder, coselection, every_seconds):
        self._recorder = recorder
        self._coselection = coselection
        self._every_ns = int(every_seconds * 1e9)
        self.imbalance = recorder.table(
            self.FOLDER + "moe_load_imbalance.csv",
            "layer_idx,timestamp_sec,std_dev,max_min_ratio,mean,max,min,activations",
            "%d,%.6f,%.4f,%s,%.4f,%d,%d,%d",
        )
        recorder.counts(self.FOLDER + "moe_expert_activations.csv", self._render_activations)
        recorder.counts(self.FOLDER + "moe_expert_coselection.csv", self._render_pairs)
        recorder.counts(self.FOLDER + "moe_routing_weights_hist.csv", self._render_weights)
        recorder.counts(self.FOLDER + "moe_summary.json", self._render_summary)
        recorder.before_flush.append(self.absorb)
        self.forget()

    def forget(self):
        self.source = None
        self.layers = {}
        self._copy = None
        self._next = 0
        self._version = 0
        self._waiting = []
        self._rendered = {}

    # -- on the device

    def prepare(self, index, experts, top_k, device):
        """Makes a layer's counters, outside of any capture."""
        if experts <= 0 or experts > _MOST_EXPERTS or index in self.layers:
            return None
        torch = sys.modules["torch"]
        layer = Layer(index, experts, top_k)
        places = experts + 2
        layer.one = torch.ones(1, dtype=torch.int64, device=device)
        layer.bins = torch.zeros(places * WEIGHT_BUCKETS, dtype=torch.int64, device=device)
        if self._coselection and top_k > 1:
            # Whole numbers to 2^53; a product of matrices is added to them.
            layer.pairs = torch.zeros(places * places, dtype=torch.float64, device=device)
        self.layers[index] = layer
        self.source = "router"
        return layer

    def routed(self, layer, weights, ids):
        """Adds one batch of choices; only additions on the device, so a graph may hold them.

        Twelve small kernels, whatever the number of experts a row: eight without pairs.
        """
        torch = sys.modules["torch"]
        places = layer.experts + 2
        chosen = ids.to(torch.int64).add(1).clamp(0, places - 1)
        bucket = (weights.float() * WEIGHT_BUCKETS).to(torch.int64).clamp(0, WEIGHT_BUCKETS - 1)
        place = bucket.add(chosen, alpha=WEIGHT_BUCKETS).reshape(-1)
        layer.bins.scatter_add_(0, place, layer.one.expand(place.shape[0]))
        if layer.pairs is not None:
            rows = torch.zeros(
                chosen.shape[0], places, dtype=torch.float32, device=chosen.device
            ).scatter_(1, chosen, 1.0)
            # Sums of products of zeros and ones, far below what single precision holds.
            layer.pairs.view(places, places).add_(torch.mm(rows.t(), rows))
        layer.seen = True

    def clear(self):
        """What warm-up and capture have counted is no request's."""
        for layer in self.layers.values():
            for counters in (layer.pairs, layer.bins):
                if counters is not None and hasattr(counters, "zero_"):
                    counters.zero_()
            layer.before = None

    # -- to the host

    def step(self, now_ns):
        """Called once a step, on its thread: takes a finished copy, or starts one."""
        if not self.layers or self.source != "router":
            return
        if self._copy is not None:
            event, at, copies = self._copy
            if event is None or event.query():
                self._copy = None
                self._arrived(at, copies)
            return
        if now_ns >= self._next:
            self._next = now_ns + self._every_ns
            self._start_copy(now_ns)

    def read_now(self):
        """At the end. Waits for the copy a moment and no longer: the device may hang."""
        if not self.layers or self.source != "router":
            return
        self.step(0)
        if self._copy is None:
            self._start_copy(time.monotonic_ns())
        for _ in range(20):
            self.step(0)
            if self._copy is None:
                return
            time.sleep(_LAST_READ_WAITS_SEC / 20)

    def _start_copy(self, now_ns):
        cuda = sys.modules["torch"].cuda
        # A torch without CUDA has nothing to ask whether it captures.
        if cuda.is_initialized() and cuda.is_current_stream_capturing():
            return
        copies = []
        for layer in self.layers.values():
            if layer.seen:
                copies.append(
                    (layer,)
                    + tuple(
                        None if each is None else each.to("cpu", non_blocking=True)
                        for each in (layer.bins, layer.pairs)
                    )
                )
        if not copies:
            return
        event = None
        if cuda.is_initialized():
            event = cuda.Event()
            event.record()
        self._copy = (event, now_ns, copies)

    @staticmethod
    def _arrived(at_ns, copies):
        """Left for the flusher: turning them into numbers takes longer than a step may."""
        for layer, *counters in copies:
            layer.arrived = (at_ns, *counters)

    def absorb(self):
        """In the flusher's thread; the copies are in the host's memory."""
        self._take_returned()
        for layer in list(self.layers.values()):
            arrived, layer.arrived = layer.arrived, None
            if arrived is not None:
                at_ns, bins, pairs = arrived
                if layer.counts is not None:
                    counts, bins = bins, None
                else:
                    bins = bins.tolist()[WEIGHT_BUCKETS:-WEIGHT_BUCKETS]
                    counts = [
                        sum(bins[start : start + WEIGHT_BUCKETS])
                        for start in range(0, len(bins), WEIGHT_BUCKETS)
                    ]
                self._version += 1
                self._read(layer, self._recorder.seconds(at_ns), counts, bins, pairs)

    def _read(self, layer, at, counts, bins, pairs):
        layer.host = (counts, bins, pairs)
        before = layer.before or [0] * len(counts)
        new = [after - earlier for after, earlier in zip(counts, before)]
        layer.before = counts
        total = sum(new)
        if total <= 0:
            return
        mean = total / len(new)
        deviation = (sum((value - mean) ** 2 for value in new) / len(new)) ** 0.5
        least, most = min(new), max(new)
        self.imbalance.add(
            (
                layer.index,
                at,
                deviation,
                "%.4f" % (most / least) if least else "",
                mean,
                most,
                least,
                total,
            )
        )

    # -- from what the engine returns

    def returned(self, routed, now_ns):
        """Experts the engine returned with a finished request: [token][layer][choice].

        These are exact whatever runs in graphs. They come when requests finish, on the
        engine's thread, and are counted by the flusher: that takes longer than a step may.
        """
        self.source = "returned_experts"
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append((routed, now_ns))
        else:
            self._recorder.limit("moe", "requests finished faster than their experts were counted")

    def _take_returned(self):
        waiting = self._waiting[:]
        # Emptied, not replaced: the engine's thread may be about to append to it.
        del self._waiting[: len(waiting)]
        at_ns = None
        for routed, now_ns in waiting:
            if self._count_returned(routed):
                at_ns = now_ns
        if at_ns is None:
            return
        for layer in list(self.layers.values()):
            if layer.seen:
                layer.arrived = (at_ns, [int(count) for count in layer.counts], layer.pairs)

    def _count_returned(self, routed):
        numpy = sys.modules["numpy"]
        routed = numpy.asarray(routed)
        if routed.ndim != 3 or routed.size == 0:
            return False
        _, layers, top_k = routed.shape
        experts = max(int(routed.max()) + 1, 1)
        if experts > _MOST_EXPERTS:
            return False
        for index in range(layers):
            chosen = routed[:, index, :].astype(numpy.int64)
            layer = self.layers.get(index)
            if layer is None:
                layer = self.layers[index] = Layer(index, experts, top_k)
                layer.counts = numpy.zeros(experts, numpy.int64)
                if self._coselection and top_k > 1:
                    layer.pairs = numpy.zeros((experts, experts), numpy.int64)
            if layer.experts < experts:
                more = experts - layer.experts
                layer.counts = numpy.pad(layer.counts, (0, more))
                if layer.pairs is not None:
                    layer.pairs = numpy.pad(layer.pairs, (0, more))
                layer.experts = experts
            layer.counts += numpy.bincount(chosen[chosen >= 0], minlength=layer.experts)
            if layer.pairs is not None:
                self._count_pairs(numpy, layer, chosen)
            layer.seen = True
        return True

    @staticmethod
    def _count_pairs(numpy, layer, chosen):
        first, second = numpy.triu_indices(chosen.shape[1], 1)
        low = numpy.minimum(chosen[:, first], chosen[:, second])
        high = numpy.maximum(chosen[:, first], chosen[:, second])
        codes = (low * layer.experts + high)[low >= 0]
        counts = numpy.bincount(codes, minlength=layer.experts**2)
        layer.pairs += counts.reshape(layer.experts, layer.experts)

    # -- files

    def _new_layers(self, file):
        """Layers that have been read, or none where `file` has been written since."""
        if self._rendered.get(file) == self._version:
            return []
        self._rendered[file] = self._version
        return [layer for layer in list(self.layers.values()) if layer.host is not None]

    def _tail(self):
        return ",%s,%d\n" % (blank(self._recorder.rank), os.getpid())

    def _render_activations(self):
        layers = self._new_layers("activations")
        if not layers:
            return None
        lines = ["layer_idx,expert_id,activation_count,percentage,rank,pid\n"]
        tail = self._tail()
        for layer in layers:
            counts = layer.host[0]
            total = sum(counts)
            for expert, count in enumerate(counts):
                share = "%.4f" % (100.0 * count / total) if total else ""
                lines.append("%d,%d,%d,%s%s" % (layer.index, expert, count, share, tail))
        return "".join(lines)

    def _render_pairs(self):
        layers = [layer for layer in self._new_layers("pairs") if layer.host[2] is not None]
        if not layers:
            return None
        lines = ["layer_idx,expert_id_1,expert_id_2,coselection_count,rank,pid\n"]
        tail = self._tail()
        for layer in layers:
            found = _largest(layer.host[2], layer.experts)
            for (first, second), count in found:
                lines.append("%d,%d,%d,%d%s" % (layer.index, first, second, count, tail))
        return "".join(lines)

    def _render_weights(self):
        layers = [layer for layer in self._new_layers("weights") if layer.host[1] is not None]
        if not layers:
            return None
        # One row a bucket: a row a token, as the column token_idx had it, has no bound.
        lines = ["layer_idx,token_idx,expert_id,weight,weight_low,weight_high,count,rank,pid\n"]
        tail = self._tail()
        width = 1.0 / WEIGHT_BUCKETS
        for layer in layers:
            for place, count in enumerate(layer.host[1]):
                if count:
                    expert, bucket = divmod(place, WEIGHT_BUCKETS)
                    lines.append(
                        "%d,,%d,%.4f,%.4f,%.4f,%d%s"
                        % (
                            layer.index,
                            expert,
                            (bucket + 0.5) * width,
                            bucket * width,
                            (bucket + 1) * width,
                            count,
                            tail,
                        )
                    )
        return "".join(lines)

    def _render_summary(self):
        layers = self._new_layers("summary")
        if not layers:
            return None
        result = {"source": self.source}
        for layer in layers:
            counts = layer.host[0]
            total = sum(counts)
            mean = total / len(counts)
            used = sum(1 for count in counts if count)
            result["layer_%d" % layer.index] = {
                "num_experts": len(counts),
                "top_k": layer.top_k,
                "total_activations": total,
                "unique_experts_activated": used,
                "activation_coverage_pct": round(100.0 * used / len(counts), 4),
                "mean": round(mean, 4),
                "std": round((sum((count - mean) ** 2 for count in counts) / len(counts)) ** 0.5, 4),
                "min": min(counts),
                "max": max(counts),
                "load_balance_ratio": round(max(counts) / min(counts), 4) if min(counts) else None,
            }
        return result


def _largest(pairs, experts):
    """The pairs seen most, as ((first, second), count)."""
    if not hasattr(pairs, "topk"):
        # Of the engine's own counts, in the host's memory.
        counts = pairs.reshape(-1)
        places = counts.argsort()[::-1][:_PAIRS_A_LAYER].tolist()
        found = [(divmod(place, experts), int(counts[place])) for place in places if counts[place]]
    else:
        places = experts + 2
        # Each pair once; the library picks them without holding the interpreter's lock.
        above = pairs.view(places, places)[1:-1, 1:-1].triu(1).reshape(-1)
        top = above.topk(min(_PAIRS_A_LAYER, experts * experts))
        found = [
            (divmod(place, experts), int(count))
            for place, count in zip(top.indices.tolist(), top.values.tolist())
            if count
        ]
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    return found[:_PAIRS_A_LAYER]
