"""
ONNX's own node tests (onnx.backend.test) on the engine's operations.

Each test is a small graph of ONNX operators with inputs and outputs. Nodes that depend on no floating-point input are computed beforehand by
ONNX's reference evaluator; all other nodes become operations of the engine, through the functions of OPERATORS. Tests of features that the
engine lacks (other types, sequences, strings, ...) are counted by reason.
"""
import collections
import warnings
from math import prod

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from graph import Graph, Value

#: Tests whose tensors have more elements take long and prove nothing more.
LARGEST = 70_000


class NotMapped(Exception):
    """Why the engine's operations can't express a test."""


OPERATORS = {}


def operator(*names):
    def add(function):
        for name in names:
            OPERATORS[name] = function
        return function

    return add


class Test:
    """Turns one ONNX test into a case."""

    def __init__(self, name, model):
        self.g = Graph(name)
        self.model = model
        self.env = {"": None}
        #: A graph's inputs come first, so a first pass collects the operators' constants, and a second pass adds them as inputs.
        self.constants = {}
        self.collecting = True
        self.opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 1)

    def constant(self, array, dtype=np.float32):
        """Numbers on the host as a value."""
        array = np.asarray(array)
        if array.size == 0:
            raise NotMapped("empty tensors")
        key = (array.astype(dtype).tobytes(), array.shape, dtype)
        if self.collecting:
            self.constants.setdefault(key, array.astype(dtype))
            return Value(-1, _placeholder(array.astype(dtype)))
        return self.constants[key]

    def value(self, x):
        """Returns a value as it is; float32 or boolean numbers on the host become one."""
        if isinstance(x, Value):
            return x
        x = np.asarray(x)
        if x.dtype not in (np.float32, np.bool_):
            raise NotMapped(f"numbers of type {x.dtype}")
        return self.constant(x)

    def host(self, x, what):
        if isinstance(x, Value):
            raise NotMapped(f"{what} that depend on inputs")
        return x

    def op(self, name, *operands, **options):
        if self.collecting:
            return Value(-1, _computed(name, operands, options))
        return self.g.op(name, *operands, **options)

    def run(self, feeds):
        for array in feeds.values():
            if not isinstance(array, np.ndarray):
                raise NotMapped("sequences and optionals")
            if array.size == 0:
                raise NotMapped("empty tensors")
            if array.size > LARGEST:
                raise NotMapped("large tensors")
        floats = {k: a for k, a in feeds.items() if a.dtype in (np.float32, np.bool_)}
        for self.collecting in (True, False):
            env = {"": None, **{t.name: numpy_helper.to_array(t) for t in self.model.graph.initializer}, **feeds}
            if self.collecting:
                env.update({k: Value(-1, _placeholder(a)) for k, a in floats.items()})
            else:
                env.update({k: self.g.input(a) for k, a in floats.items()})
                self.constants = {key: self.g.input(a) for key, a in self.constants.items()}
            for node in self.model.graph.node:
                inputs = [env[name] for name in node.input]
                results = self.node(node, inputs)
                env.update(zip(node.output, results if isinstance(results, list) else [results]))
        return [env.get(output.name) for output in self.model.graph.output]

    def node(self, node, inputs):
        if not any(isinstance(x, Value) for x in inputs):
            return self.reference(node, inputs)
        function = OPERATORS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
        if function is None:
            raise NotMapped(node.op_type)
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        attributes = {k: v.decode() if isinstance(v, bytes) else v for k, v in attributes.items()}
        return function(self, node, inputs, attributes)

    def reference(self, node, inputs):
        """Computes a node whose inputs are on the host, with ONNX's own evaluator."""
        names = [(name, x) for name, x in zip(node.input, inputs) if x is not None]
        given = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for n, x in names]
        wanted = [helper.make_tensor_value_info(n, 0, None) for n in node.output if n]
        model = helper.make_model(helper.make_graph([node], "host", given, wanted), opset_imports=self.model.opset_import)
        try:
            return [np.asarray(x) for x in ReferenceEvaluator(model).run(None, dict(names))]
        except Exception as error:
            raise NotMapped(f"{node.op_type} on the host") from error


