"""
A graph of the engine's operations, and PyTorch's computation of it.

A case, which conformance/evaluate.ts reads, has inputs, nodes [operation, operands, options], the numbers of the output values, and their
expected contents. An operand is the number of a value (inputs first, then the nodes' results) or {"number": x}. Arrays are float32, or u32
for indices, in base64. Images are [N, H, W, C], kernels [kh, kw, in, out], as in the engine.
"""
import numpy as np
import torch
import torch.nn.functional as F

from arrays import encoded


def zeros_before(size, window, stride, padding):
    """Keras's rule along one dimension: zeros before the input, zeros after it."""
    if padding == "valid":
        return 0, 0
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def conv2d(x, w, stride=1, padding="same"):
    down, across = (stride, stride) if isinstance(stride, int) else stride
    above, below = zeros_before(x.shape[1], w.shape[0], down, padding)
    left, right = zeros_before(x.shape[2], w.shape[1], across, padding)
    padded = F.pad(x.permute(0, 3, 1, 2), (left, right, above, below))
    return F.conv2d(padded, w.permute(3, 2, 0, 1).contiguous(), stride=(down, across)).permute(0, 2, 3, 1)


def conv2d_transpose(x, w, stride=1, padding="same", outputSize=None):
    down, across = (stride, stride) if isinstance(stride, int) else stride
    grown = lambda n, k, s: n * s + (max(k - s, 0) if padding == "valid" else 0)
    height, width = outputSize or (grown(x.shape[1], w.shape[0], down), grown(x.shape[2], w.shape[1], across))
    above, _ = zeros_before(height, w.shape[0], down, padding)
    left, _ = zeros_before(width, w.shape[1], across, padding)
    whole = F.conv_transpose2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1).contiguous(), stride=(down, across)).permute(0, 2, 3, 1)
    beyond = [max(above + height - whole.shape[1], 0), max(left + width - whole.shape[2], 0)]
    return F.pad(whole, (0, 0, 0, beyond[1], 0, beyond[0]))[:, above : above + height, left : left + width]


def batch_norm(x, gamma, beta, epsilon=1e-3):
    rows = x.reshape(-1, x.shape[-1])
    return F.batch_norm(rows, None, None, gamma, beta, training=True, eps=epsilon).reshape(x.shape)


def part(x, begin, end):
    return x[tuple(slice(b, e) for b, e in zip(begin, end))]


def tensor_like(x, of):
    return x if torch.is_tensor(x) else torch.tensor(x, dtype=of.dtype)


#: Every operation of the engine that cases use, in PyTorch.
OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "maximum": lambda a, b: torch.maximum(a, tensor_like(b, a)),
    "minimum": lambda a, b: torch.minimum(a, tensor_like(b, a)),
    "less": lambda a, b: (a < b).to(a.dtype),
    "pow": lambda a, b: torch.pow(a, b),
    "where": lambda c, a, b: torch.where(c != 0, tensor_like(a, c), tensor_like(b, c)),
    "clip": lambda a, low, high: torch.clamp(a, tensor_like(low, a), tensor_like(high, a)),
    "neg": torch.neg,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "reciprocal": torch.reciprocal,
    "square": torch.square,
    "abs": torch.abs,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "sin": torch.sin,
    "cos": torch.cos,
    "relu": torch.relu,
    "leakyRelu": lambda a, slope: F.leaky_relu(a, slope),
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": lambda a: F.softplus(a, threshold=1e9),
    "sum": lambda a, axes, keepDims: a.sum(axes, keepDims) if axes else a * 1,
    "mean": lambda a, axes, keepDims: a.mean(axes, keepDims) if axes else a * 1,
    "max": lambda a, axes, keepDims: a.amax(axes, keepDims) if axes else a * 1,
    "min": lambda a, axes, keepDims: a.amin(axes, keepDims) if axes else a * 1,
    "argMax": lambda a, axis: a.argmax(axis),
    "argMin": lambda a, axis: a.argmin(axis),
    "matmul": torch.matmul,
    "conv2d": conv2d,
    "conv2dTranspose": conv2d_transpose,
    "batchNorm": batch_norm,
    "reshape": lambda a, shape: a.reshape(shape),
    "transpose": lambda a, order: a.permute(order),
    "slice": part,
    "broadcastTo": lambda a, shape: a.broadcast_to(shape),
    "concat": lambda *parts, axis: torch.cat(parts, axis),
    "gatherRows": lambda rows, indices: rows[indices],
    "stopGradient": lambda a: a.detach(),
}


