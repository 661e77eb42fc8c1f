"""
Random Keras models: their outputs in inference, and losses and weights over five Adam steps, in float64 and in float32.

Only Keras's own interface is used, so any of its backends works. A number may be off by 20 times the largest error of Keras's float32 in its
array, and at least by 2e-5 of the array's largest number. The gradient of a bias before a batch normalisation is only rounding error, which
Adam turns into full steps: the bias may be off by all of them, and the moving mean that follows it by its share of them.
"""
import keras
import numpy as np
from keras import layers

from arrays import encoded

STEPS = 5


class Plan:
    """Random layers, in the format that models.ts reads."""

    def __init__(self, rng):
        self.rng = rng
        whole = lambda low, high: int(rng.integers(low, high + 1))
        self.input = [whole(2, 9), whole(2, 9), int(rng.choice([1, 2, 3, 4]))]
        self.layers = []
        height, width = self.input[:2]
        for _ in range(whole(1, 3)):
            kind = str(rng.choice(["conv2d", "conv2dTranspose"]))
            stride = whole(1, 3)
            size = (-(-height // stride), -(-width // stride)) if kind == "conv2d" else (height * stride, width * stride)
            filters = int(rng.choice([1, 2, 3, 4, 8]))
            if size[0] * size[1] * filters > 2000:
                continue
            height, width = size
            self.layers.append([kind, {"filters": filters, "kernelSize": whole(1, 5), "stride": stride}])
            self.after(0.4)
        if rng.random() < 0.3 and height > 1 and width > 1:
            self.layers.append([str(rng.choice(["maxPooling2d", "averagePooling2d"]))])
        if rng.random() < 0.6:
            self.layers.append(["flatten"])
            for _ in range(whole(1, 2)):
                self.layers.append(["dense", int(rng.choice([1, 2, 5, 8, 16]))])
                self.after(0.3)

    def after(self, normalised):
        if self.rng.random() < normalised:
            self.layers.append([str(self.rng.choice(["batchNormalization", "layerNormalization"]))])
        kind = str(self.rng.choice(["relu", "leakyRelu", "sigmoid", "tanh", "elu", "gelu", "silu", "softplus", "none"]))
        if kind != "none":
            self.layers.append([kind])

    def keras_layer(self, kind, o=None):
        if kind in ("conv2d", "conv2dTranspose"):
            layer = layers.Conv2D if kind == "conv2d" else layers.Conv2DTranspose
            return layer(o["filters"], o["kernelSize"], strides=o["stride"], padding="same")
        return {
            "maxPooling2d": lambda: layers.MaxPooling2D(2),
            "averagePooling2d": lambda: layers.AveragePooling2D(2),
            "flatten": lambda: layers.Flatten(),
            "dense": lambda: layers.Dense(o),
            "batchNormalization": lambda: layers.BatchNormalization(),
            "layerNormalization": lambda: layers.LayerNormalization(),
            "leakyRelu": lambda: layers.LeakyReLU(),
            "gelu": lambda: layers.Activation(lambda x: keras.activations.gelu(x, approximate=False)),
        }.get(kind, lambda: layers.Activation(kind))()

    def model(self):
        return keras.Sequential([keras.Input(self.input), *[self.keras_layer(*layer) for layer in self.layers]])


def trained(plan, weights, batches, rate, dtype):
    """The initial inference, the losses of the steps, and the final weights."""
    keras.backend.clear_session()
    keras.config.set_floatx(dtype)
    model = plan.model()
    model.set_weights([w.astype(dtype) for w in weights])
    found = [np.asarray(model.predict_on_batch(batches[0][0].astype(dtype)))]
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse", jit_compile=False)
    losses = []
    for x, y in batches:
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x.astype(dtype), y.astype(dtype))))
    return [*found, np.array(losses), *[np.asarray(w) for w in model.get_weights()]]


def noise(model, rate):
    """How far rounding by itself can move each weight, by the weight's path."""
    steps = {}
    for before, layer in zip(model.layers, model.layers[1:]):
        if isinstance(layer, layers.BatchNormalization) and hasattr(before, "bias"):
            steps[before.bias.path] = 2 * STEPS * rate
            steps[layer.moving_mean.path] = (1 - layer.momentum) * STEPS * 2 * STEPS * rate
    return steps


def keras_cases(count, seed):
    rng = np.random.default_rng(seed)
    cases = []
    while len(cases) < count:
        plan = Plan(rng)
        if not any(kind in ("conv2d", "conv2dTranspose", "dense") for kind, *_ in plan.layers):
            continue
        model = plan.model()
        weights = []
        for weight in model.weights:
            start = rng.standard_normal(weight.shape) * (1.2 / np.prod(weight.shape[:-1]) ** 0.5 if len(weight.shape) > 1 else 0.2)
            weights.append((1 + np.abs(start) if "variance" in weight.path or "gamma" in weight.path else start).astype(np.float32))
        samples, rate = int(rng.integers(2, 9)), float(rng.choice([1e-3, 1e-2]))
        draw = lambda shape: rng.standard_normal([samples, *shape]).astype(np.float32)
        batches = [(draw(plan.input), draw(model.output_shape[1:])) for _ in range(STEPS)]
        exact, single = [trained(plan, weights, batches, rate, dtype) for dtype in ("float64", "float32")]
        expected = []
        free = noise(model, rate)
        for i, (a, b) in enumerate(zip(exact, single)):
            floor = 2e-5 * max(1.0, float(np.abs(a).max())) + (free.get(model.weights[i - 2].path, 0.0) if i > 1 else 0.0)
            expected.append({**encoded(a), "absolute": float("%.2g" % max(20 * float(np.abs(a - b).max()), floor))})
        cases.append({
            "name": f"model {len(cases)}: {' '.join(kind for kind, *_ in plan.layers)}",
            "input": plan.input,
            "layers": plan.layers,
            "rate": rate,
            "weights": [encoded(w) for w in weights],
            "batches": [[encoded(x), encoded(y)] for x, y in batches],
            "expected": expected,
        })
    return cases