def _placeholder(array):
    import torch

    return torch.tensor(array.astype(np.int64) if array.dtype == np.uint32 else array.astype(np.float64))


def _computed(name, operands, options):
    from graph import OPERATIONS

    return OPERATIONS[name](*[o.value if isinstance(o, Value) else o for o in operands], **options)


# Element-wise.

for onnx_name, own in {
    **{"Abs": "abs", "Neg": "neg", "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Reciprocal": "reciprocal", "Sigmoid": "sigmoid"},
    **{"Tanh": "tanh", "Relu": "relu", "Sin": "sin", "Cos": "cos", "Softplus": "softplus"},
}.items():
    OPERATORS[onnx_name] = lambda t, n, i, a, own=own: t.op(own, i[0])
for onnx_name, own in {"Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Pow": "pow", "Less": "less"}.items():
    OPERATORS[onnx_name] = lambda t, n, i, a, own=own: t.op(own, t.value(i[0]), t.value(i[1]))
for onnx_name, own in {"Max": "maximum", "Min": "minimum", "Sum": "add"}.items():
    OPERATORS[onnx_name] = lambda t, n, i, a, own=own: folded(t, own, [t.value(x) for x in i])


def folded(t, name, values):
    result = values[0]
    for other in values[1:]:
        result = t.op(name, result, other)
    return result


def opposite(t, x):
    """Turns 0 into 1, and 1 into 0."""
    return t.op("add", t.op("neg", x), 1.0)


@operator("Mean")
def _(t, n, i, a):
    return t.op("div", folded(t, "add", [t.value(x) for x in i]), float(len(i)))


@operator("Greater")
def _(t, n, i, a):
    return t.op("less", t.value(i[1]), t.value(i[0]))


@operator("LessOrEqual")
def _(t, n, i, a):
    return opposite(t, t.op("less", t.value(i[1]), t.value(i[0])))


@operator("GreaterOrEqual")
def _(t, n, i, a):
    return opposite(t, t.op("less", t.value(i[0]), t.value(i[1])))


@operator("Equal")
def _(t, n, i, a):
    x, y = t.value(i[0]), t.value(i[1])
    return t.op("mul", opposite(t, t.op("less", x, y)), opposite(t, t.op("less", y, x)))


OPERATORS["Not"] = lambda t, n, i, a: opposite(t, i[0])
OPERATORS["And"] = lambda t, n, i, a: t.op("mul", t.value(i[0]), t.value(i[1]))
OPERATORS["Or"] = lambda t, n, i, a: t.op("maximum", t.value(i[0]), t.value(i[1]))
OPERATORS["Xor"] = lambda t, n, i, a: t.op("abs", t.op("sub", t.value(i[0]), t.value(i[1])))
OPERATORS["Where"] = lambda t, n, i, a: t.op("where", *[t.value(x) for x in i])
OPERATORS["Identity"] = lambda t, n, i, a: i[0]
OPERATORS["LeakyRelu"] = lambda t, n, i, a: t.op("leakyRelu", i[0], slope=a.get("alpha", 0.01))
OPERATORS["Swish"] = lambda t, n, i, a: t.op("mul", i[0], t.op("sigmoid", t.op("mul", i[0], a.get("alpha", 1.0))))
OPERATORS["Mish"] = lambda t, n, i, a: t.op("mul", i[0], t.op("tanh", t.op("softplus", i[0])))
OPERATORS["Softsign"] = lambda t, n, i, a: t.op("div", i[0], t.op("add", t.op("abs", i[0]), 1.0))
OPERATORS["Tan"] = lambda t, n, i, a: t.op("div", t.op("sin", i[0]), t.op("cos", i[0]))
OPERATORS["Sign"] = lambda t, n, i, a: t.op("sub", t.op("less", t.op("neg", i[0]), 0.0), t.op("less", i[0], 0.0))


