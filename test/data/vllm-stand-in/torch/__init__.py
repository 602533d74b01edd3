"""As much of torch as the runtime layer touches, on lists, for the tests without a GPU.

Work done while a graph is captured is remembered by the graph and done again by its
replay, as on a device; so counters that live "on the device" behave as they would.
"""

from . import compiler, cuda

int64 = "int64"
float32 = "float32"
float64 = "float64"


class Tensor:
    """One or two dimensions. A view shares its values with what it is a view of."""

    device = "cpu"

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

    def clamp(self, low, high):
        return self._like([low if v < low else high if v > high else v for v in self.values])

    def add(self, other, alpha=1):
        if not isinstance(other, Tensor):
            return self._like([value + other for value in self.values])
        assert self.shape == other.shape
        return self._like([a + alpha * b for a, b in zip(self.values, other.values)])

    def __mul__(self, other):
        return self._like([value * other for value in self.values])

    def __getitem__(self, key):
        rows, columns = (range(size)[part] for size, part in zip(self.shape, key))
        width = self.shape[1]
        values = [self.values[row * width + column] for row in rows for column in columns]
        return Tensor(values, (len(rows), len(columns)), self.dtype)

    def triu(self, diagonal):
        width = self.shape[1]
        return self._like(
            [
                value if place % width - place // width >= diagonal else 0
                for place, value in enumerate(self.values)
            ]
        )

    def t(self):
        rows, columns = self.shape
        values = [self.values[row * columns + column] for column in range(columns) for row in range(rows)]
        return Tensor(values, (columns, rows), self.dtype)

    def expand(self, count):
        assert len(self.values) == 1
        return Tensor(self.values * count, (count,), self.dtype)

    # -- views

    def view(self, *shape):
        return Tensor(self.values, shape, self.dtype)

    def reshape(self, *shape):
        assert shape == (-1,)
        return self.view(len(self.values))

    # -- in place, and so again at each replay

    def scatter_add_(self, dim, index, source):
        assert dim == 0 and len(index.values) == len(source.values)

        def work():
            for place, value in zip(index.values, source.values):
                self.values[place] += value

        cuda.do(work)
        return self

    def scatter_(self, dim, index, value):
        assert dim == 1
        for place, column in enumerate(index.values):
            self.values[place // index.shape[1] * self.shape[1] + column] = value
        return self

    def add_(self, other):
        assert self.shape == other.shape

        def work():
            for place, value in enumerate(other.values):
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


def mm(left, right):
    rows, inner = left.shape
    columns = right.shape[1]
    values = [
        sum(left.values[row * inner + k] * right.values[k * columns + column] for k in range(inner))
        for row in range(rows)
        for column in range(columns)
    ]
    return Tensor(values, (rows, columns), left.dtype)


def zeros(*shape, dtype=int64, device=None):
    count = 1
    for size in shape:
        count *= size
    return Tensor([0] * count, shape, dtype)


def ones(count, dtype=int64, device=None):
    return Tensor([1] * count, (count,), dtype)


def tensor(rows, dtype=int64):
    values = [value for row in rows for value in row]
    return Tensor(values, (len(rows), len(rows[0]) if rows else 0), dtype)


__all__ = ["compiler", "cuda"]
