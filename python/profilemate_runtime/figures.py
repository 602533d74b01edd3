"""Running figures in bounded memory."""

from __future__ import annotations

import random
from collections import deque
from operator import mul

SAMPLES = 2048
_MOST_NEW = 8192


class Distribution:
    """Count, sum, least and greatest exactly; percentiles of up to 2,048 values drawn evenly.

    `add` is called in a step and only keeps the value; what it does to the figures is
    worked out when they are asked for, by the flusher.
    """

    __slots__ = ("_new", "_count", "_total", "_squares", "_least", "_most", "_samples", "_draw")

    def __init__(self):
        self._new = deque()
        self._count = 0
        self._total = 0.0
        self._squares = 0.0
        self._least = None
        self._most = None
        self._samples = []
        # Of its own, so that vLLM's seeded random numbers stay the same.
        self._draw = random.Random(0)

    def add(self, value):
        self._new.append(value)
        if len(self._new) > _MOST_NEW:
            self._settle()

    def _settle(self):
        new = []
        # One by one: a step may be about to add to the very list that is taken away as a whole.
        try:
            while True:
                new.append(self._new.popleft())
        except IndexError:
            pass
        if not new:
            return self
        self._total += sum(new)
        self._squares += sum(map(mul, new, new))
        least, most = min(new), max(new)
        if self._least is None or least < self._least:
            self._least = least
        if self._most is None or most > self._most:
            self._most = most
        samples = self._samples
        room = SAMPLES - len(samples)
        samples.extend(new[:room])
        seen = self._count + min(room, len(new))
        for value in new[room:]:
            seen += 1
            place = int(self._draw.random() * seen)
            if place < SAMPLES:
                samples[place] = value
        self._count += len(new)
        return self

    @property
    def count(self):
        return self._settle()._count

    @property
    def total(self):
        return self._settle()._total

    @property
    def most(self):
        return self._settle()._most

    def percentiles(self, *shares):
        """Linear between neighbours, as numpy's default."""
        ordered = sorted(self._settle()._samples)
        found = []
        for share in shares:
            place = share * (len(ordered) - 1)
            low = int(place)
            high = min(low + 1, len(ordered) - 1)
            found.append(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
        return found

    def as_json(self, unit):
        count = self.count
        if count == 0:
            return {"count": 0}
        p50, p95, p99 = self.percentiles(0.50, 0.95, 0.99)
        mean = self._total / count
        variance = max(0.0, self._squares / count - mean * mean)
        return {
            "count": count,
            "total_" + unit: round(self._total, 6),
            "mean_" + unit: round(mean, 6),
            "std_" + unit: round(variance**0.5, 6),
            "min_" + unit: round(self._least, 6),
            "max_" + unit: round(self._most, 6),
            "p50_" + unit: round(p50, 6),
            "p95_" + unit: round(p95, 6),
            "p99_" + unit: round(p99, 6),
            "percentiles_of": len(self._samples),
        }
