#!/usr/bin/env python3
"""Models of several parts, with batches of several tensors, by PyTorch in the form of torch_oracle.py.

    python3 models_oracle.py

Writes data/models.json: of a U-Net and a conditional variational autoencoder the losses before three steps of Adam and after them,
all gradients of the first step, and all weights after the third.
"""
import torch
import torch.nn.functional as F
from torch_oracle import adam_update, bn_train, conv, conv_t, full, gen, leaky, num, spec, write

LR, STEPS = 1e-2, 3


def run(inputs, params, loss, dt):
    given = {k: torch.tensor(gen(s) if 'seed' in s else s['data'], dtype=dt).reshape(s['shape']) for k, s in inputs.items()}
    P = {k: torch.tensor(gen(s), dtype=dt, requires_grad=True) for k, s in params.items()}
    moments = {k: (torch.zeros_like(p.data), torch.zeros_like(p.data)) for k, p in P.items()}
    losses = []
    for t in range(1, STEPS + 1):
        value = loss(P, **given)
        losses.append(value.item())
        grads = dict(zip(P, torch.autograd.grad(value, list(P.values()))))
        if t == 1:
            first = grads
        for k, p in P.items():
            adam_update(p.data, grads[k], *moments[k], t, LR)
    losses.append(loss(P, **given).item())
    return losses, dict(grads=first, after3={k: p.data for k, p in P.items()})


def model(inputs, params, loss):
    params = {k: spec(shape, 7000 + i, scale, 1. if k.endswith('gamma') else 0.) for i, (k, (shape, scale)) in enumerate(params.items())}
    losses, exact = run(inputs, params, loss, torch.float64)
    losses32, near = run(inputs, params, loss, torch.float32)

    def errors(a, b):
        d = a.double() - b
        return [float('%.2g' % d.abs().max()), float('%.2g' % (d.norm() / b.norm()))]
    return dict(inputs=inputs, params=params, losses=num(losses), **{group: {k: full(v) for k, v in of.items()} for group, of in exact.items()},
                errors=dict(losses=[float('%.2g' % abs(a - b)) for a, b in zip(losses32, losses)],
                            **{group: {k: errors(near[group][k], v) for k, v in of.items()} for group, of in exact.items()}))


# ---------------------------------------------------------------- a U-Net: what `first` gives goes around `down` and `up`
def unet(P, images, masks):
    def layer(f, name, x, s):
        return f(x, P[name + '.kernel'], P[name + '.bias'], s)
    skip, _, _ = bn_train(leaky(layer(conv, 'first.conv2d', images, 1), .2), P['first.batch_normalization.gamma'], P['first.batch_normalization.beta'])
    low = leaky(layer(conv, 'down.conv2d', skip, 2), .2)
    high = leaky(layer(conv_t, 'up.conv2d_transpose', low, 2), .2)
    logits = layer(conv, 'last.conv2d', torch.cat([skip, high], -1), 1)
    return F.binary_cross_entropy_with_logits(logits, masks)


UNET = {'first.conv2d.kernel': ([3, 3, 2, 4], .3), 'first.conv2d.bias': ([4], .1), 'first.batch_normalization.gamma': ([4], .2), 'first.batch_normalization.beta': ([4], .1),
        'down.conv2d.kernel': ([3, 3, 4, 6], .25), 'down.conv2d.bias': ([6], .1), 'up.conv2d_transpose.kernel': ([3, 3, 4, 6], .25), 'up.conv2d_transpose.bias': ([4], .1),
        'last.conv2d.kernel': ([3, 3, 8, 2], .3), 'last.conv2d.bias': ([2], .1)}


# ---------------------------------------------------------------- a conditional VAE: encoder and decoder see the label
def cvae(P, x, label, eps):
    def dense(name, h):
        return h @ P[name + '.kernel'] + P[name + '.bias']
    h = F.silu(dense('encoder.dense', torch.cat([x, label], -1)))
    mean, log_var = dense('encoder.dense_1', h), dense('encoder.dense_2', h)
    z = mean + torch.exp(log_var / 2) * eps
    y = torch.sigmoid(dense('decoder.dense_1', F.silu(dense('decoder.dense', torch.cat([z, label], -1)))))
    kl = -.5 * (1 + log_var - mean ** 2 - torch.exp(log_var)).sum(1)
    return (20 * ((y - x) ** 2).mean(1) + kl).mean()


def dense_params(name, i, o):
    return {name + '.kernel': ([i, o], .5), name + '.bias': ([o], .1)}


CVAE = {**dense_params('encoder.dense', 9, 10), **dense_params('encoder.dense_1', 10, 2), **dense_params('encoder.dense_2', 10, 2), **dense_params('decoder.dense', 5, 10), **dense_params('decoder.dense_1', 10, 6)}
labels = F.one_hot(torch.tensor([0, 2, 1, 1, 0]), 3)

write('models', dict(format=1, kind='models', torch=torch.__version__, lr=LR,
                     unet=model(dict(images=spec([2, 6, 6, 2], 11), masks=spec([2, 6, 6, 2], 12, .5, .5)), UNET, unet),
                     cvae=model(dict(x=spec([5, 6], 13, .5, .5), label=full(labels), eps=spec([5, 2], 14, 1.7)), CVAE, cvae)))