def elu(t, x, alpha):
    negative = t.op("mul", t.op("elu", t.op("minimum", x, 0.0)), alpha)
    return t.op("add", t.op("relu", x), negative)


OPERATORS["Elu"] = lambda t, n, i, a: elu(t, i[0], a.get("alpha", 1.0))
OPERATORS["Selu"] = lambda t, n, i, a: t.op("mul", elu(t, i[0], a.get("alpha", 1.6732632)), a.get("gamma", 1.0507010))


@operator("Celu")
def _(t, n, i, a):
    alpha = a.get("alpha", 1.0)
    return t.op("mul", elu(t, t.op("div", i[0], alpha), 1.0), alpha)


@operator("Gelu")
def _(t, n, i, a):
    x = i[0]
    if a.get("approximate", "none") == "none":
        return t.op("gelu", x)
    inner = t.op("mul", t.op("add", x, t.op("mul", t.op("pow", x, 3.0), 0.044715)), (2 / np.pi) ** 0.5)
    return t.op("mul", t.op("mul", x, 0.5), t.op("add", t.op("tanh", inner), 1.0))


def hard_sigmoid(t, x, alpha, beta):
    return t.op("clip", t.op("add", t.op("mul", x, alpha), beta), 0.0, 1.0)


OPERATORS["HardSigmoid"] = lambda t, n, i, a: hard_sigmoid(t, i[0], a.get("alpha", 0.2), a.get("beta", 0.5))
OPERATORS["HardSwish"] = lambda t, n, i, a: t.op("mul", i[0], hard_sigmoid(t, i[0], 1 / 6, 0.5))


@operator("ThresholdedRelu")
def _(t, n, i, a):
    return t.op("mul", i[0], t.op("less", t.op("neg", i[0]), -a.get("alpha", 1.0)))


@operator("PRelu")
def _(t, n, i, a):
    return t.op("add", t.op("relu", i[0]), t.op("mul", t.op("minimum", i[0], 0.0), t.value(i[1])))


@operator("Shrink")
def _(t, n, i, a):
    x, limit, bias = i[0], a.get("lambd", 0.5), a.get("bias", 0.0)
    above = t.op("mul", t.op("less", t.op("neg", x), -limit), t.op("sub", x, bias))
    return t.op("add", above, t.op("mul", t.op("less", x, -limit), t.op("add", x, bias)))


@operator("Sinh", "Cosh")
def _(t, n, i, a):
    grown, fallen = t.op("exp", i[0]), t.op("exp", t.op("neg", i[0]))
    return t.op("mul", t.op("sub" if n.op_type == "Sinh" else "add", grown, fallen), 0.5)


@operator("Clip")
def _(t, n, i, a):
    low, high = [*i[1:], None, None][:2]
    low, high = low if low is not None else a.get("min"), high if high is not None else a.get("max")
    x = i[0]
    if low is not None:
        x = t.op("maximum", x, t.value(np.float32(low) if isinstance(low, float) else low))
    return x if high is None else t.op("minimum", x, t.value(np.float32(high) if isinstance(high, float) else high))


@operator("Cast")
def _(t, n, i, a):
    if a["to"] != onnx.TensorProto.FLOAT:
        raise NotMapped("Cast to other types")
    return i[0]


@operator("CastLike")
def _(t, n, i, a):
    if isinstance(i[1], Value):
        return i[0] if isinstance(i[0], Value) else np.asarray(i[0]).astype(np.float32)
    raise NotMapped("Cast to other types")


@operator("Dropout")
def _(t, n, i, a):
    if len(i) > 2 and bool(np.any(t.host(i[2], "modes"))) or [o for o in n.output[1:] if o]:
        raise NotMapped("Dropout in training or with a mask")
    return i[0]


