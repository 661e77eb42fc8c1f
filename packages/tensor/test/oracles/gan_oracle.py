#!/usr/bin/env python3
"""The models `fashion-gan`, `fashion-vae-gan` and `cartoon-gan`, at 64x64, by PyTorch in the form of torch_oracle.py.

    python3 gan_oracle.py

Writes data/gan.json, data/vae-gan.json and data/cartoon-gan.json: three rounds of both players, the discriminator first, with the same codes
in each step: the losses before each step, all gradients of the first round, and all weights after the third, each as a
fingerprint. Of the vae-gan, the encoder and the decoder are one player, and the codes are also the noise of sampled codes.
"""
import math
import torch
import torch.nn.functional as F
from torch_oracle import bn_train, conv, conv_t, fingerprint, gen, leaky, num, spec, write

BATCH, LATENT, LR, B1, B2, EPSILON, ROUNDS, PENALTY = 4, 64, 2e-4, .5, .999, 1e-7, 3, 10.
RECONSTRUCTION, DECEPTION = 1000., 100.  # weights in the loss of a vae-gan
D, G, E = 'discriminator.', 'generator.', 'encoder.'


def name(layer, number):
    return layer + ('_%d' % number if number else '')


def halving(model, heads, base, channels, stages):
    found, before = {}, channels
    for n in range(stages):
        filters = 32 * 2 ** n
        found.update({model + name('conv2d', n) + '.kernel': [4, 4, before, filters], model + name('conv2d', n) + '.bias': [filters]})
        before = filters
    for n, width in enumerate(heads):
        found.update({model + name('dense', n) + '.kernel': [base * base * before, width], model + name('dense', n) + '.bias': [width]})
    return found


def shapes(size, channels, stages, variational):
    """Of all weights. The discriminator halves images with 32, 64 and 128 filters, the generator doubles them down to 16."""
    base = size // 2 ** stages
    first = 16 * 2 ** stages
    found = halving(D, [1], base, channels, stages)
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
    return {**found, **halving(E, [LATENT, LATENT], base, channels, stages)} if variational else found


def scale(weight, shape):
    if not weight.endswith('kernel'):
        return .2 if weight.endswith('gamma') else .1
    return float('%.6g' % math.sqrt(6. / (math.prod(shape[:-2]) * (shape[-2] + shape[-1]))))


def halve(P, model, x, stages, heads=1):
    for n in range(stages):
        layer = model + name('conv2d', n)
        x = leaky(conv(x, P[layer + '.kernel'], P[layer + '.bias'], 2), .2)
    x = x.reshape(len(x), -1)
    return [x @ P[model + name('dense', n) + '.kernel'] + P[model + name('dense', n) + '.bias'] for n in range(heads)]


def judge(P, x, stages):
    return halve(P, D, x, stages)[0]


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


def deceive(P, x, z, stages):
    return F.softplus(-judge(P, generate(P, z, stages), stages)).mean()


def vary(P, x, z, stages):
    mean, log_variance = halve(P, E, x, stages, heads=2)
    y = generate(P, mean + torch.exp(log_variance / 2) * z, stages)
    divergence = -.5 * (1 + log_variance - mean.square() - torch.exp(log_variance)).sum(1).mean()
    return RECONSTRUCTION * (y - x).square().mean() + divergence + DECEPTION * deceive(P, x, z, stages)


def run(dt, params, inputs, stages, variational):
    x, z = (torch.tensor(gen(s), dtype=dt) for s in inputs)
    P = {n: torch.tensor(gen(s), dtype=dt, requires_grad=True) for n, s in params.items()}
    M, V = ({n: torch.zeros_like(p.data) for n, p in P.items()} for _ in range(2))
    losses, first = {D: [], G: []}, {}
    for t in range(1, ROUNDS + 1):
        for player, loss in {D: discriminate, G: vary if variational else deceive}.items():
            own = [n for n in P if n.startswith(D) == (player == D)]
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


def oracle(kind, size, channels, stages, codes, variational=False):
    """`codes` is the seed of the codes: one where rounding moves no activation across zero, which would change whole gradients."""
    params = {n: spec(s, 8000 + i, scale(n, s), 1. if n.endswith('gamma') else 0.) for i, (n, s) in enumerate(shapes(size, channels, stages, variational).items())}
    inputs = spec([BATCH, size, size, channels], 1, .5, .5), spec([BATCH, LATENT], codes, 1.7)
    losses, exact = run(torch.float64, params, inputs, stages, variational)
    _, near = run(torch.float32, params, inputs, stages, variational)
    # a normalisation removes what these add
    dead = [G + 'dense.bias', *(G + name('conv2d_transpose', n) + '.bias' for n in range(stages))]
    # the decoder of a vae-gan is its generator
    called = {n: n.replace(G, 'decoder.') if variational else n for n in params}
    live = {group: [n for n in of if n not in dead] for group, of in exact.items()}
    write(kind, dict(format=1, kind=kind, torch=torch.__version__, lr=LR, beta1=B1, inputs=dict(x=inputs[0], z=inputs[1]),
                     params={called[n]: given for n, given in params.items()},
                     losses=dict(discriminator=num(losses[D]), generator=num(losses[G])),
                     **{group: {called[n]: fingerprint(exact[group][n]) for n in own} for group, own in live.items()},
                     errors={group: {called[n]: errors(near[group][n], exact[group][n]) for n in own} for group, own in live.items()}))


oracle('gan', size=28, channels=1, stages=2, codes=2)
oracle('vae-gan', size=28, channels=1, stages=2, codes=2, variational=True)
oracle('cartoon-gan', size=64, channels=3, stages=3, codes=3)
