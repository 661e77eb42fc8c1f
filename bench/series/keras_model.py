"""The models of `train series` in Keras 3, with the same layers and the same recipe."""
import math
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np
from keras import layers

# The standard deviation of the noise that training adds to the scaled input.
NOISE = 0.2
# Repeats are moved in time by at most this share of the length.
LONGEST_SHIFT = 1 / 70


def dense(window, channels, latent):
    numbers = window * channels
    widths = [max(width, min(512, round(width * numbers / 140))) for width in (32, 16)]
    x = keras.Input((window, channels))
    h = layers.Flatten()(layers.GaussianNoise(NOISE)(x))
    for width in [*widths, latent, *reversed(widths)]:
        h = layers.Dense(width, activation="relu")(h)
    return keras.Model(x, layers.Reshape((window, channels))(layers.Dense(numbers)(h)))


def conv(window, channels, latent):
    lengths, strides = [window], []
    while lengths[-1] > 16:
        strides.append(4 if lengths[-1] > 1024 else 2)
        lengths.append(math.ceil(lengths[-1] / strides[-1]))
    stages = list(range(len(strides)))
    filters = [16 if stage == 0 else 32 for stage in stages]
    x = keras.Input((window, channels))
    noisy = h = layers.GaussianNoise(NOISE)(x)
    for stage in stages:
        h = layers.Conv1D(filters[stage], 5, strides=strides[stage], padding="same")(h)
        h = layers.LeakyReLU(negative_slope=0.2)(h)
    code = layers.Add()([layers.Dense(latent)(layers.Flatten()(h)), layers.Dense(latent)(layers.Flatten()(noisy))])
    width = filters[-1] if stages else channels
    h = layers.LeakyReLU(negative_slope=0.2)(layers.Dense(lengths[-1] * width)(code))
    h = layers.Reshape((lengths[-1], width))(h)
    for stage in reversed(stages):
        h = layers.Conv1DTranspose(filters[stage - 1] if stage else channels, 5, strides=strides[stage], padding="same")(h)
        h = layers.Cropping1D((0, strides[stage] * lengths[stage + 1] - lengths[stage]))(h)
        if stage:
            h = layers.LeakyReLU(negative_slope=0.2)(h)
    straight = layers.Reshape((window, channels))(layers.Dense(window * channels)(code))
    return keras.Model(x, layers.Add()([h, straight]))


def moved(series, repeat):
    """The series [n, window, channels], moved by 0, 1, -1, 2, -2, ... instants in the repeats 0, 1, 2, 3, 4, ..."""
    window = series.shape[1]
    turn = repeat % (2 * int(LONGEST_SHIFT * window) + 1)
    shift = (turn + 1) // 2 if turn % 2 else -turn // 2
    return series[:, np.clip(np.arange(window) + shift, 0, window - 1)]


def scores(train, test, seed, model=None):
    """The mean absolute errors of the scaled series `test`, [n, window, channels], after training on `train`."""
    keras.utils.set_random_seed(seed)
    _, window, channels = train.shape
    build, latent = {"dense": (dense, 8), "conv": (conv, 16)}[model or ("conv" if window > 16 else "dense")]
    network = build(window, channels, min(latent, window * channels // 2))
    network.compile(keras.optimizers.Adam(1e-3), "mae", steps_per_execution=32)
    repeated = np.concatenate([moved(train, repeat) for repeat in range(math.ceil(1024 / len(train)))])
    epochs = max(5, math.ceil(1600 / math.ceil(len(repeated) / 32)))
    network.fit(repeated, repeated, batch_size=32, epochs=epochs, verbose=0)
    return np.abs(network.predict(test, batch_size=128, verbose=0) - test).mean((1, 2))