# Reductions.


def axes_of(t, i, a, x):
    axes = i[1] if len(i) > 1 and i[1] is not None else a.get("axes")
    axes = [] if axes is None else [int(d) % x.rank for d in t.host(axes, "axes")]
    return axes or (None if a.get("noop_with_empty_axes") else list(range(x.rank)))


def reduced(t, name, i, a, before=None, after=None):
    x = i[0] if before is None else t.op(before, i[0])
    axes = axes_of(t, i, a, x)
    y = x if axes is None else t.op(name, x, axes=axes, keepDims=bool(a.get("keepdims", 1)))
    return y if after is None else t.op(after, y)


for onnx_name, how in {
    **{"ReduceSum": ["sum"], "ReduceMean": ["mean"], "ReduceMax": ["max"], "ReduceMin": ["min"], "ReduceL1": ["sum", "abs"]},
    **{"ReduceL2": ["sum", "square", "sqrt"], "ReduceSumSquare": ["sum", "square"], "ReduceLogSum": ["sum", None, "log"]},
    "ReduceLogSumExp": ["sum", "exp", "log"],
}.items():
    OPERATORS[onnx_name] = lambda t, n, i, a, how=how: reduced(t, how[0], i, a, *how[1:])


@operator("ArgMax", "ArgMin")
def _(t, n, i, a):
    if a.get("select_last_index"):
        raise NotMapped("the last of equal extremes")
    x, axis = i[0], a.get("axis", 0) % i[0].rank
    indices = t.op("argMax" if n.op_type == "ArgMax" else "argMin", x, axis=axis)
    kept = [1 if d == axis else extent for d, extent in enumerate(x.shape)]
    return t.op("reshape", indices, shape=kept) if a.get("keepdims", 1) else indices


@operator("Softmax", "LogSoftmax")
def _(t, n, i, a):
    x, shape, axis = i[0], i[0].shape, a.get("axis", -1 if t.opset >= 13 else 1) % i[0].rank
    if t.opset < 13:
        x, axis = t.op("reshape", x, shape=[prod(shape[:axis]), prod(shape[axis:])]), 1
    moved = t.op("sub", x, t.op("max", x, axes=[axis], keepDims=True))
    total = t.op("sum", t.op("exp", moved), axes=[axis], keepDims=True)
    y = t.op("div", t.op("exp", moved), total) if n.op_type == "Softmax" else t.op("sub", moved, t.op("log", total))
    return t.op("reshape", y, shape=list(shape))


OPERATORS["GlobalAveragePool"] = lambda t, n, i, a: t.op("mean", i[0], axes=list(range(2, i[0].rank)), keepDims=True)
OPERATORS["GlobalMaxPool"] = lambda t, n, i, a: t.op("max", i[0], axes=list(range(2, i[0].rank)), keepDims=True)


def normalized(t, x, axes, epsilon, centred=True):
    """(x - mean) / deviation, over axes."""
    x = t.op("sub", x, t.op("mean", x, axes=axes, keepDims=True)) if centred else x
    variance = t.op("mean", t.op("square", x), axes=axes, keepDims=True)
    return t.op("div", x, t.op("sqrt", t.op("add", variance, epsilon)))


def by_channel(t, vector, rank):
    return t.op("reshape", t.value(vector), shape=[1, -1, *[1] * (rank - 2)])


@operator("LayerNormalization", "RMSNormalization")
def _(t, n, i, a):
    if [o for o in n.output[1:] if o]:
        raise NotMapped("statistics as outputs")
    x, axis = i[0], a.get("axis", -1) % i[0].rank
    y = normalized(t, x, list(range(axis, x.rank)), a.get("epsilon", 1e-5), n.op_type == "LayerNormalization")
    y = t.op("mul", y, t.value(i[1]))
    return t.op("add", y, t.value(i[2])) if len(i) > 2 and i[2] is not None else y


