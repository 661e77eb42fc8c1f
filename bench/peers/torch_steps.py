"""PyTorch, driven as protocol.mjs describes:

    python3 torch_steps.py [--device cuda] [--tf32] [--compile] (--check | W1 128)

Plain float32 unless --tf32 is given. Images are [N, C, H, W], padded equally on both sides: the alignment differs from
Keras's, the work does not.
"""
import argparse
import json
import math
import os
import resource
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument('work', nargs='?')
parser.add_argument('size', nargs='?', type=int)
parser.add_argument('--check', action='store_true')
parser.add_argument('--device', default='cpu')
parser.add_argument('--tf32', action='store_true')
parser.add_argument('--compile', action='store_true')
options = parser.parse_args()


def say(**result):
    print(json.dumps(result), flush=True)


try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    say(error=str(error))
    sys.exit()


def name():
    variant = ('tf32' if options.tf32 else 'float32') + (', torch.compile' if options.compile else '')
    return 'PyTorch CPU' if options.device == 'cpu' else f'PyTorch GPU {variant}'


def check():
    if options.device == 'cuda' and not torch.cuda.is_available():
        return dict(error='PyTorch finds no CUDA device')
    if options.compile and not hasattr(torch, 'compile'):
        return dict(error=f'PyTorch {torch.__version__} has no torch.compile')
    return dict(peer=name(), version=torch.__version__)


class Images(nn.Module):
    def __init__(self, work):
        super().__init__()
        self.work = work
        height, width, channels = work['code']
        flat, latent = height * width * channels, work['latent']
        self.encoder = nn.Sequential(*self.stack(self.conv, work['input'][2], work['encoder']), nn.Flatten())
        self.mean = nn.Linear(flat, latent)
        self.log_variance = nn.Linear(flat, latent) if work['variational'] else None
        self.from_code = nn.Linear(latent, flat)
        last = self.deconv(work['decoder'][-1][0], *work['last'])
        self.decoder = nn.Sequential(*self.stack(self.deconv, channels, work['decoder']), last, nn.Sigmoid())

    def stack(self, layer, channels, blocks):
        modules = []
        for filters, stride in blocks:
            after = [nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01), nn.LeakyReLU(self.work['slope'])]
            if self.work['normalization'] == 'after activation':
                after.reverse()
            modules += [layer(channels, filters, stride), *after]
            channels = filters
        return modules

    @staticmethod
    def conv(channels, filters, stride):
        return nn.Conv2d(channels, filters, 3, stride, padding=1)

    @staticmethod
    def deconv(channels, filters, stride):
        return nn.ConvTranspose2d(channels, filters, 3, stride, padding=1, output_padding=stride - 1)

    def decode(self, z):
        height, width, channels = self.work['code']
        return self.decoder(self.from_code(z).view(-1, channels, height, width))

    def forward(self, x):
        features = self.encoder(x)
        mean = self.mean(features)
        if self.log_variance is None:
            return functional.mse_loss(self.decode(mean), x)
        log_variance = self.log_variance(features)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        return 1000 * functional.mse_loss(self.decode(z), x) + divergence


class Beats(nn.Module):
    def __init__(self, work):
        super().__init__()
        widths = work['widths']
        layers = [layer for pair in zip(widths, widths[1:]) for layer in (nn.Linear(*pair), nn.ReLU())]
        self.layers = nn.Sequential(*layers[:-1], nn.Sigmoid())

    def forward(self, x):
        return functional.l1_loss(self.layers(x), x)


def product(n):
    a, b = (torch.rand(n, n, device=options.device) for _ in range(2))
    multiply = torch.compile(torch.matmul) if options.compile else torch.matmul
    return lambda: multiply(a, b)[0, 0].item()


def training(work, batch):
    if 'widths' in work:
        model, shape = Beats(work), (batch, work['widths'][0])
    else:
        height, width, channels = work['input']
        model, shape = Images(work), (batch, channels, height, width)
    model.to(options.device)
    x = torch.rand(shape, device=options.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=work['rate'], eps=1e-7)
    loss_of = torch.compile(model) if options.compile else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(x)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure():
    torch.backends.cuda.matmul.allow_tf32 = options.tf32
    torch.backends.cudnn.allow_tf32 = options.tf32
    begun = time.perf_counter()
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'works.json')) as file:
        work = json.load(file)[options.work]
    step = training(work, options.size) if work else product(options.size)
    loss = step()
    if not math.isfinite(loss):
        raise ValueError(f'the first loss is {loss}')
    adapter = torch.cuda.get_device_name() if options.device == 'cuda' else f'{torch.get_num_threads()} CPU threads'
    memory = dict(bytes=torch.cuda.max_memory_reserved()) if options.device == 'cuda' else {}
    say(adapter=adapter, firstStepSeconds=time.perf_counter() - begun, **memory)
    for line in sys.stdin:
        milliseconds, cpu, until = [], cpu_seconds(), time.perf_counter() + float(line)
        while not milliseconds or time.perf_counter() < until:
            start = time.perf_counter()
            step()
            milliseconds.append((time.perf_counter() - start) * 1000)
        say(milliseconds=milliseconds, cpuSeconds=cpu_seconds() - cpu)


try:
    found = check()
    if options.check or 'error' in found:
        say(**found)
    else:
        measure()
except Exception as error:
    say(error=str(error).split('\n')[0])
