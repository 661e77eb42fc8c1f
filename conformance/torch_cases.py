"""Cases of single operations and of random graphs, with PyTorch's results in float64."""
import numpy as np

from graph import Graph

EXTENTS = [1, 2, 3, 4, 5, 7, 8, 12]
UNARY = "neg exp sigmoid tanh sin cos square abs relu elu gelu silu softplus".split()
#: For positive numbers only.
POSITIVE = "log sqrt reciprocal".split()
BINARY = "add sub mul maximum minimum less".split()


class Draw:
    """Random shapes and numbers; `largest` is the maximum number of elements of an input."""

    def __init__(self, seed, largest):
        self.rng = np.random.default_rng(seed)
        self.largest = largest

    def one(self, choices):
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, probability):
        return self.rng.random() < probability

    def whole(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def shape(self, low=0, high=4):
        while True:
            shape = [self.one(EXTENTS) for _ in range(self.whole(low, high))]
            if np.prod(shape, dtype=int) <= self.largest:
                return shape

    def numbers(self, shape, low=None):
        """Standard normal numbers; with `low`, `low` plus their absolute values."""
        values = self.rng.standard_normal(shape)
        return values.astype(np.float32) if low is None else (low + np.abs(values)).astype(np.float32)

    def part(self, shape):
        """A shape that broadcasts to this one."""
        shape = [1 if self.chance(0.3) else n for n in shape]
        return shape[self.whole(0, len(shape)) :] if self.chance(0.4) else shape

    def axes(self, rank):
        return [d for d in range(rank) if self.chance(0.5)] or ([self.whole(0, rank - 1)] if rank else [])


def reducing(g, draw, x, name):
    return g.op(name, x, axes=draw.axes(x.rank), keepDims=bool(draw.chance(0.5)))


def transposed(g, draw, x):
    return g.op("transpose", x, order=[int(d) for d in draw.rng.permutation(x.rank)]) if x.rank else x


def sliced(g, draw, x):
    begin = [draw.whole(0, n - 1) for n in x.shape]
    return g.op("slice", x, begin=begin, end=[draw.whole(b + 1, n) for b, n in zip(begin, x.shape)]) if x.rank else x


def repeated(g, draw, x):
    shape = [draw.whole(2, 3) if n == 1 else n for n in x.shape]
    return g.op("broadcastTo", x, shape=([2] if draw.chance(0.3) else []) + shape)


def merged(g, draw, x):
    """Merges two neighbouring dimensions."""
    if x.rank < 2:
        return g.op("reshape", x, shape=[1, *x.shape])
    d = draw.whole(0, x.rank - 2)
    return g.op("reshape", x, shape=[*x.shape[:d], x.shape[d] * x.shape[d + 1], *x.shape[d + 2 :]])


VIEWS = [transposed, sliced, repeated, merged]


def convolution(draw, name):
    """Shapes and options of a convolution or a transposed one."""
    kernel = [draw.whole(1, 4), draw.whole(1, 4)]
    padding = draw.one(["same", "valid"])
    low = max(kernel) if padding == "valid" and name == "conv2d" else 1
    image = [draw.whole(1, 2), draw.whole(low, low + 4), draw.whole(low, low + 4), draw.one([1, 2, 3, 4, 5, 8])]
    stride = draw.one([1, 2, 3, [1, 2], [2, 1], [3, 2]])
    filters = draw.one([1, 2, 3, 4, 8])
    channels = [image[3], filters] if name == "conv2d" else [filters, image[3]]
    return image, [*kernel, *channels], {"stride": stride, "padding": padding}


def operation(draw, name, number):
    """One operation, with random views before and after it."""
    g = Graph(f"{name} {number}")
    view = lambda x: draw.one(VIEWS)(g, draw, x) if draw.chance(0.4) else x
    if name in UNARY + POSITIVE + ["leakyRelu"]:
        x = g.input(draw.numbers(draw.shape(), 0.3 if name in POSITIVE else None))
        y = g.op(name, view(x), **({"slope": draw.one([0.0, 0.1, 0.3])} if name == "leakyRelu" else {}))
    elif name in BINARY + ["div", "pow"]:
        shape = draw.shape()
        first = g.input(draw.numbers(shape, 0.3 if name == "pow" else None))
        second = g.input(draw.numbers(draw.part(shape), 0.4 if name == "div" else None))
        # Half of the time, the broadcast operand comes first.
        y = g.op(name, first, second) if name in ("div", "pow") or draw.chance(0.5) else g.op(name, second, first)
    elif name == "where" or name == "clip":
        shape = draw.shape()
        a, b, c = [g.input(draw.numbers(draw.part(shape) if d else shape)) for d in range(3)]
        y = g.op("where", g.op("less", a, 0.2), b, c) if name == "where" else g.op("clip", a, g.op("sub", b, 1.0), g.op("add", c, 1.0))
    elif name in ("sum", "mean", "max", "min"):
        y = reducing(g, draw, view(g.input(draw.numbers(draw.shape(1)))), name)
    elif name in ("argMax", "argMin"):
        x = g.input(draw.numbers(draw.shape(1)))
        y = g.op(name, x, axis=draw.whole(0, x.rank - 1))
    elif name == "matmul":
        m, k, n = [draw.one(EXTENTS + [17, 33]) for _ in range(3)]
        a, b = g.input(draw.numbers([m, k])), g.input(draw.numbers([n, k]))
        y = g.op("matmul", a, g.op("transpose", b, order=[1, 0]))
    elif name in ("conv2d", "conv2dTranspose"):
        image, kernel, options = convolution(draw, name)
        x, w = g.input(draw.numbers(image)), g.input(draw.numbers(kernel))
        y = g.op(name, x, w, **options)
    elif name == "batchNorm":
        shape = [draw.whole(2, 5), *draw.shape(1, 3)]
        channels = [shape[-1]]
        y = g.op(name, g.input(draw.numbers(shape)), g.input(draw.numbers(channels)), g.input(draw.numbers(channels)))
    elif name == "concat":
        shape, axis = draw.shape(1, 3), None
        axis = draw.whole(0, len(shape) - 1)
        parts = [g.input(draw.numbers([draw.whole(1, 5) if d == axis else n for d, n in enumerate(shape)])) for _ in range(draw.whole(2, 4))]
        y = g.op(name, *[p for p in parts], axis=axis)
    elif name == "gatherRows":
        rows = draw.numbers(draw.shape(1, 3))
        indices = draw.rng.integers(0, len(rows), draw.whole(1, 9)).astype(np.uint32)
        y = g.op(name, g.input(rows), g.input(indices))
    else:
        y = draw.one(VIEWS)(g, draw, draw.one(VIEWS)(g, draw, g.input(draw.numbers(draw.shape(1)))))
    if name in ("argMax", "argMin"):
        return g.case([y], [(y.value.numpy().astype(np.uint32), {"absolute": 0})])
    return g.case_of_torch([view(y)], draw.rng)


NAMES = UNARY + POSITIVE + BINARY + "leakyRelu div pow where clip sum mean max min argMax argMin matmul".split()
NAMES += "conv2d conv2d conv2dTranspose conv2dTranspose batchNorm concat gatherRows views views".split()


def operations(count, seed, largest):
    """`count` cases, which take all operations in turn."""
    draw = Draw(seed, largest)
    cases = []
    while len(cases) < count:
        case = operation(draw, NAMES[len(cases) % len(NAMES)], len(cases))
        if case is not None:
            cases.append(case)
    return cases


def grown(g, draw, values):
    """Adds a random operation on values of the graph; None if it does not fit."""
    x = draw.one(values)
    kind = draw.one(["unary", "unary", "binary", "binary", "number", "reduce", "view", "matmul", "conv", "concat", "norm", "stop"])
    if kind == "unary":
        return g.op(draw.one([name for name in UNARY if name not in ("exp", "square")]), x)
    if kind == "number":
        return g.op(draw.one(["add", "mul", "maximum", "minimum"]), x, round(float(draw.rng.standard_normal()), 2))
    if kind == "binary":
        others = [v for v in values if np.prod(np.broadcast_shapes(v.shape, x.shape), dtype=int) <= draw.largest] if x.rank == 0 else [
            v for v in values if v.shape == x.shape or v.shape == x.shape[v.rank * -1 :] or np.prod(v.shape, dtype=int) == 1
        ]
        return g.op(draw.one(["add", "sub", "mul", "maximum", "minimum"]), x, draw.one(others)) if others else None
    if kind == "reduce":
        return reducing(g, draw, x, draw.one(["sum", "mean", "max", "min"])) if x.rank else None
    if kind == "view":
        return draw.one(VIEWS)(g, draw, x) if np.prod(x.shape, dtype=int) <= draw.largest / 9 else None
    if kind == "matmul" and x.rank == 2:
        others = [v for v in values if v.rank == 2 and v.shape[0] == x.shape[1]]
        other = draw.one(others) if others else g.op("transpose", x, order=[1, 0])
        return g.op("matmul", x, other)
    if kind == "conv" and x.rank == 4:
        kernels = [v for v in values if v.rank == 4 and v.shape[2] == x.shape[3] and max(v.shape[:2]) <= 5]
        return g.op("conv2d", x, draw.one(kernels), stride=draw.whole(1, 2), padding="same") if kernels else None
    if kind == "concat" and x.rank:
        axis = draw.whole(0, x.rank - 1)
        same = lambda v: v.rank == x.rank and all(d == axis or n == m for d, (n, m) in enumerate(zip(v.shape, x.shape)))
        return g.op("concat", x, draw.one([v for v in values if same(v)]), axis=axis)
    if kind == "norm" and x.rank > 1 and x.shape[0] > 1:
        vectors = [v for v in values if v.shape == x.shape[-1:]]
        return g.op("batchNorm", x, draw.one(vectors), draw.one(vectors)) if vectors else None
    if kind == "stop" and draw.chance(0.3):
        return g.op("stopGradient", x)
    return None


def graph(draw, number, most):
    g = Graph(f"graph {number}")
    channels = draw.one([1, 3, 4])
    leaves = [[draw.whole(2, 3), 4, draw.one([3, 4]), channels], [3, 3, channels, channels], [channels], [4, draw.one([3, 8])], [8, 4], draw.shape(0, 3)]
    values = [g.input(draw.numbers(shape)) for shape in leaves]
    wanted = draw.whole(5, most)
    while len(g.nodes) < wanted:
        y = grown(g, draw, values)
        if y is None:
            continue
        # Keeps numbers in a range in which float32 is accurate.
        values.append(g.op("tanh", y) if float(y.value.detach().abs().max()) > 20 else y)
    unread = values[len(leaves) :][-6:]
    outputs = [v for v in unread if np.prod(v.shape, dtype=int) <= draw.largest][-3:]
    return g.case_of_torch(outputs, draw.rng) if outputs else None


def graphs(count, seed, largest, most=40):
    """`count` random graphs of up to `most` operations."""
    draw = Draw(seed, largest)
    cases = []
    while len(cases) < count:
        case = graph(draw, len(cases), most)
        if case is not None:
            cases.append(case)
    return cases
