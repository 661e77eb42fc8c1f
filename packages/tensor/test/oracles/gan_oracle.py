#!/usr/bin/env python3
"""The model `fashion-gan` by PyTorch in the form of torch_oracle.py.

    python3 gan_oracle.py

Writes data/gan.json: three rounds of both players, the discriminator first, with the same codes in each step: the losses
before each step, all gradients of the first round, and all weights after the third, each as a fingerprint.
"""
import math
import torch
import torch.nn.functional as F
from torch_oracle import bn_train, conv, conv_t, fingerprint, gen, leaky, num, spec, write

BATCH, LATENT, LR, B1, B2, EPSILON, ROUNDS = 4, 64, 2e-4, .5, .999, 1e-7, 3
D, G = 'discriminator.', 'generator.'
SHAPES = {
    D + 'conv2d.kernel': [4, 4, 1, 32], D + 'conv2d.bias': [32], D + 'conv2d_1.kernel': [4, 4, 32, 64], D + 'conv2d_1.bias': [64],
    D + 'dense.kernel': [3136, 1], D + 'dense.bias': [1],
    G + 'dense.kernel': [LATENT, 3136], G + 'dense.bias': [3136], G + 'batch_normalization.gamma': [64], G + 'batch_normalization.beta': [64],
    G + 'conv2d_transpose.kernel': [4, 4, 32, 64], G + 'conv2d_transpose.bias': [32], G + 'batch_normalization_1.gamma': [32], G + 'batch_normalization_1.beta': [32],
    G + 'conv2d_transpose_1.kernel': [4, 4, 16, 32], G + 'conv2d_transpose_1.bias': [16], G + 'batch_normalization_2.gamma': [16], G + 'batch_normalization_2.beta': [16],
    G + 'conv2d_transpose_2.kernel': [3, 3, 1, 16], G + 'conv2d_transpose_2.bias': [1],
}
# a normalisation removes what these add
DEAD = [G + 'dense.bias', G + 'conv2d_transpose.bias', G + 'conv2d_transpose_1.bias']


def scale(name, shape):
    if not name.endswith('kernel'):
        return .2 if name.endswith('gamma') else .1
    return float('%.6g' % math.sqrt(6. / (math.prod(shape[:-2]) * (shape[-2] + shape[-1]))))


PARAMS = {n: spec(s, 8000 + i, scale(n, s), 1. if n.endswith('gamma') else 0.) for i, (n, s) in enumerate(SHAPES.items())}
X, Z = spec([BATCH, 28, 28, 1], 1, .5, .5), spec([BATCH, LATENT], 2, 1.7)


def judge(P, x):
    h = leaky(conv(x, P[D + 'conv2d.kernel'], P[D + 'conv2d.bias'], 2), .2)
    h = leaky(conv(h, P[D + 'conv2d_1.kernel'], P[D + 'conv2d_1.bias'], 2), .2)
    return h.reshape(len(x), -1) @ P[D + 'dense.kernel'] + P[D + 'dense.bias']


def generate(P, z):
    def normal(h, n):
        n = G + 'batch_normalization' + n
        return torch.relu(bn_train(h, P[n + '.gamma'], P[n + '.beta'])[0])
    h = normal((z @ P[G + 'dense.kernel'] + P[G + 'dense.bias']).reshape(-1, 7, 7, 64), '')
    for n in ('', '_1'):
        h = normal(conv_t(h, P[G + 'conv2d_transpose%s.kernel' % n], P[G + 'conv2d_transpose%s.bias' % n], 2), '_%d' % (len(n) // 2 + 1))
    return torch.sigmoid(conv_t(h, P[G + 'conv2d_transpose_2.kernel'], P[G + 'conv2d_transpose_2.bias'], 1))


LOSSES = {
    D: lambda P, x, z: (F.softplus(-judge(P, x)) + F.softplus(judge(P, generate(P, z)))).mean(),
    G: lambda P, x, z: F.softplus(-judge(P, generate(P, z))).mean(),
}


def run(dt):
    x, z = (torch.tensor(gen(s), dtype=dt) for s in (X, Z))
    P = {n: torch.tensor(gen(s), dtype=dt, requires_grad=True) for n, s in PARAMS.items()}
    M, V = ({n: torch.zeros_like(p.data) for n, p in P.items()} for _ in range(2))
    losses, first = {D: [], G: []}, {}
    for t in range(1, ROUNDS + 1):
        for player, loss in LOSSES.items():
            own = [n for n in P if n.startswith(player)]
            value = loss(P, x, z)
            losses[player].append(value.item())
            for n, g in zip(own, torch.autograd.grad(value, [P[n] for n in own])):
                if t == 1:
                    first[n] = g
                M[n].mul_(B1).add_((1 - B1) * g)
                V[n].mul_(B2).add_((1 - B2) * g * g)
                P[n].data.sub_(LR * math.sqrt(1 - B2 ** t) / (1 - B1 ** t) * M[n] / (torch.sqrt(V[n]) + EPSILON))
    return losses, dict(grads=first, after3={n: p.data for n, p in P.items()})


losses, exact = run(torch.float64)
losses32, near = run(torch.float32)


def errors(a, b):
    d = a.double() - b
    return [float('%.2g' % d.abs().max()), float('%.2g' % (d.norm() / b.norm()))]


write('gan', dict(format=1, kind='gan', torch=torch.__version__, lr=LR, beta1=B1, inputs=dict(x=X, z=Z), params=PARAMS,
                  losses=dict(discriminator=num(losses[D]), generator=num(losses[G])),
                  **{group: {n: fingerprint(v) for n, v in of.items() if n not in DEAD} for group, of in exact.items()},
                  errors={group: {n: errors(near[group][n], v) for n, v in of.items() if n not in DEAD} for group, of in exact.items()}))
