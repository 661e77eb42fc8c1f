#!/usr/bin/env python3
"""Numerical ground truth for the engine, computed by PyTorch in float64 with Keras/TensorFlow semantics.

    python3 torch_oracle.py [--out data]

Everything is generated from an exact integer hash (see README.md), so a test can rebuild inputs and weights
bit for bit without reading them. All stored tensors are NHWC, conv kernels HWIO, conv-transpose kernels HWOI,
dense kernels [in, out]. Expected numbers come from float64 arithmetic on float32-rounded inputs; for each tensor
the error that PyTorch's own float32 run makes against them is stored as a yardstick for tolerances.
"""
import argparse, json, math, os
import numpy as np
import torch
import torch.nn.functional as F

ap = argparse.ArgumentParser()
ap.add_argument('--out', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data'))
A = ap.parse_args()
os.makedirs(A.out, exist_ok=True)
torch.manual_seed(0)
B1, B2, ADAM_EPS, BN_EPS, BN_MOM = .9, .999, 1e-7, 1e-3, .99


# ---------------------------------------------------------------- deterministic values
def h01(n, seed):
    """n values in [-1, 1), multiples of 2^-23, exact in float32. All arithmetic modulo 2^32."""
    with np.errstate(over='ignore'):
        t = (np.arange(1, n + 1, dtype=np.uint32) * np.uint32(0x9E3779B1)) ^ (np.uint32(seed + 1) * np.uint32(0x85EBCA6B))
        t ^= t >> np.uint32(15)
        t = t * np.uint32(0x2C1B3C6D)
        t ^= t >> np.uint32(12)
        t = t * np.uint32(0x297A2D39)
        t ^= t >> np.uint32(15)
    return (t >> np.uint32(8)).astype(np.float64) / 8388608. - 1.


def make(shape, seed, scale=1., offset=0.):
    n = int(np.prod(shape))
    return (offset + scale * h01(n, seed)).astype(np.float32).reshape(shape)


def spec(shape, seed, scale=1., offset=0.):
    return dict(shape=list(shape), seed=seed, scale=scale, offset=offset)


def gen(s):
    return make(s['shape'], s['seed'], s['scale'], s['offset'])


# ---------------------------------------------------------------- Keras layers on NHWC tensors
def same(size, k, s):
    out = -(-size // s)
    p = max((out - 1) * s + k - size, 0)
    return out, p // 2, p - p // 2


def conv(x, w, b, s, padding='same'):
    """x NHWC, w HWIO"""
    kh, kw = w.shape[:2]
    t = x.permute(0, 3, 1, 2)
    if padding == 'same':
        _, t0, t1 = same(x.shape[1], kh, s)
        _, l0, l1 = same(x.shape[2], kw, s)
        t = F.pad(t, (l0, l1, t0, t1))
    y = F.conv2d(t, w.permute(3, 2, 0, 1), None, s).permute(0, 2, 3, 1)
    return y if b is None else y + b


def conv_t(x, w, b, s):
    """x NHWC, w HWOI; the gradient with respect to its input of the SAME convolution with stride s"""
    kh, kw = w.shape[:2]
    H, W = x.shape[1] * s, x.shape[2] * s
    full = F.conv_transpose2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), None, s)
    full = F.pad(full, (0, max(0, W - full.shape[3]), 0, max(0, H - full.shape[2])))
    t0, l0 = same(H, kh, s)[1], same(W, kw, s)[1]
    y = full[:, :, t0:t0 + H, l0:l0 + W].permute(0, 2, 3, 1)
    return y if b is None else y + b


def bn_train(x, g, b):
    ax = tuple(range(x.dim() - 1))
    m = x.mean(ax)
    v = ((x - m) ** 2).mean(ax)
    return (x - m) / torch.sqrt(v + BN_EPS) * g + b, m, v


def leaky(x, a):
    return torch.where(x > 0, x, a * x)


# ---------------------------------------------------------------- storing
def num(x):
    return [float('%.9g' % v) for v in np.asarray(x, dtype=np.float64).ravel()]


def full(t):
    a = t.detach().double().numpy()
    return dict(shape=list(a.shape), data=num(a))


