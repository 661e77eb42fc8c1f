#!/usr/bin/env python3
"""The models `fashion-gan` and `cartoon-gan`, at 64x64, by PyTorch in the form of torch_oracle.py.

    python3 gan_oracle.py

Writes data/gan.json and data/cartoon-gan.json: three rounds of both players, the discriminator first, with the same codes
in each step: the losses before each step, all gradients of the first round, and all weights after the third, each as a
fingerprint.
"""
import math
import torch
import torch.nn.functional as F
from torch_oracle import bn_train, conv, conv_t, fingerprint, gen, leaky, num, spec, write

BATCH, LATENT, LR, B1, B2, EPSILON, ROUNDS, PENALTY = 4, 64, 2e-4, .5, .999, 1e-7, 3, 10.
D, G = 'discriminator.', 'generator.'


def name(layer, number):
    return layer + ('_%d' % number if number else '')


def shapes(size, channels, stages):
    """Of all weights. The discriminator halves images with 32, 64 and 128 filters, the generator doubles them down to 16."""
    base = size // 2 ** stages
    first = 16 * 2 ** stages
    found, before = {}, channels
    for n in range(stages):
        filters = 32 * 2 ** n
        found.update({D + name('conv2d', n) + '.kernel': [4, 4, before, filters], D + name('conv2d', n) + '.bias': [filters]})
        before = filters
    found.update({D + 'dense.kernel': [base * base * before, 1], D + 'dense.bias': [1]})
    found.update({G + 'dense.kernel': [LATENT, base * base * first], G + 'dense.bias': [base * base * first]})
    found.update({G + 'batch_normalization.gamma': [first], G + 'batch_normalization.beta': [first]})
    before = first
    for n in range(stages):
        filters = before // 2
        layer, norm = G + name('conv2d_transpose', n), G + name('batch_normalization', n + 1)
        found.update({layer + '.kernel': [4, 4, filters, before], layer + '.bias': [filters], norm + '.gamma': [filters], norm + '.beta': [filters]})
        before = filters
    last = G + name('conv2d_transpose', stages)
    found.update({last + '.kernel': [3, 3, channels, before], last + '.bias': [channels]})
    return found


def scale(weight, shape):
    if not weight.endswith('kernel'):
        return .2 if weight.endswith('gamma') else .1
    return float('%.6g' % math.sqrt(6. / (math.prod(shape[:-2]) * (shape[-2] + shape[-1]))))


def judge(P, x, stages):
    for n in range(stages):
        layer = D + name('conv2d', n)
        x = leaky(conv(x, P[layer + '.kernel'], P[layer + '.bias'], 2), .2)
    return x.reshape(len(x), -1) @ P[D + 'dense.kernel'] + P[D + 'dense.bias']


def generate(P, z, stages):
    def normal(h, n):
        norm = G + name('batch_normalization', n)
        return torch.relu(bn_train(h, P[norm + '.gamma'], P[norm + '.beta'])[0])
    h = z @ P[G + 'dense.kernel'] + P[G + 'dense.bias']
    filters = len(P[G + 'batch_normalization.gamma'])
    base = math.isqrt(h.shape[1] // filters)
    h = normal(h.reshape(-1, base, base, filters), 0)
    for n in range(stages):
        layer = G + name('conv2d_transpose', n)
        h = normal(conv_t(h, P[layer + '.kernel'], P[layer + '.bias'], 2), n + 1)
    last = G + name('conv2d_transpose', stages)
    return torch.sigmoid(conv_t(h, P[last + '.kernel'], P[last + '.bias'], 1))


def discriminate(P, x, z, stages):
    x = x.clone().requires_grad_()
    logits = judge(P, x, stages)
    slope, = torch.autograd.grad(logits.sum(), x, create_graph=True)
    penalty = PENALTY * slope.square().reshape(len(x), -1).sum(1, keepdim=True) / 2
    return (F.softplus(-logits) + F.softplus(judge(P, generate(P, z, stages), stages)) + penalty).mean()


LOSSES = {
    D: discriminate,
    G: lambda P, x, z, n: F.softplus(-judge(P, generate(P, z, n), n)).mean(),
}


def run(dt, params, inputs, stages):
    x, z = (torch.tensor(gen(s), dtype=dt) for s in inputs)
    P = {n: torch.tensor(gen(s), dtype=dt, requires_grad=True) for n, s in params.items()}
    M, V = ({n: torch.zeros_like(p.data) for n, p in P.items()} for _ in range(2))
    losses, first = {D: [], G: []}, {}
    for t in range(1, ROUNDS + 1):
        for player, loss in LOSSES.items():
            own = [n for n in P if n.startswith(player)]
            value = loss(P, x, z, stages)
            losses[player].append(value.item())
            for n, g in zip(own, torch.autograd.grad(value, [P[n] for n in own])):
                if t == 1:
                    first[n] = g
                M[n].mul_(B1).add_((1 - B1) * g)
                V[n].mul_(B2).add_((1 - B2) * g * g)
                P[n].data.sub_(LR * math.sqrt(1 - B2 ** t) / (1 - B1 ** t) * M[n] / (torch.sqrt(V[n]) + EPSILON))
    return losses, dict(grads=first, after3={n: p.data for n, p in P.items()})


def errors(a, b):
    d = a.double() - b
    return [float('%.2g' % d.abs().max()), float('%.2g' % (d.norm() / b.norm()))]


def oracle(kind, size, channels, stages, codes):
    """`codes` is the seed of the codes: one where rounding moves no activation across zero, which would change whole gradients."""
    params = {n: spec(s, 8000 + i, scale(n, s), 1. if n.endswith('gamma') else 0.) for i, (n, s) in enumerate(shapes(size, channels, stages).items())}
    inputs = spec([BATCH, size, size, channels], 1, .5, .5), spec([BATCH, LATENT], codes, 1.7)
    losses, exact = run(torch.float64, params, inputs, stages)
    _, near = run(torch.float32, params, inputs, stages)
    # a normalisation removes what these add
    dead = [G + 'dense.bias', *(G + name('conv2d_transpose', n) + '.bias' for n in range(stages))]
    live = {group: [n for n in of if n not in dead] for group, of in exact.items()}
    write(kind, dict(format=1, kind=kind, torch=torch.__version__, lr=LR, beta1=B1, inputs=dict(x=inputs[0], z=inputs[1]), params=params,
                     losses=dict(discriminator=num(losses[D]), generator=num(losses[G])),
                     **{group: {n: fingerprint(exact[group][n]) for n in own} for group, own in live.items()},
                     errors={group: {n: errors(near[group][n], exact[group][n]) for n in own} for group, own in live.items()}))


oracle('gan', size=28, channels=1, stages=2, codes=2)
oracle('cartoon-gan', size=64, channels=3, stages=3, codes=3)
