#!/usr/bin/env python3
"""PyTorch's numbers for layers, losses, optimisers and a gradient penalty, in the form of torch_oracle.py.

    python3 blocks_oracle.py

Writes data/blocks.json: `cases` as in ops.json, `optimizers` with the weights after each step,
`schedules` with the learning rate of each step (of `plateau`: after each epoch's loss).
"""
import torch
import torch.nn.functional as F
from torch_oracle import BN_EPS, conv, full, gen, leaky, num, same, spec, write

cases = []


def case(name, op, inputs, f, attrs={}):
    seed = 9000 + 10 * len(cases)
    inputs = {k: spec(s, seed + i, *more) for i, (k, (s, *more)) in enumerate(inputs.items())}
    record, results = dict(name=name, op=op, attrs=attrs, inputs=inputs), {}
    for dt in (torch.float64, torch.float32):
        t = {k: torch.tensor(gen(s), dtype=dt, requires_grad=True) for k, s in inputs.items()}
        y = f(**t)
        record.setdefault('dy', spec(list(y.shape), seed + 9))
        (y * torch.tensor(gen(record['dy']), dtype=dt)).sum().backward()
        results[dt] = dict(y=y, **{'d_' + k: v.grad for k, v in t.items()})
    exact = results[torch.float64]
    record['expect'] = {k: full(v) for k, v in exact.items()}
    record['torch_f32_max_abs_err'] = {k: float('%.2g' % (v.double() - exact[k]).abs().max()) for k, v in results[torch.float32].items()}
    cases.append(record)


# ---------------------------------------------------------------- gradients of gradients
def batch_norm(x, gamma, beta):
    axes = tuple(range(x.dim() - 1))
    m = x.mean(axes)
    return (x - m) / torch.sqrt(((x - m) ** 2).mean(axes) + BN_EPS) * gamma + beta