def fingerprint(t):
    """sum, l2 norm, product with the probe hash (seed 999) and 16 strided samples"""
    a = t.detach().double().numpy().ravel()
    n = a.size
    idx = sorted(set((k * n) // 16 for k in range(16)))
    return dict(shape=list(t.shape), sum=float('%.12g' % a.sum()), l2=float('%.12g' % math.sqrt((a * a).sum())), max=float('%.9g' % np.abs(a).max()),
                probe=float('%.12g' % (a * h01(n, 999)).sum()), at=idx, values=num(a[idx]))


def write(name, obj):
    p = os.path.join(A.out, name + '.json')
    with open(p, 'w') as f:
        json.dump(obj, f, separators=(',', ':'))
        f.write('\n')
    print('%-22s %8d bytes' % (name + '.json', os.path.getsize(p)))


# ---------------------------------------------------------------- single operations
def ops():
    out, sd = [], [100]

    def case(name, op, attrs, inputs, fn, note=None):
        """inputs: name -> spec; dy is generated with its own seed; L = sum(y * dy), gradients of L"""
        rec = dict(name=name, op=op, attrs=attrs, inputs=inputs)
        if note:
            rec['note'] = note
        res = {}
        for dt in (torch.float64, torch.float32):
            t = {k: torch.tensor(gen(s), dtype=dt, requires_grad=True) for k, s in inputs.items()}
            r = fn(t)
            y, aux = r if isinstance(r, tuple) else (r, {})
            if 'dy' not in rec:
                sd[0] += 1
                rec['dy'] = spec(list(y.shape), sd[0])
            (y * torch.tensor(gen(rec['dy']), dtype=dt)).sum().backward()
            res[dt] = dict(y=y, **{'d_' + k: v.grad for k, v in t.items()}, **aux)
        rec['expect'] = {k: full(v) for k, v in res[torch.float64].items()}
        rec['torch_f32_max_abs_err'] = {k: float('%.2g' % (v.double() - res[torch.float64][k]).abs().max()) for k, v in res[torch.float32].items()}
        out.append(rec)

    def s(shape, scale=1., offset=0.):
        sd[0] += 1
        return spec(shape, sd[0], scale, offset)

    c = 'conv2d'
    for nm, xs, ws, st, pad in [('same_s2_even', (2, 6, 8, 3), (3, 3, 3, 4), 2, 'same'), ('same_s2_odd', (2, 7, 5, 3), (3, 3, 3, 4), 2, 'same'), ('same_s1', (2, 5, 6, 3), (3, 3, 3, 4), 1, 'same'),
                                ('same_s2_28x28_c1', (1, 28, 28, 1), (3, 3, 1, 2), 2, 'same'), ('same_s2_k5', (1, 8, 9, 2), (5, 5, 2, 3), 2, 'same'), ('same_s3_k4', (1, 10, 11, 2), (4, 4, 2, 3), 3, 'same'),
                                ('same_s2_k2', (1, 6, 7, 2), (2, 2, 2, 3), 2, 'same'), ('same_s2_k1', (1, 5, 6, 3), (1, 1, 3, 4), 2, 'same'), ('same_s1_k3x1', (1, 5, 6, 2), (3, 1, 2, 3), 1, 'same'),
                                ('valid_s1', (2, 6, 5, 3), (3, 3, 3, 4), 1, 'valid'), ('valid_s2', (2, 7, 8, 3), (3, 3, 3, 4), 2, 'valid'), ('same_s2_c17_f19', (2, 4, 4, 17), (3, 3, 17, 19), 2, 'same')]:
        case(c + '_' + nm, c, dict(stride=st, padding=pad), dict(x=s(xs), w=s(ws, .5), b=s(ws[3:], .1)), lambda t, st=st, pad=pad: conv(t['x'], t['w'], t['b'], st, pad),
             'asymmetric: pads 0 before, 1 after in both directions' if nm == 'same_s2_even' else None)
    c = 'conv2d_transpose'
    for nm, xs, ws, st in [('same_s2', (2, 3, 4, 3), (3, 3, 4, 3), 2), ('same_s1', (2, 5, 4, 3), (3, 3, 4, 3), 1), ('same_s2_7x7', (1, 7, 7, 2), (3, 3, 3, 2), 2), ('same_s2_k5', (1, 4, 3, 2), (5, 5, 3, 2), 2),
                           ('same_s2_k4', (1, 4, 3, 2), (4, 4, 3, 2), 2), ('same_s2_k2', (1, 4, 3, 2), (2, 2, 3, 2), 2), ('same_s3_k2', (1, 3, 4, 2), (2, 2, 3, 2), 3), ('same_s2_to1', (2, 4, 4, 5), (3, 3, 1, 5), 2),
                           ('same_s2_c17_f19', (2, 3, 3, 17), (3, 3, 19, 17), 2)]:
        case(c + '_' + nm, c, dict(stride=st, padding='same'), dict(x=s(xs), w=s(ws, .5), b=s((ws[2],), .1)), lambda t, st=st: conv_t(t['x'], t['w'], t['b'], st))

    for nm, xs in [('4d', (3, 4, 5, 6)), ('2d', (7, 5)), ('4d_offset', (2, 3, 3, 4))]:
        mm, mv = make((xs[-1],), 7, .2), make((xs[-1],), 8, .3, 1.)
        n = int(np.prod(xs[:-1]))

        def f(t):
            y, m, v = bn_train(t['x'], t['gamma'], t['beta'])
            m0, v0 = torch.tensor(mm, dtype=y.dtype), torch.tensor(mv, dtype=y.dtype)
            return y, dict(batch_mean=m, batch_var=v, new_moving_mean=BN_MOM * m0 + (1 - BN_MOM) * m, new_moving_var=BN_MOM * v0 + (1 - BN_MOM) * v,
                           new_moving_var_bessel=BN_MOM * v0 + (1 - BN_MOM) * v * n / (n - 1))
        case('batchnorm_train_' + nm, 'batchnorm_train', dict(eps=BN_EPS, momentum=BN_MOM, moving_mean=spec((xs[-1],), 7, .2), moving_var=spec((xs[-1],), 8, .3, 1.)),
             dict(x=s(xs, 1.5, 30. if nm == '4d_offset' else .3), gamma=s((xs[-1],), .3, 1.), beta=s((xs[-1],), .5)), f,
             'mean 30 and deviation about 0.9: shows a variance computed as E[x^2]-E[x]^2' if nm == '4d_offset' else None)
    case('batchnorm_inference', 'batchnorm_inference', dict(eps=BN_EPS), dict(x=s((2, 3, 4, 5), 1.5, .3), gamma=s((5,), .3, 1.), beta=s((5,), .5), moving_mean=s((5,), .2), moving_var=s((5,), .3, 1.)),
         lambda t: (t['x'] - t['moving_mean']) / torch.sqrt(t['moving_var'] + BN_EPS) * t['gamma'] + t['beta'])

    x = (4, 33)
    for nm, a, fn, sc in [('leaky_relu', dict(alpha=.3), lambda t: leaky(t['x'], .3), 2.), ('leaky_relu', dict(alpha=.2), lambda t: leaky(t['x'], .2), 2.), ('relu', {}, lambda t: torch.relu(t['x']), 2.),
                          ('sigmoid', {}, lambda t: torch.sigmoid(t['x']), 6.), ('sigmoid', {'extreme': True}, lambda t: torch.sigmoid(t['x']), 100.), ('tanh', {}, lambda t: torch.tanh(t['x']), 4.),
                          ('exp', {}, lambda t: torch.exp(t['x']), 5.), ('square', {}, lambda t: t['x'] ** 2, 2.), ('abs', {}, lambda t: t['x'].abs(), 2.)]:
        case(nm + ('_%g' % a['alpha'] if 'alpha' in a else '_extreme' if 'extreme' in a else ''), nm, a, dict(x=s(x, sc)), fn)
    case('log', 'log', {}, dict(x=s(x, 2., 2.5)), lambda t: torch.log(t['x']))
    case('sqrt', 'sqrt', {}, dict(x=s(x, 2., 2.5)), lambda t: torch.sqrt(t['x']))
    case('div', 'div', {}, dict(a=s(x, 2.), b=s(x, 1., 2.)), lambda t: t['a'] / t['b'])
    case('mul_broadcast', 'mul', {}, dict(a=s((3, 1, 5)), b=s((4, 1))), lambda t: t['a'] * t['b'])
    case('add_broadcast', 'add', {}, dict(a=s((2, 3, 4, 5)), b=s((5,))), lambda t: t['a'] + t['b'])
    case('sum_axes_1_2', 'sum', dict(axes=[1, 2]), dict(x=s((3, 4, 5, 6))), lambda t: t['x'].sum((1, 2)))
    case('mean_all', 'mean', {}, dict(x=s((3, 4, 5))), lambda t: t['x'].mean())
    case('transpose_0231', 'transpose', dict(perm=[0, 2, 3, 1]), dict(x=s((2, 3, 4, 5))), lambda t: t['x'].permute(0, 2, 3, 1))
    for (m, k, n) in [(5, 7, 3), (33, 65, 17), (1, 130, 1)]:
        case('matmul_%dx%dx%d' % (m, k, n), 'matmul', {}, dict(a=s((m, k)), b=s((k, n))), lambda t: t['a'] @ t['b'])
    case('dense', 'dense', {}, dict(x=s((6, 9)), w=s((9, 5), .6), b=s((5,), .1)), lambda t: t['x'] @ t['w'] + t['b'])
    case('mse', 'mse', {}, dict(y_true=s((4, 3, 3, 2), .5, .5), y_pred=s((4, 3, 3, 2), .5, .5)), lambda t: ((t['y_true'] - t['y_pred']) ** 2).mean())
    case('mae', 'mae', {}, dict(y_true=s((5, 14), .5, .5), y_pred=s((5, 14), .5, .5)), lambda t: (t['y_true'] - t['y_pred']).abs().mean())
    case('kl_per_sample', 'kl', {}, dict(mean=s((5, 3)), logvar=s((5, 3))), lambda t: -.5 * (1 + t['logvar'] - t['mean'] ** 2 - torch.exp(t['logvar'])).sum(1))
    case('sample_normal', 'reparameterise', {}, dict(mean=s((5, 3)), logvar=s((5, 3)), eps=s((5, 3), 1.7)), lambda t: t['mean'] + torch.exp(.5 * t['logvar']) * t['eps'])
    # the two places where formulas are not differentiable
    for nm, fn in [('leaky_relu', lambda x: leaky(x, .3)), ('relu', torch.relu), ('abs', torch.abs)]:
        x0 = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        fn(x0).sum().backward()
        out.append(dict(name=nm + '_at_zero', op=nm, attrs=dict(alpha=.3) if nm == 'leaky_relu' else {}, inputs_literal=dict(x=[0, 0]), dy_literal=[1, 1], expect=dict(d_x=dict(shape=[2], data=num(x0.grad.numpy())))))
    write('ops', dict(format=1, kind='ops', cases=out))


def adam_update(p, g, m, v, t, lr, form='keras'):
    m.mul_(B1).add_((1 - B1) * g)
    v.mul_(B2).add_((1 - B2) * g * g)
    if form == 'keras':
        p.sub_(lr * math.sqrt(1 - B2 ** t) / (1 - B1 ** t) * m / (torch.sqrt(v) + ADAM_EPS))
    else:
        p.sub_(lr * (m / (1 - B1 ** t)) / (torch.sqrt(v / (1 - B2 ** t)) + ADAM_EPS))


def adam():
    recs = []
    for lr in (1e-3, 5e-4):
        for gs in (1., 1e-3, 1e-6):
            w0, gr = spec((12,), 51), [spec((12,), 60 + k, gs) for k in range(5)]
            r = dict(lr=lr, grads=gr, w=w0, expect={})
            for form in ('keras', 'torch'):
                p = torch.tensor(gen(w0)).double()
                m, v = torch.zeros(12).double(), torch.zeros(12).double()
                st = []
                for t in range(1, 6):
                    adam_update(p, torch.tensor(gen(gr[t - 1])).double(), m, v, t, lr, form)
                    st.append(num(p.numpy()))
                r['expect'][form] = st
                r['expect'][form + '_m'], r['expect'][form + '_v'] = num(m.numpy()), num(v.numpy())
            recs.append(r)
    write('adam', dict(format=1, kind='adam', beta1=B1, beta2=B2, epsilon=ADAM_EPS, note='keras: w -= lr*sqrt(1-b2^t)/(1-b1^t) * m/(sqrt(v)+eps). torch: w -= lr * mhat/(sqrt(vhat)+eps).', cases=recs))


# ---------------------------------------------------------------- whole models
class Net:
    """parameters in order of creation, Keras names and layouts"""

    def __init__(self, seed0):
        self.specs, self.trainable, self.group, self.seed, self.zero = {}, [], {}, seed0, []
        self.part = 'enc'

    def p(self, name, shape, scale, offset=0., train=True):
        self.seed += 1
        self.specs[name] = spec(list(shape), self.seed, scale, offset)
        if train:
            self.trainable.append(name)
            self.group[name] = self.part

    def glorot(self, shape, fi, fo):
        return float('%.6g' % math.sqrt(6. / (fi + fo)))

    def conv(self, n, i, o, bias_dead=False):
        self.p(n + '/kernel', (3, 3, i, o), self.glorot(None, 9 * i, 9 * o))
        self.p(n + '/bias', (o,), .1)
        if bias_dead:
            self.zero.append(n + '/bias')

    def convt(self, n, i, o, bias_dead=False):
        self.p(n + '/kernel', (3, 3, o, i), self.glorot(None, 9 * i, 9 * o))
        self.p(n + '/bias', (o,), .1)
        if bias_dead:
            self.zero.append(n + '/bias')

    def dense(self, n, i, o):
        self.p(n + '/kernel', (i, o), self.glorot(None, i, o))
        self.p(n + '/bias', (o,), .1)

    def bn(self, n, c):
        self.p(n + '/gamma', (c,), .2, 1.)
        self.p(n + '/beta', (c,), .1)


def conv_model(name, cfg, batch, seed0, store, loss_kind, lr):
    """cfg: side, c, enc [(f,s)], base (side, channels), latent, dec [(f,s)], last (f,s), order, alpha, vae; noise: the model gets x with
    salt and pepper, drawn by the uniform numbers U, and is to give x"""
    net = Net(seed0)
    dead = cfg['order'] == 'bn-act'
    c = cfg['c']
    for k, (f, s) in enumerate(cfg['enc'], 1):
        net.conv('enc_conv%d' % k, c, f, dead)
        net.bn('enc_bn%d' % k, f)
        c = f
    bs, bc = cfg['base']
    flat = bs * bs * bc
    if cfg['vae']:
        net.dense('mean', flat, cfg['latent'])
        net.dense('log_var', flat, cfg['latent'])
    else:
        net.dense('latent', flat, cfg['latent'])
    net.part = 'dec'
    net.dense('dec_dense', cfg['latent'], flat)
    c = bc
    for k, (f, s) in enumerate(cfg['dec'], 1):
        net.convt('dec_convt%d' % k, c, f, dead)
        net.bn('dec_bn%d' % k, f)
        c = f
    net.convt('dec_out', c, cfg['last'][0])
    X = spec((batch, cfg['side'], cfg['side'], cfg['c']), 1, .5, .5)
    E = spec((batch, cfg['latent']), 2, 1.7)
    U = spec((batch, cfg['side'], cfg['side'], cfg['c']), 3, .5, .5)

    def forward(P, x, eps, stats):
        def tail(h, n):
            if cfg['order'] == 'act-bn':
                h = leaky(h, cfg['alpha'])
            h, m, v = bn_train(h, P[n + '/gamma'], P[n + '/beta'])
            stats[n] = (m.detach(), v.detach(), h.numel() // h.shape[-1])
            return leaky(h, cfg['alpha']) if cfg['order'] == 'bn-act' else h
        h = x
        if cfg.get('noise'):
            u = torch.tensor(gen(U)).double()
            h = torch.where(u < .05, torch.zeros_like(x), torch.where(u > .95, torch.ones_like(x), x))
        for k, (f, s) in enumerate(cfg['enc'], 1):
            h = tail(conv(h, P['enc_conv%d/kernel' % k], P['enc_conv%d/bias' % k], s), 'enc_bn%d' % k)
        h = h.reshape(h.shape[0], -1)
        o = {}
        if cfg['vae']:
            mu = h @ P['mean/kernel'] + P['mean/bias']
            lv = h @ P['log_var/kernel'] + P['log_var/bias']
            z = mu + torch.exp(lv / 2) * eps
            o.update(mean=mu, log_var=lv, z=z)
        else:
            z = h @ P['latent/kernel'] + P['latent/bias']
            o.update(latent=z)
        h = (z @ P['dec_dense/kernel'] + P['dec_dense/bias']).reshape(-1, bs, bs, bc)
        for k, (f, s) in enumerate(cfg['dec'], 1):
            h = tail(conv_t(h, P['dec_convt%d/kernel' % k], P['dec_convt%d/bias' % k], s), 'dec_bn%d' % k)
        y = torch.sigmoid(conv_t(h, P['dec_out/kernel'], P['dec_out/bias'], cfg['last'][1]))
        o['y'] = y
        if cfg['vae']:
            rec = 1000 * ((x - y) ** 2).mean((1, 2, 3))
            kl = -.5 * (1 + lv - mu ** 2 - torch.exp(lv)).sum(1)
            o.update(recon_per_sample=rec, kl_per_sample=kl)
            return (rec + kl).mean(), o
        return ((x - y) ** 2).mean(), o

    bns = [n[:-6] for n in net.trainable if n.endswith('/gamma')]

    def run(dt, mode):
        """mode 'mean': loss is the mean over the batch, one Adam over all. 'notebook': gradients of the SUM over the batch
        (a tape's gradient of a per-sample loss), and one optimizer applied to the encoder first and the decoder second,
        so that its step counter goes up by two per training step."""
        P = {n: torch.tensor(gen(s), dtype=dt) for n, s in net.specs.items()}
        x, eps = torch.tensor(gen(X), dtype=dt), torch.tensor(gen(E), dtype=dt)
        M, V = {n: torch.zeros_like(P[n]) for n in net.trainable}, {n: torch.zeros_like(P[n]) for n in net.trainable}
        mov = {k: {n: [torch.zeros_like(P[n + '/gamma']), torch.ones_like(P[n + '/gamma'])] for n in bns} for k in ('biased', 'bessel')}
        R = dict(losses=[])
        for t in range(1, 5):
            for n in net.trainable:
                P[n] = P[n].detach().requires_grad_(True)
            stats = {}
            l, o = forward(P, x, eps, stats)
            R['losses'].append(float(l))
            if t == 4:
                break
            (l * batch if mode == 'notebook' else l).backward()
            if t == 1:
                R['out'] = {k: v.detach() for k, v in o.items()}
                R['grads'] = {n: P[n].grad.clone() for n in net.trainable}
            with torch.no_grad():
                for n in net.trainable:
                    step = t if mode == 'mean' else 2 * t - (1 if net.group[n] == 'enc' else 0)
                    adam_update(P[n], P[n].grad, M[n], V[n], step, lr)
                for n in bns:
                    m, v, k = stats[n]
                    for kind in mov:
                        a = mov[kind][n]
                        a[0] = BN_MOM * a[0] + (1 - BN_MOM) * m
                        a[1] = BN_MOM * a[1] + (1 - BN_MOM) * (v * k / (k - 1) if kind == 'bessel' else v)
            if t in (1, 3):
                R['after%d' % t] = {n: P[n].detach().clone() for n in net.trainable}
                if t == 1:
                    R['m1'], R['v1'] = {n: M[n].clone() for n in M}, {n: V[n].clone() for n in V}
                R['moving%d' % t] = {k: {n + '/' + w: mov[k][n][i].clone() for n in bns for i, w in enumerate(('moving_mean', 'moving_variance'))} for k in mov}
        with torch.no_grad():  # inference with the moving statistics after 3 steps (biased kind)
            def infer(P, x):
                def tail(h, n):
                    if cfg['order'] == 'act-bn':
                        h = leaky(h, cfg['alpha'])
                    m, v = mov['biased'][n]
                    h = (h - m) / torch.sqrt(v + BN_EPS) * P[n + '/gamma'] + P[n + '/beta']
                    return leaky(h, cfg['alpha']) if cfg['order'] == 'bn-act' else h
                h = x
                for k, (f, s) in enumerate(cfg['enc'], 1):
                    h = tail(conv(h, P['enc_conv%d/kernel' % k], P['enc_conv%d/bias' % k], s), 'enc_bn%d' % k)
                h = h.reshape(h.shape[0], -1)
                w = 'mean' if cfg['vae'] else 'latent'
                z = h @ P[w + '/kernel'] + P[w + '/bias']
                h = (z @ P['dec_dense/kernel'] + P['dec_dense/bias']).reshape(-1, bs, bs, bc)
                for k, (f, s) in enumerate(cfg['dec'], 1):
                    h = tail(conv_t(h, P['dec_convt%d/kernel' % k], P['dec_convt%d/bias' % k], s), 'dec_bn%d' % k)
                return z, torch.sigmoid(conv_t(h, P['dec_out/kernel'], P['dec_out/bias'], cfg['last'][1]))
            R['infer'] = dict(zip(('z', 'y'), infer(P, x)))
        return R

    r = run(torch.float64, 'mean')
    q = run(torch.float32, 'mean')
    st = full if store == 'full' else fingerprint

    def err(a, b):
        return {n: [float('%.2g' % (b[n].double() - a[n]).abs().max()), float('%.2g' % ((b[n].double() - a[n]).norm() / max(float(a[n].norm()), 1e-300)))] for n in a}
    obj = dict(format=1, kind='model', name=name, config=cfg, batch=batch, loss=loss_kind, lr=lr, adam=dict(beta1=B1, beta2=B2, epsilon=ADAM_EPS, form='keras'), bn=dict(eps=BN_EPS, momentum=BN_MOM),
               inputs=dict(x=X, **(dict(eps=E) if cfg['vae'] else {}), **(dict(u=U) if cfg.get('noise') else {})), params=[dict(name=n, part=net.group[n], **net.specs[n]) for n in net.trainable], exactly_zero_grads=net.zero, stored=store,
               expect=dict(losses=num(r['losses']), out={k: st(v) for k, v in r['out'].items()}, grads={k: st(v) for k, v in r['grads'].items() if k not in net.zero},
                           after1={k: st(v) for k, v in r['after1'].items() if k not in net.zero}, after3={k: st(v) for k, v in r['after3'].items() if k not in net.zero},
                           moving1={kind: {k: st(v) for k, v in d.items()} for kind, d in r['moving1'].items()}, moving3={kind: {k: st(v) for k, v in d.items()} for kind, d in r['moving3'].items()},
                           inference_after3={k: st(v) for k, v in r['infer'].items()}),
               torch_f32_err=dict(note='[max abs error, relative l2 error] of PyTorch float32 against float64', losses=[float('%.2g' % abs(a - b)) for a, b in zip(q['losses'], r['losses'])],
                                  out=err(r['out'], q['out']), grads=err(r['grads'], q['grads']), after1=err(r['after1'], q['after1']), after3=err(r['after3'], q['after3']),
                                  moving3=err(r['moving3']['biased'], q['moving3']['biased']), inference_after3=err(r['infer'], q['infer'])))
    if cfg['vae']:
        nb = run(torch.float64, 'notebook')
        obj['expect']['notebook'] = dict(note="gradients of the sum over the batch (batch times 'grads'); one Adam applied to the encoder's parameters and then to the decoder's, its step counter going up by two per training step", losses=num(nb['losses']),
                                         after1={k: st(v) for k, v in nb['after1'].items() if k not in net.zero}, after3={k: st(v) for k, v in nb['after3'].items() if k not in net.zero})
    write(name, obj)


def ecg_model(name, dims, batch, seed0, store):
    net = Net(seed0)
    for k in range(len(dims) - 1):
        net.dense('dense%d' % (k + 1), dims[k], dims[k + 1])
    X = spec((batch, dims[0]), 1, .5, .5)
    lr = 1e-3

    def run(dt):
        P = {n: torch.tensor(gen(s), dtype=dt) for n, s in net.specs.items()}
        x = torch.tensor(gen(X), dtype=dt)
        M, V = {n: torch.zeros_like(P[n]) for n in P}, {n: torch.zeros_like(P[n]) for n in P}
        R = dict(losses=[])
        for t in range(1, 5):
            for n in P:
                P[n] = P[n].detach().requires_grad_(True)
            h = x
            for k in range(len(dims) - 1):
                h = h @ P['dense%d/kernel' % (k + 1)] + P['dense%d/bias' % (k + 1)]
                h = torch.relu(h) if k < len(dims) - 2 else torch.sigmoid(h)
            l = (x - h).abs().mean()
            R['losses'].append(float(l))
            if t == 4:
                break
            l.backward()
            if t == 1:
                R['out'] = dict(y=h.detach())
                R['grads'] = {n: P[n].grad.clone() for n in P}
            with torch.no_grad():
                for n in P:
                    adam_update(P[n], P[n].grad, M[n], V[n], t, lr)
            if t in (1, 3):
                R['after%d' % t] = {n: P[n].detach().clone() for n in P}
        return R
    r, q = run(torch.float64), run(torch.float32)
    st = full if store == 'full' else fingerprint

    def err(a, b):
        return {n: [float('%.2g' % (b[n].double() - a[n]).abs().max()), float('%.2g' % ((b[n].double() - a[n]).norm() / max(float(a[n].norm()), 1e-300)))] for n in a}
    write(name, dict(format=1, kind='model', name=name, config=dict(dims=dims, hidden='relu', last='sigmoid'), batch=batch, loss='mae: mean over all elements', lr=lr, adam=dict(beta1=B1, beta2=B2, epsilon=ADAM_EPS, form='keras'), inputs=dict(x=X),
                     params=[dict(name=n, part='all', **net.specs[n]) for n in net.trainable], exactly_zero_grads=[], stored=store,
                     expect=dict(losses=num(r['losses']), **{k: {n: st(v) for n, v in r[k].items()} for k in ('out', 'grads', 'after1', 'after3')}),
                     torch_f32_err=dict(note='[max abs error, relative l2 error] of PyTorch float32 against float64', losses=[float('%.2g' % abs(a - b)) for a, b in zip(q['losses'], r['losses'])],
                                        **{k: err(r[k], q[k]) for k in ('out', 'grads', 'after1', 'after3')})))


if __name__ == '__main__':
    ops()
    adam()
    w1 = dict(side=28, c=1, enc=[[32, 2], [64, 2]], base=[7, 64], latent=2, dec=[[64, 2], [32, 2]], last=[1, 1], order='act-bn', alpha=.2, vae=False)
    w2 = dict(side=28, c=1, enc=[[32, 1], [64, 2], [64, 2], [64, 1]], base=[7, 64], latent=2, dec=[[64, 1], [64, 2], [32, 2]], last=[1, 1], order='bn-act', alpha=.3, vae=True)
    w3 = dict(side=256, c=3, enc=[[32, 2], [64, 2], [64, 2], [64, 2], [64, 2]], base=[8, 64], latent=200, dec=[[64, 2], [64, 2], [64, 2], [32, 2]], last=[3, 2], order='bn-act', alpha=.3, vae=True)
    MSE, VAE = 'mse: mean over all elements', 'mean over the batch of 1000*mse_per_sample + kl_per_sample'
    conv_model('w1_small', dict(w1, side=12, enc=[[3, 2], [5, 2]], base=[3, 5], dec=[[5, 2], [3, 2]]), 4, 1000, 'full', MSE, 1e-3)
    conv_model('w2_small', dict(w2, side=12, enc=[[3, 1], [4, 2], [5, 2], [4, 1]], base=[3, 4], dec=[[4, 1], [5, 2], [3, 2]]), 4, 2000, 'full', VAE, 5e-4)
    conv_model('w1', w1, 8, 3000, 'fingerprint', MSE, 1e-3)
    conv_model('w2', w2, 8, 4000, 'fingerprint', VAE, 5e-4)
    conv_model('w3', w3, 2, 5000, 'fingerprint', VAE, 5e-4)
    ecg_model('w4_small', [14, 6, 5, 4, 5, 6, 14], 5, 6000, 'full')
    ecg_model('w4', [140, 32, 16, 8, 16, 32, 140], 16, 7000, 'fingerprint')
    conv_model('denoise', dict(w1, noise=True), 8, 8000, 'fingerprint', MSE + ', of the output for the noisy x against x', 1e-3)
    conv_model('cartoon', dict(w3, vae=False), 2, 9000, 'fingerprint', MSE, 5e-4)
