"""As much of torch as the runtime layer touches, on lists, for the tests without a GPU.

Work done while a graph is captured is remembered by the graph and done again by its
replay, as on a device; so counters that live "on the device" behave as they would.
"""

from . import compiler, cuda

int64 = "int64"
float32 = "float32"


class Tensor:
    def __init__(self, values, shape, dtype=int64):
        self.values = values
        self.shape = shape
        self.dtype = dtype

    # -- made anew

    def _like(self, values, dtype=None):
        return Tensor(values, self.shape, dtype or self.dtype)

    def to(self, target, non_blocking=False):
        if target == int64:
            return self._like([int(value) for value in self.values], int64)
        return self._like(list(self.values))

    def float(self):
        return self._like([float(value) for value in self.values], float32)

    def clamp(self, min=None, max=None):
        low, high = min, max
        return self._like([low if v < low else high if v > high else v for v in self.values])

    def reshape(self, *shape):
        assert shape == (-1,)
        return Tensor(list(self.values), (len(self.values),), self.dtype)

    def __ge__(self, other):
        return self._like([value >= other for value in self.values], "bool")

    def __mul__(self, other):
        if isinstance(other, Tensor):
            return _both(self, other, lambda a, b: a * b)
        return self._like([value * other for value in self.values])

    def __add__(self, other):
        return _both(self, other, lambda a, b: a + b)

    def __getitem__(self, key):
        rows, columns = key
        assert rows == slice(None)
        width = self.shape[1]
        chosen = range(width)[columns]
        values = [self.values[row * width + col] for row in range(self.shape[0]) for col in chosen]
        return Tensor(values, (self.shape[0], len(chosen)), self.dtype)

    # -- in place, and so again at each replay

    def scatter_add_(self, dim, index, source):
        assert dim == 0 and len(index.values) == len(source.values)

        def work():
            for place, value in zip(index.values, source.values):
                self.values[place] += value

        cuda.do(work)
        return self

    def zero_(self):
        self.values[:] = [0] * len(self.values)
        return self

    # -- back to Python

    def tolist(self):
        assert cuda.capturing_graph() is None, "operation not permitted when stream is capturing"
        return list(self.values)

    def topk(self, count):
        order = sorted(range(len(self.values)), key=lambda place: -self.values[place])[:count]

        class Top:
            indices = Tensor(order, (len(order),))
            values = Tensor([self.values[place] for place in order], (len(order),))

        return Top


def _both(left, right, combine):
    if left.shape == right.shape:
        return left._like([combine(a, b) for a, b in zip(left.values, right.values)])
    rows = len(left.shape) == 2 and left.shape[0]
    width = max(left.shape[1], right.shape[1])
    values = []
    for row in range(rows):
        for column in range(width):
            a = left.values[row * left.shape[1] + min(column, left.shape[1] - 1)]
            b = right.values[row * right.shape[1] + min(column, right.shape[1] - 1)]
            values.append(combine(a, b))
    return Tensor(values, (rows, width), left.dtype)


def minimum(left, right):
    return _both(left, right, min)


def maximum(left, right):
    return _both(left, right, max)


def zeros(count, dtype=int64, device=None):
    return Tensor([0] * count, (count,), dtype)


def tensor(rows, dtype=int64):
    values = [value for row in rows for value in row]
    return Tensor(values, (len(rows), len(rows[0]) if rows else 0), dtype)


__all__ = ["compiler", "cuda"]