class Value:
    """One value of a graph: its number, and PyTorch's result for it."""

    def __init__(self, number, value):
        self.number = number
        self.value = value
        self.shape = tuple(value.shape)
        self.rank = len(self.shape)


class Graph:
    def __init__(self, name):
        self.name = name
        self.inputs = []
        self.nodes = []
        self.values = []

    def input(self, array):
        """Adds an input; u32 arrays are indices."""
        array = np.asarray(array)
        array = array if array.dtype == np.uint32 else array.astype(np.float32)
        assert not self.nodes, "inputs come before operations"
        self.inputs.append(array)
        return self._added(leaf(array, torch.float64))

    def op(self, name, *operands, **options):
        """Adds an operation on values and numbers."""
        values = [o.value if isinstance(o, Value) else o for o in operands]
        result = OPERATIONS[name](*values, **options)
        texts = [o.number if isinstance(o, Value) else {"number": o} for o in operands]
        self.nodes.append([name, texts, options])
        return self._added(result)

    def _added(self, value):
        self.values.append(Value(len(self.values), value))
        return self.values[-1]

    def computed(self, outputs, seeds, dtype):
        """The outputs and, if there are seeds, the gradients of Σ output · seed by every float input, in a given precision."""
        values = [leaf(array, dtype) for array in self.inputs]
        for name, operands, options in self.nodes:
            given = [o["number"] if isinstance(o, dict) else values[o] for o in operands]
            values.append(OPERATIONS[name](*given, **options))
        results = [values[output.number] for output in outputs]
        found = [result.detach() for result in results]
        if seeds is not None:
            loss = sum((result * torch.tensor(seed, dtype=dtype)).sum() for result, seed in zip(results, seeds))
            leaves = [value for value in values[: len(self.inputs)] if value.dtype.is_floating_point]
            gradients = torch.autograd.grad(loss, leaves, allow_unused=True) if loss.requires_grad else [None] * len(leaves)
            found += [torch.zeros_like(x) if g is None else g for g, x in zip(gradients, leaves)]
        return [array.numpy() for array in found]

    def case(self, outputs, expected, **more):
        """The graph as a case: `expected` has pairs of an array and the tolerance of its elements."""
        arrays = [{**encoded(array), **tolerance} for array, tolerance in expected]
        return {
            "name": self.name,
            "inputs": [encoded(array) for array in self.inputs],
            "nodes": self.nodes,
            "outputs": [output.number for output in outputs],
            "expected": arrays,
            **more,
        }

    def case_of_torch(self, outputs, rng):
        """
        The case with PyTorch's outputs and gradients in float64; None if PyTorch's own float32 is off by more than a thousandth: a sum
        that cancels, or a number at the edge of a step, proves nothing about the engine. An element may be off by 16 times the largest
        error of PyTorch's float32 in its array, and at least by 2e-6 of the array's largest number (or of 1, if that is larger), which
        is about 30 roundings.
        """
        seeds = [rng.standard_normal(output.shape).astype(np.float32) for output in outputs]
        exact = self.computed(outputs, seeds, torch.float64)
        single = self.computed(outputs, seeds, torch.float32)
        expected = []
        for a, b in zip(exact, single):
            largest = max(1.0, float(np.abs(a).max()))
            off = float(np.abs(a - b).max())
            if not off <= 1e-3 * largest:
                return None
            expected.append((a, {"absolute": float("%.2g" % max(16 * off, 2e-6 * largest))}))
        return self.case(outputs, expected, seeds=[encoded(seed) for seed in seeds])


def leaf(array, dtype):
    if array.dtype == np.uint32:
        return torch.tensor(array.astype(np.int64))
    return torch.tensor(array, dtype=dtype, requires_grad=True)
