"""Running figures in bounded memory."""

from __future__ import annotations

import random

SAMPLES = 4096


class Distribution:
    """Count, sum, least and greatest exactly; percentiles of up to 4,096 values drawn evenly."""

    __slots__ = ("count", "total", "least", "most", "squares", "samples", "_draw")

    def __init__(self):
        self.count = 0
        self.total = 0.0
        self.squares = 0.0
        self.least = None
        self.most = None
        self.samples = []
        # Of its own, so that vLLM's seeded random numbers stay the same.
        self._draw = random.Random(0)

    def add(self, value):
        self.count += 1
        self.total += value
        self.squares += value * value
        if self.least is None or value < self.least:
            self.least = value
        if self.most is None or value > self.most:
            self.most = value
        if len(self.samples) < SAMPLES:
            self.samples.append(value)
        else:
            place = int(self._draw.random() * self.count)
            if place < SAMPLES:
                self.samples[place] = value

    def percentile(self, share):
        """Linear between neighbours, as numpy's default."""
        ordered = sorted(self.samples)
        if not ordered:
            return None
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    def as_json(self, unit):
        if self.count == 0:
            return {"count": 0}
        mean = self.total / self.count
        variance = max(0.0, self.squares / self.count - mean * mean)
        return {
            "count": self.count,
            "total_" + unit: round(self.total, 6),
            "mean_" + unit: round(mean, 6),
            "std_" + unit: round(variance**0.5, 6),
            "min_" + unit: round(self.least, 6),
            "max_" + unit: round(self.most, 6),
            "p50_" + unit: round(self.percentile(0.50), 6),
            "p95_" + unit: round(self.percentile(0.95), 6),
            "p99_" + unit: round(self.percentile(0.99), 6),
            "percentiles_of": len(self.samples),
        }