def penalty(x, scores):
    (g,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    return ((g.reshape(len(x), -1).square().sum(1) + 1e-12).sqrt() - 1).square().mean()


def dense_critic(x, w, gamma, beta, v):
    return penalty(x, torch.tanh(batch_norm(leaky(x @ w, .2), gamma, beta)) @ v)


def image_critic(x, k, gamma, beta, v):
    h = F.silu(batch_norm(conv(x, k, None, 2), gamma, beta))
    return penalty(x, h.reshape(len(x), -1) @ v)


case('gradient_penalty_dense', 'dense_critic', dict(x=[[6, 4]], w=[[4, 5]], gamma=[[5], .5, 1.], beta=[[5]], v=[[5, 1]]), dense_critic)
case('gradient_penalty_image', 'image_critic', dict(x=[[3, 4, 5, 2]], k=[[3, 3, 2, 4], .5], gamma=[[4], .5, 1.], beta=[[4]], v=[[24, 1]]), image_critic)


# ---------------------------------------------------------------- layers
def conv_step(x, w, b, step):
    """x NHWC, w HWIO, padding `same` of each dimension"""
    _, t0, t1 = same(x.shape[1], w.shape[0], step[0])
    _, l0, l1 = same(x.shape[2], w.shape[1], step[1])
    t = F.pad(x.permute(0, 3, 1, 2), (l0, l1, t0, t1))
    return F.conv2d(t, w.permute(3, 2, 0, 1), None, step).permute(0, 2, 3, 1) + b


def conv_t_step(x, w, b, step, size):
    """the gradient of conv_step with respect to its input of `size`"""
    zeros = torch.zeros(len(x), *size, w.shape[2], dtype=x.dtype, requires_grad=True)
    y = conv_step(zeros, w, 0, step)
    return torch.autograd.grad(y, zeros, x, create_graph=True)[0] + b


def signal(f):
    return lambda x, kernel, bias: f(x[:, None], kernel[None], bias)[:, 0]


case('conv2d_rectangular', 'layer', dict(x=[[2, 5, 8, 3]], kernel=[[3, 4, 3, 4], .5], bias=[[4]]), lambda x, kernel, bias: conv_step(x, kernel, bias, (1, 3)),
     dict(layer='conv2d', options=dict(filters=4, kernelSize=[3, 4], stride=[1, 3])))
case('conv2d_transpose_odd', 'layer', dict(x=[[2, 4, 3, 3]], kernel=[[3, 3, 4, 3], .5], bias=[[4]]), lambda x, kernel, bias: conv_t_step(x, kernel, bias, (2, 2), (7, 5)),
     dict(layer='conv2dTranspose', options=dict(filters=4, kernelSize=3, stride=2, outputSize=[7, 5])))
case('conv1d', 'layer', dict(x=[[2, 9, 3]], kernel=[[5, 3, 4], .5], bias=[[4]]), signal(lambda x, k, b: conv_step(x, k, b, (1, 2))),
     dict(layer='conv1d', options=dict(filters=4, kernelSize=5, stride=2)))
case('conv1d_transpose', 'layer', dict(x=[[2, 5, 3]], kernel=[[4, 4, 3], .5], bias=[[4]]), signal(lambda x, k, b: conv_t_step(x, k, b, (1, 2), (1, 10))),
     dict(layer='conv1dTranspose', options=dict(filters=4, kernelSize=4, stride=2)))
case('layer_normalization', 'layer', dict(x=[[3, 4, 6]], gamma=[[6], .5, 1.], beta=[[6]]), lambda x, gamma, beta: F.layer_norm(x, (6,), gamma, beta, BN_EPS),
     dict(layer='layerNormalization'))


def pooled(f, size):
    return lambda x: f(x.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1)


case('max_pooling', 'layer', dict(x=[[2, 5, 6, 3]]), pooled(F.max_pool2d, 2), dict(layer='maxPooling2d', options=2))
case('average_pooling', 'layer', dict(x=[[2, 5, 6, 3]]), pooled(F.avg_pool2d, (2, 3)), dict(layer='averagePooling2d', options=[2, 3]))
case('up_sampling', 'layer', dict(x=[[2, 3, 2, 3]]), lambda x: F.interpolate(x.permute(0, 3, 1, 2), scale_factor=(2., 3.)).permute(0, 2, 3, 1), dict(layer='upSampling2d', options=[2, 3]))
for layer in ('tanh', 'elu', 'gelu', 'silu', 'softplus'):
    case(layer, 'layer', dict(x=[[4, 6], 4.]), lambda x, f=getattr(F, layer): f(x), dict(layer=layer))
INDICES = [[2, 0, 2], [4, 1, 2]]
case('embedding', 'embedding', dict(embeddings=[[5, 4]]), lambda embeddings: F.embedding(torch.tensor(INDICES), embeddings), dict(indices=INDICES))

# ---------------------------------------------------------------- losses, element by element or sample by sample
PAIR = dict(prediction=[[4, 5], 6.], target=[[4, 5], .5, .5])
case('binary_cross_entropy', 'binaryCrossEntropies', PAIR, lambda prediction, target: F.binary_cross_entropy_with_logits(prediction, target, reduction='none'))
case('categorical_cross_entropy', 'categoricalCrossEntropies', PAIR, lambda prediction, target: -(target * F.log_softmax(prediction, -1)).sum(-1))
case('huber', 'huberErrors', PAIR, lambda prediction, target: F.huber_loss(prediction, target, reduction='none', delta=1.5), dict(delta=1.5))

# ---------------------------------------------------------------- optimisers: PyTorch's own, gradients of a given size
optimizers = []
OPTIMIZERS = dict(
    sgd=(dict(), lambda p: torch.optim.SGD(p, .1)),
    sgd_momentum=(dict(momentum=.9), lambda p: torch.optim.SGD(p, .1, momentum=.9)),
    sgd_nesterov=(dict(momentum=.9, nesterov=True), lambda p: torch.optim.SGD(p, .1, momentum=.9, nesterov=True)),
    # Epsilon stands in another place here; with so small a one that makes no difference.
    adam_w=(dict(weightDecay=.05, epsilon=1e-12), lambda p: torch.optim.AdamW(p, .1, weight_decay=.05, eps=1e-12)))
for i, (name, (options, make_optimizer)) in enumerate(OPTIMIZERS.items()):
    for clip in (None, 1.5):
        w0, grads = spec([10], 9800 + i), [spec([10], 9810 + k) for k in range(5)]
        w = torch.tensor(gen(w0), dtype=torch.float64, requires_grad=True)
        optimizer, after = make_optimizer([w]), []
        for g in grads:
            w.grad = torch.tensor(gen(g), dtype=torch.float64)
            if clip is not None:
                torch.nn.utils.clip_grad_norm_([w], clip)
            optimizer.step()
            after.append(num(w.detach()))
        optimizers.append(dict(name=name, options=options, clipNorm=clip, learningRate=.1, w=w0, grads=grads, after=after))

# ---------------------------------------------------------------- learning rates
def rates(make_schedule, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], .1)
    schedule, found = make_schedule(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        schedule.step()
    return num(found)


S = torch.optim.lr_scheduler
warm = rates(lambda o: S.LinearLR(o, 1 / 5, total_iters=4), 5) + rates(lambda o: S.CosineAnnealingLR(o, 12), 12)
losses = [1., .8, .79, .85, .7, .7, .71, .9, .69, .5, .5, .5, .5]
optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], .1)
# It reduces one epoch later than Keras's.
plateau, reduced = S.ReduceLROnPlateau(optimizer, factor=.5, patience=1, threshold=.05, threshold_mode='abs'), []
for loss in losses:
    plateau.step(loss)
    reduced.append(optimizer.param_groups[0]['lr'])
schedules = dict(warm_up_cosine=warm, step_decay=rates(lambda o: S.StepLR(o, 3, .5), 10), plateau=dict(losses=losses, after=num(reduced)))

write('blocks', dict(format=1, kind='blocks', torch=torch.__version__, cases=cases, optimizers=optimizers, schedules=schedules))
