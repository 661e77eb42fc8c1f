"""Writes the .h5 files of this folder: a small variational autoencoder in each form that Keras 2 saves.

Needs h5py and NumPy. Groups and attributes follow Keras 2.5's hdf5_format.py; layers are in the order of its functional
models. Element i of weight number w (in the order of MODELS) is w + i / 1024, exact in float32.
"""

import json

import h5py
import numpy as np


def conv(kernel, channels):
    return {"kernel": kernel, "bias": (channels,)}


def normalization(channels):
    return {name: (channels,) for name in ("gamma", "beta", "moving_mean", "moving_variance")}


MODELS = {
    "encoder": {
        "conv2d": conv((3, 3, 1, 2), 2),
        "batch_normalization": normalization(2),
        "mean": conv((8, 3), 3),
        "log_var": conv((8, 3), 3),
    },
    "decoder": {
        "dense": conv((3, 8), 8),
        "conv2d_transpose": conv((3, 3, 2, 2), 2),
        "batch_normalization_1": normalization(2),
        "conv2d_transpose_1": conv((3, 3, 1, 2), 1),
    },
}

VALUES = {}
for layers in MODELS.values():
    for layer, weights in layers.items():
        for weight, shape in weights.items():
            elements = np.arange(np.prod(shape), dtype=np.float32)
            VALUES[layer, weight] = (len(VALUES) + elements / 1024).reshape(shape)


def write_names(group, attribute, names, padded):
    """h5py 3 writes strings of variable length; h5py 2 padded them to equal length."""
    group.attrs[attribute] = np.array(names, dtype="S") if padded and names else [name.encode() for name in names]


def write_weights(group, layers, padded=False):
    """`layers`: (name, [(name of the weight in the file, value)]) in the model's order. Groups are created in name order."""
    write_names(group, "layer_names", [name for name, _ in layers], padded)
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.5.0"
    for name, weights in sorted(layers):
        layer = group.create_group(name)
        write_names(layer, "weight_names", [weight for weight, _ in weights], padded)
        for weight, value in weights:
            layer.create_dataset(weight, data=value)


def flat(model, order=None, rename=lambda name: name, scope=""):
    """Every layer of a model with its weights."""
    return [
        (rename(name), [(f"{scope}{rename(name)}/{weight}:0", VALUES[name, weight]) for weight in MODELS[model][name]])
        for name in order or MODELS[model]
    ]


def nested(model):
    """A model as a layer: the trainable weights of all its layers, then the moving averages."""
    weights = [weight for _, layer in flat(model) for weight in layer]
    return (model, sorted(weights, key=lambda weight: "moving" in weight[0]))


def without_weights(*names):
    return [(name, []) for name in names]


# model.save() of encoder and decoder as one model. The loss that it adds repeats the encoder's layers.
with h5py.File("whole.h5", "w") as file:
    file.attrs["keras_version"] = b"2.5.0"
    file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": {"name": "vae", "layers": []}}).encode()
    layers = [*without_weights("input_1"), nested("encoder"), nested("decoder"), *flat("encoder")]
    write_weights(file.create_group("model_weights"), layers + without_weights("tf.math.exp", "add_loss"))
    optimizer = file.create_group("optimizer_weights")
    write_names(optimizer, "weight_names", ["iter:0"], False)
    optimizer.create_dataset("iter:0", data=np.int64(7))

# save_weights() of one flat model with h5py 2. The log variance goes through exp, so it is further from the output and
# comes first.
NUMBERED = {
    "conv2d": "conv2d_7",
    "batch_normalization": "batch_normalization_9",
    "mean": "dense_9",
    "log_var": "dense_10",
    "dense": "dense_11",
    "batch_normalization_1": "batch_normalization_10",
}
with h5py.File("flat.h5", "w") as file:
    rename = lambda name: NUMBERED.get(name, name)  # noqa: E731
    encoder = flat("encoder", ["conv2d", "batch_normalization", "log_var", "mean"], rename)
    sampling = without_weights("tf.math.exp", "tf.random.normal", "tf.math.multiply", "tf.__operators__.add")
    layers = without_weights("input_1") + encoder + sampling + flat("decoder", None, rename)
    write_weights(file, layers, padded=True)

# save_weights() of each model separately, with the encoder's weights named as in a subclassed model.
with h5py.File("encoder.h5", "w") as file:
    write_weights(file, without_weights("input_1") + flat("encoder", scope="encoder/") + without_weights("sampling"))
with h5py.File("decoder.h5", "w") as file:
    write_weights(file, without_weights("input_2") + flat("decoder"))

# The result of `keras.backend.set_floatx('float64')`.
with h5py.File("double.h5", "w") as file:
    write_weights(file, [("dense", [("dense/kernel:0", np.zeros((2, 2)))])])


# model.save() of both by Keras 2.5, which describes the layers.
def described(kind, name, **config):
    return {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **config}, "name": name}


def described_conv(kind, name, filters, stride):
    usual = {"kernel_size": [3, 3], "padding": "same", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1}
    more = {"output_padding": None} if kind == "Conv2DTranspose" else {}
    return described(kind, name, filters=filters, strides=[stride, stride], activation="linear", use_bias=True, **usual, **more)


def described_normalization(name):
    return described("BatchNormalization", name, axis=[3], momentum=0.99, epsilon=0.001, center=True, scale=True)


def functional(name, layers):
    return {"class_name": "Functional", "name": name, "config": {"name": name, "layers": layers}}


ARCHITECTURE = functional("vae", [
    described("InputLayer", "input_1"),
    functional("encoder", [
        described("InputLayer", "input_1"),
        described_conv("Conv2D", "conv2d", 2, 2),
        described_normalization("batch_normalization"),
        described("LeakyReLU", "leaky_re_lu", alpha=0.30000001192092896),
        described("Flatten", "flatten", data_format="channels_last"),
        described("Dense", "log_var", units=3, activation="linear", use_bias=True),
        described("TFOpLambda", "tf.math.exp", function="math.exp"),
        described("Dense", "mean", units=3, activation="linear", use_bias=True),
        described("Lambda", "sampling"),
    ]),
    functional("decoder", [
        described("InputLayer", "input_2"),
        described("Dense", "dense", units=8, activation="linear", use_bias=True),
        described("Reshape", "reshape", target_shape=[2, 2, 2]),
        described_conv("Conv2DTranspose", "conv2d_transpose", 2, 2),
        described_normalization("batch_normalization_1"),
        described("LeakyReLU", "leaky_re_lu_1", alpha=0.30000001192092896),
        described_conv("Conv2DTranspose", "conv2d_transpose_1", 1, 1),
    ]),
])
with h5py.File("described.h5", "w") as file:
    file.attrs["keras_version"] = "2.5.0"
    file.attrs["model_config"] = json.dumps(ARCHITECTURE)
    layers = [*without_weights("input_1"), nested("encoder"), nested("decoder")]
    write_weights(file.create_group("model_weights"), layers)