@operator("InstanceNormalization")
def _(t, n, i, a):
    x = i[0]
    y = normalized(t, x, list(range(2, x.rank)), a.get("epsilon", 1e-5))
    return t.op("add", t.op("mul", y, by_channel(t, i[1], x.rank)), by_channel(t, i[2], x.rank))


@operator("GroupNormalization")
def _(t, n, i, a):
    x, groups = i[0], a["num_groups"]
    y = normalized(t, t.op("reshape", x, shape=[x.shape[0], groups, -1]), [2], a.get("epsilon", 1e-5))
    y = t.op("reshape", y, shape=list(x.shape))
    if t.value(i[1]).shape[0] != x.shape[1]:
        raise NotMapped("a scale per group")
    return t.op("add", t.op("mul", y, by_channel(t, i[1], x.rank)), by_channel(t, i[2], x.rank))


@operator("MeanVarianceNormalization")
def _(t, n, i, a):
    return normalized(t, i[0], list(a.get("axes", [0, 2, 3])), 1e-9)


@operator("BatchNormalization")
def _(t, n, i, a):
    if a.get("training_mode"):
        raise NotMapped("statistics as outputs")
    x = i[0]
    gamma, beta, mean, variance = [by_channel(t, v, x.rank) for v in i[1:5]]
    scale = t.op("div", gamma, t.op("sqrt", t.op("add", variance, a.get("epsilon", 1e-5))))
    return t.op("add", t.op("mul", t.op("sub", x, mean), scale), beta)


# Products.


@operator("MatMul")
def _(t, n, i, a):
    x, y = t.value(i[0]), t.value(i[1])
    one, other = x.rank == 1, y.rank == 1
    x = t.op("reshape", x, shape=[1, -1]) if one else x
    y = t.op("reshape", y, shape=[-1, 1]) if other else y
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    (m, k), columns = x.shape[-2:], y.shape[-1]
    if prod(batch) == 1:
        z = t.op("matmul", t.op("reshape", x, shape=[m, k]), t.op("reshape", y, shape=[k, columns]))
    else:
        if prod(batch) > 16:
            raise NotMapped("MatMul of many matrices")
        xs = t.op("reshape", t.op("broadcastTo", x, shape=[*batch, m, k]), shape=[-1, k])
        ys = t.op("reshape", t.op("broadcastTo", y, shape=[*batch, k, columns]), shape=[-1, columns])
        rows = lambda v, b, size: t.op("slice", v, begin=[b * size, 0], end=[(b + 1) * size, v.shape[1]])
        z = t.op("concat", *[t.op("matmul", rows(xs, b, m), rows(ys, b, k)) for b in range(prod(batch))], axis=0)
    return t.op("reshape", z, shape=[*batch, *([] if one else [m]), *([] if other else [columns])])


@operator("Gemm")
def _(t, n, i, a):
    x, y = [t.op("transpose", t.value(v), order=[1, 0]) if a.get(k) else t.value(v) for v, k in zip(i, ["transA", "transB"])]
    z = t.op("mul", t.op("matmul", x, y), a.get("alpha", 1.0))
    return z if len(i) < 3 or i[2] is None else t.op("add", z, t.op("mul", t.value(i[2]), a.get("beta", 1.0)))


def padded(t, x, axis, before, after, number=0.0):
    """Pads x before and after along an axis; a negative count crops."""
    if before < 0 or after < 0:
        x = cut(t, x, axis, max(-before, 0), x.shape[axis] - max(-after, 0))
    filled = lambda count: [t.constant(np.full([count if d == axis else e for d, e in enumerate(x.shape)], number))] if count > 0 else []
    parts = [*filled(before), x, *filled(after)]
    return x if len(parts) == 1 else t.op("concat", *parts, axis=axis)


