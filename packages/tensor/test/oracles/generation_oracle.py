#!/usr/bin/env python3
"""How close two sets of features are, by NumPy and SciPy, in the form of torch_oracle.py.

    python3 generation_oracle.py

Writes data/generation.json: the Fréchet distance, and precision and recall, of pairs of sets.
"""
import numpy as np
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from torch_oracle import gen, spec, write


def frechet(a, b):
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real))


def inside(points, others, k=3):
    radii = np.sort(cdist(others, others), axis=1)[:, k]
    return float((cdist(points, others) <= radii).any(1).mean())


def case(generated, real):
    a, b = np.float64(gen(generated)), np.float64(gen(real))
    return dict(generated=generated, real=real, frechetDistance=frechet(a, b), precision=inside(a, b), recall=inside(b, a))


write('generation', dict(format=1, kind='generation', numpy=np.__version__, cases=[
    case(spec([40, 6], 1, 1., .2), spec([50, 6], 2)),
    case(spec([90, 16], 3, .5, 0.), spec([90, 16], 4)),
    case(spec([60, 3], 5, 1.5, -.3), spec([45, 3], 6, .7)),
    # fewer rows than features: both covariances are singular
    case(spec([20, 32], 7), spec([24, 32], 8, 1.1)),
]))
