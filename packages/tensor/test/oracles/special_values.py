#!/usr/bin/env python3
"""What PyTorch gives for element-wise operations and their gradients at special numbers, in float32.

    python3 special_values.py

Writes data/special.json: of every operation all results and gradients (of a gradient of 1) for the operands `values`;
those of two operands for all pairs, the last the fastest; those of three for all triples. NaN and infinities are strings.
"""
import json, os
import numpy as np
import torch
import torch.nn.functional as F

largest = float(np.finfo(np.float32).max)
values = [0., 1e-40, 1.1754944e-38, 1e-20, .5, 1., 2., 17., 88.8, 104., 1e20, largest, float('inf')]
S = np.array(values + [-v for v in values] + [float('nan')], np.float32)
P = np.array([0., -0., 1e-40, 1., -1., 2., 1e20, -1e20, largest, float('inf'), -float('inf'), float('nan')], np.float32)
Q = np.array([0., -0., -1., 2., float('inf'), -float('inf'), float('nan')], np.float32)
UNARY = {'neg': torch.neg, 'exp': torch.exp, 'log': torch.log, 'sqrt': torch.sqrt, 'reciprocal': torch.reciprocal,
         'square': torch.square, 'abs': torch.abs, 'sigmoid': torch.sigmoid, 'tanh': torch.tanh, 'relu': torch.relu,
         'leakyRelu': lambda x: F.leaky_relu(x, .3), 'sin': torch.sin, 'cos': torch.cos, 'elu': F.elu, 'gelu': F.gelu,
         'silu': F.silu, 'softplus': F.softplus}
BINARY = {'add': torch.add, 'sub': torch.sub, 'mul': torch.mul, 'div': torch.div, 'maximum': torch.maximum,
          'minimum': torch.minimum, 'less': lambda a, b: torch.lt(a, b).float(), 'pow': torch.pow}
TERNARY = {'where': lambda a, b, c: torch.where(a != 0, b, c), 'clip': torch.clamp}


def plain(array):
    # .9 digits make each float32 unique
    text = [('%.9g' % v) for v in array.tolist()]
    return [{'nan': 'NaN', '-nan': 'NaN', 'inf': 'Infinity', '-inf': '-Infinity'}.get(t, None) or
            (t if t == '-0' else float(t)) for t in text]


def results(f, *operands):
    x = [torch.tensor(o, requires_grad=True) for o in operands]
    y = f(*x)
    if y.requires_grad:
        y.sum().backward()
    gradients = [np.zeros_like(t.detach().numpy()) if t.grad is None else t.grad.numpy() for t in x]
    return {'value': plain(y.detach().numpy()), 'gradients': [plain(g) for g in gradients]}


A, B = [grid.reshape(-1).copy() for grid in np.meshgrid(P, P, indexing='ij')]
C = [grid.reshape(-1).copy() for grid in np.meshgrid(Q, Q, Q, indexing='ij')]
out = {'torch': torch.__version__, 'values': plain(S), 'pairs': plain(P), 'triples': plain(Q),
       'operations': {**{n: results(f, S) for n, f in UNARY.items()}, **{n: results(f, A, B) for n, f in BINARY.items()},
                      **{n: results(f, *C) for n, f in TERNARY.items()}}}
# This PyTorch computes e^x - 1 in two steps, which leaves nothing of -1e-20; later ones don't.
out['operations']['elu']['value'] = plain(np.where(S > 0, S, np.expm1(S)))
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')
with open(os.path.join(folder, 'special.json'), 'w') as file:
    file.write(json.dumps(out, separators=(',', ':')).replace('{"value"', '\n{"value"') + '\n')