def cut(t, x, axis, begin, end):
    begins, ends = [0] * x.rank, list(x.shape)
    begins[axis], ends[axis] = begin, end
    return t.op("slice", x, begin=begins, end=ends)


def pads_of(a, size, window, stride):
    """The zeros before and after, along both dimensions."""
    auto = a.get("auto_pad", "NOTSET")
    if auto.startswith("SAME"):
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, window, stride)]
        return [(p // 2, p - p // 2) if auto == "SAME_UPPER" else (p - p // 2, p // 2) for p in total]
    pads = a.get("pads", [0] * 4) if auto == "NOTSET" else [0] * 4
    return [(pads[0], pads[2]), (pads[1], pads[3])]


@operator("Conv")
def _(t, n, i, a):
    x, w = t.value(i[0]), t.value(i[1])
    if x.rank != 4 or a.get("group", 1) != 1 or any(d != 1 for d in a.get("dilations", [1])):
        raise NotMapped("convolutions with groups, dilations or other ranks")
    stride, window = list(a.get("strides", [1, 1])), list(w.shape[2:])
    for d, (before, after) in enumerate(pads_of(a, x.shape[2:], window, stride)):
        x = padded(t, x, 2 + d, before, after)
    image, kernel = t.op("transpose", x, order=[0, 2, 3, 1]), t.op("transpose", w, order=[2, 3, 1, 0])
    y = t.op("transpose", t.op("conv2d", image, kernel, stride=stride, padding="valid"), order=[0, 3, 1, 2])
    return t.op("add", y, by_channel(t, i[2], 4)) if len(i) > 2 and i[2] is not None else y


@operator("ConvTranspose")
def _(t, n, i, a):
    x, w = t.value(i[0]), t.value(i[1])
    if x.rank != 4 or a.get("group", 1) != 1 or any(d != 1 for d in a.get("dilations", [1])):
        raise NotMapped("convolutions with groups, dilations or other ranks")
    if a.get("output_shape") or a.get("auto_pad", "NOTSET") != "NOTSET":
        raise NotMapped("transposed convolutions with a given output shape")
    stride, pads, more = list(a.get("strides", [1, 1])), a.get("pads", [0] * 4), a.get("output_padding", [0, 0])
    image, kernel = t.op("transpose", x, order=[0, 2, 3, 1]), t.op("transpose", w, order=[2, 3, 1, 0])
    y = t.op("transpose", t.op("conv2dTranspose", image, kernel, stride=stride, padding="valid"), order=[0, 3, 1, 2])
    for d in range(2):
        # If the window is shorter than its stride, the engine adds the zeros that follow it.
        whole = (x.shape[2 + d] - 1) * stride[d] + w.shape[2 + d]
        y = padded(t, y, 2 + d, -pads[d], whole - y.shape[2 + d] - pads[2 + d] + more[d])
    return t.op("add", y, by_channel(t, i[2], 4)) if len(i) > 2 and i[2] is not None else y


@operator("MaxPool", "AveragePool")
def _(t, n, i, a):
    x, window = i[0], list(a["kernel_shape"])
    apart = [d for d in a.get("strides", [1] * len(window))] == window
    if x.rank != 4 or not apart or len(n.output) > 1 or any(a.get("pads", [])) or a.get("auto_pad", "NOTSET") != "NOTSET":
        raise NotMapped("pooling with windows that overlap or overhang")
    rows, columns = [e // k for e, k in zip(x.shape[2:], window)]
    if a.get("ceil_mode") and (rows * window[0], columns * window[1]) != x.shape[2:]:
        raise NotMapped("pooling with windows that overlap or overhang")
    whole = t.op("slice", x, begin=[0] * 4, end=[*x.shape[:2], rows * window[0], columns * window[1]])
    windows = t.op("reshape", whole, shape=[*x.shape[:2], rows, window[0], columns, window[1]])
    return t.op("max" if n.op_type == "MaxPool" else "mean", windows, axes=[3, 5], keepDims=False)


# Movement.


@operator("Reshape")
def _(t, n, i, a):
    shape = [int(e) for e in t.host(i[1], "shapes")]
    return t.op("reshape", i[0], shape=[i[0].shape[d] if e == 0 else e for d, e in enumerate(shape)])


@operator("Flatten")
def _(t, n, i, a):
    axis = a.get("axis", 1)
    axis = axis + i[0].rank if axis < 0 else axis
    return t.op("reshape", i[0], shape=[prod(i[0].shape[:axis]), prod(i[0].shape[axis:])])


@operator("Squeeze")
def _(t, n, i, a):
    axes = i[1] if len(i) > 1 else a.get("axes")
    kept = lambda d, e: e != 1 if axes is None else d not in [int(x) % i[0].rank for x in axes]
    return t.op("reshape", i[0], shape=[e for d, e in enumerate(i[0].shape) if kept(d, e)])


@operator("Unsqueeze")
def _(t, n, i, a):
    axes = t.host(i[1], "axes") if len(i) > 1 else a["axes"]
    shape = list(i[0].shape)
    for axis in sorted(int(d) % (i[0].rank + len(axes)) for d in axes):
        shape.insert(axis, 1)
    return t.op("reshape", i[0], shape=shape)


@operator("Transpose")
def _(t, n, i, a):
    return t.op("transpose", i[0], order=list(a.get("perm", range(i[0].rank)[::-1])))


@operator("Expand")
def _(t, n, i, a):
    return t.op("broadcastTo", i[0], shape=[int(e) for e in np.broadcast_shapes(i[0].shape, [int(e) for e in t.host(i[1], "shapes")])])


@operator("Concat")
def _(t, n, i, a):
    parts = [t.value(x) for x in i]
    return t.op("concat", *parts, axis=a["axis"] % parts[0].rank)


@operator("Slice")
def _(t, n, i, a):
    x = i[0]
    starts, ends = (t.host(i[1], "parts"), t.host(i[2], "parts")) if len(i) > 1 else (a["starts"], a["ends"])
    axes = i[3] if len(i) > 3 and i[3] is not None else a.get("axes", range(len(starts)))
    steps = i[4] if len(i) > 4 and i[4] is not None else [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps):
        axis = int(axis) % x.rank
        chosen = range(*slice(int(start), int(end), int(step)).indices(x.shape[axis]))
        if len(chosen) == 0:
            raise NotMapped("empty tensors")
        if step != 1 and len(chosen) > 8:
            raise NotMapped("slices of many steps")
        runs = [(chosen[0], chosen[-1] + 1)] if step == 1 else [(k, k + 1) for k in chosen]
        parts = [cut(t, x, axis, *run) for run in runs]
        x = parts[0] if len(parts) == 1 else t.op("concat", *parts, axis=axis)
    return x


@operator("Split")
def _(t, n, i, a):
    x, axis = i[0], a.get("axis", 0) % i[0].rank
    sizes = i[1] if len(i) > 1 and i[1] is not None else a.get("split")
    if sizes is None:
        each = -(-x.shape[axis] // len(n.output))
        sizes = [each] * (len(n.output) - 1) + [x.shape[axis] - each * (len(n.output) - 1)]
    if min(sizes) == 0:
        raise NotMapped("empty tensors")
    ends = [int(e) for e in np.cumsum(sizes)]
    return [cut(t, x, axis, end - int(size), end) for end, size in zip(ends, sizes)]


@operator("Tile")
def _(t, n, i, a):
    x, times = i[0], [int(k) for k in t.host(i[1], "counts")]
    apart = t.op("reshape", x, shape=[e for extent in x.shape for e in (1, extent)])
    repeated = t.op("broadcastTo", apart, shape=[e for k, extent in zip(times, x.shape) for e in (k, extent)])
    return t.op("reshape", repeated, shape=[k * extent for k, extent in zip(times, x.shape)])


@operator("Pad")
def _(t, n, i, a):
    if a.get("mode", "constant") != "constant" or len(i) > 2 and isinstance(i[2], Value):
        raise NotMapped("Pad with anything except a constant")
    x, pads = i[0], [int(p) for p in (t.host(i[1], "pads") if len(i) > 1 else a["pads"])]
    number = float(i[2]) if len(i) > 2 and i[2] is not None else 0.0
    axes = i[3] if len(i) > 3 and i[3] is not None else range(x.rank)
    for d, axis in enumerate(axes):
        x = padded(t, x, int(axis) % x.rank, pads[d], pads[d + len(axes)], number)
    return x


@operator("Gather")
def _(t, n, i, a):
    x, axis, indices = i[0], a.get("axis", 0) % i[0].rank, t.host(i[1], "indices")
    order = [axis, *[d for d in range(x.rank) if d != axis]]
    rows = t.op("transpose", x, order=order)
    flat = t.constant(np.where(indices < 0, indices + x.shape[axis], indices).reshape(-1), np.uint32)
    y = t.op("reshape", t.op("gatherRows", rows, flat), shape=[*indices.shape, *rows.shape[1:]])
    rank = indices.ndim
    back = [*range(rank, rank + axis), *range(rank), *range(rank + axis, y.rank)]
    return t.op("transpose", y, order=back)


@operator("DepthToSpace", "SpaceToDepth")
def _(t, n, i, a):
    x, b = i[0], a["blocksize"]
    count, channels, height, width = x.shape
    if n.op_type == "SpaceToDepth":
        if a.get("mode", "DCR") != "DCR":
            raise NotMapped("SpaceToDepth with channels first")
        apart = t.op("reshape", x, shape=[count, channels, height // b, b, width // b, b])
        moved = t.op("transpose", apart, order=[0, 3, 5, 1, 2, 4])
        return t.op("reshape", moved, shape=[count, channels * b * b, height // b, width // b])
    inner = channels // b // b
    deep = a.get("mode", "DCR") == "DCR"
    apart = t.op("reshape", x, shape=[count, b, b, inner, height, width] if deep else [count, inner, b, b, height, width])
    moved = t.op("transpose", apart, order=[0, 3, 4, 1, 5, 2] if deep else [0, 1, 4, 2, 5, 3])
    return t.op("reshape", moved, shape=[count, inner, height * b, width * b])


@operator("Shape")
def _(t, n, i, a):
    return np.array(i[0].shape[slice(a.get("start", 0), a.get("end"))], np.int64)


OPERATORS["Size"] = lambda t, n, i, a: np.array(prod(i[0].shape), np.int64)


def case_of(test):
    t = Test(test.name, test.model)
    inputs, outputs = test.data_sets[0]
    names = [x.name for x in test.model.graph.input]
    found = t.run(dict(zip(names, inputs)))
    expected = []
    for value, array in zip(found, outputs):
        if not isinstance(value, Value):
            raise NotMapped("outputs that depend on no inputs")
        array = np.asarray(array)
        # The engine's indices are u32, and its booleans float32.
        array = array.astype(np.uint32 if array.dtype == np.int64 else np.float32)
        expected.append((array, {"absolute": test.atol, "relative": test.rtol}))
    if not t.g.nodes:
        raise NotMapped("nothing to compute")
    return t.g.case(found, expected)


def onnx_cases():
    """All cases, and the number of tests that are not mapped, by reason."""
    from onnx.backend.test.loader import load_model_tests

    warnings.simplefilter("ignore")
    cases, reasons = [], collections.Counter()
    for test in load_model_tests(kind="node"):
        try:
            cases.append(case_of(test))
        except NotMapped as reason:
            reasons[str(reason)] += 1
    return cases, reasons
