"""Writes the files of this folder: a small variational autoencoder in the forms in which Keras 3 saves models.

Needs Keras 3.15 on TensorFlow, and h5py. Element i of weight number w (in the order of the encoder's weights, then the decoder's) is w + i / 1024.
"""

import io
import os
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import keras
import numpy as np
from keras import layers, ops


class Sampling(layers.Layer):
    def call(self, inputs):
        mean, log_var = inputs
        return mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean), dtype=mean.dtype)


def encode(x):
    """Layers with names of their own among those that Keras names."""
    x = layers.Conv2D(2, 3, strides=2, padding="same", name="look")(x)
    x = layers.BatchNormalization()(x)
    x = layers.LeakyReLU(negative_slope=0.3)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.1)(x)
    return layers.Dense(3, name="z_mean")(x), layers.Dense(3, name="z_log_var")(x)


def decode(z):
    x = layers.Dense(8, name="widen")(z)
    x = layers.Reshape((2, 2, 2))(x)
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.LeakyReLU(negative_slope=0.3)(x)
    return layers.Conv2DTranspose(1, 3, padding="same", name="draw")(x)


def halves(policy="float32"):
    keras.backend.clear_session()
    keras.config.set_dtype_policy(policy)
    image, code = keras.Input((4, 4, 1)), keras.Input((3,))
    return keras.Model(image, encode(image), name="encoder"), keras.Model(code, decode(code), name="decoder")


def number(*models):
    w = 0
    for layer in (layer for model in models for layer in model.layers):
        values = []
        for weight in layer.get_weights():
            values.append((w + np.arange(weight.size) / 1024).reshape(weight.shape))
            w += 1
        layer.set_weights(values)


def nested(policy="float32"):
    encoder, decoder = halves(policy)
    image = keras.Input((4, 4, 1))
    return keras.Model(image, decoder(Sampling()(encoder(image))), name="vae"), encoder, decoder


# Both as one, trained a little, so that there is an optimiser.
vae, encoder, decoder = nested()
vae.compile("adam", "mse")
images = np.zeros((2, 4, 4, 1), "float32")
vae.fit(images, images, verbose=0)
number(encoder, decoder)
vae.save("nested.keras")
vae.save("nested.h5")
vae.save_weights("nested.weights.h5")
encoder.save("encoder.keras")
decoder.save("decoder.keras")

# Earlier releases of Keras 3 wrote no names beside the weights.
with zipfile.ZipFile("encoder.keras") as archive:
    members = {name: archive.read(name) for name in archive.namelist()}
weights = io.BytesIO(members["model.weights.h5"])
with h5py.File(weights, "r+") as file:
    groups = []
    file.visititems(lambda _, group: groups.append(group))
    for group in groups:
        group.attrs.pop("name", None)
with zipfile.ZipFile("unnamed.keras", "w") as archive:
    for name, content in {**members, "model.weights.h5": weights.getvalue()}.items():
        archive.writestr(name, content)

# One model without models in it.
keras.backend.clear_session()
image = keras.Input((4, 4, 1))
mean, log_var = encode(image)
flat = keras.Model(image, decode(Sampling()([mean, log_var])))
order = ["look", "batch_normalization", "z_mean", "z_log_var", "widen", "conv2d_transpose", "batch_normalization_1", "draw"]


class InOrder:
    layers = [flat.get_layer(name) for name in order]


number(InOrder)
flat.save("flat.keras")
flat.save_weights("flat.weights.h5")


# A class of one's own, whose training is its own too.
class Vae(keras.Model):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def call(self, x):
        return self.decoder(Sampling()(self.encoder(x)))


encoder, decoder = halves()
own = Vae(encoder, decoder)
own(images)
number(encoder, decoder)
own.save_weights("own.weights.h5")

# Weights of 16 bits.
vae, encoder, decoder = nested("float16")
number(encoder, decoder)
vae.save("half.keras")
