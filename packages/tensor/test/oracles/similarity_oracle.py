#!/usr/bin/env python3
"""The structural similarity of images, by scikit-image in float64, in the form of torch_oracle.py.

    python3 similarity_oracle.py

Writes data/similarity.json: the mean similarity of each image to the same image with noise, and the derivative of their sum with
respect to every pixel, by central differences.
"""
import numpy as np
import skimage
from skimage.metrics import structural_similarity
from torch_oracle import gen, spec, write

STEP = 1e-4


def similarity(a, b):
    # The window of 11 pixels of Wang et al. 2004. The mean leaves out its border, which is half a window wide.
    return structural_similarity(a, b, win_size=11, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.,
                                 channel_axis=2)


def derivative(a, b, at):
    moved = [a.copy(), a.copy()]
    moved[0][at] += STEP
    moved[1][at] -= STEP
    return (similarity(moved[0], b) - similarity(moved[1], b)) / (2 * STEP)


def case(images, noise):
    a = gen(images)
    pairs = list(zip(np.float64(a), np.float64(a + gen(noise))))
    return dict(images=images, noise=noise, means=[similarity(*pair) for pair in pairs],
                gradient=[float(f'{derivative(*pair, at):.9g}') for pair in pairs for at in np.ndindex(pair[0].shape)])


write('similarity', dict(format=1, kind='similarity', skimage=skimage.__version__, cases=[
    case(spec([2, 12, 13, 1], 1, .4, .5), spec([2, 12, 13, 1], 2, .2)),
    case(spec([1, 13, 11, 3], 3, .3, .4), spec([1, 13, 11, 3], 4, .05)),
]))
