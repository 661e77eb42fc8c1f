"""
Measures the parts of a step of data-parallel training, and what they predict for clusters:
python3 bench/distributed.py [--works W2 W3] [--processes 1 2 4] [--turns 12]. Needs PyTorch 2 or newer, Linux, and the built command.

The last column compares the steps with those of `train`. Both trainings run at the same time, and one is stopped while the other works,
in turns of some seconds: a machine that changes its speed between minutes slows both.

All processes share this machine's adapter, so their steps don't get faster here. The prediction takes the time of a step on one GPU as
given (--gpu-step), the batch of each GPU as constant, and a ring all-reduce: each GPU sends and receives 2 (n - 1) / n of the vector. It
leaves out the transfers between GPU and host.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOURGLASS = ROOT / 'packages/apps-cli/dist/hourglass.js'
WORKS = {
    'W2': ['fashion-vae', '--batch', '128'],
    'W3': ['cartoon-vae', '--size', '256', '--batch', '32'],
}
OPTIONS = ['--preset', 'report', '--figures', 'none', '--quiet']
# The fewest steps in a turn. A line of the log can report several steps.
STEPS = 9
# Training samples for measuring the parts of a step, by work.
SAMPLES = {'W2': 1024, 'W3': 96}
# Microseconds until the first byte of a message arrives, on Ethernet.
LATENCY = 20


class Training:
    """A training run in the background, which can be stopped and continued."""

    def __init__(self, command, work, folder, options, **environment):
        self.folder = folder
        self.log = folder.with_suffix('.log')
        command = [*command, 'train', *WORKS[work], *OPTIONS, *options, '--out', str(folder), '--log', str(self.log)]
        environment = {**os.environ, 'PYTHONPATH': str(ROOT / 'integrations/python'), **environment}
        self.errors = open(folder.with_suffix('.errors'), 'w+')
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=self.errors)

    def reported(self):
        """The lines of the log that report steps. A line is written at most every second."""
        if self.process.poll() is not None:
            self.fail()
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if '"progress"' in line]

    def signal(self, number):
        """Signals the processes that compute: the Node processes with this run folder."""
        subprocess.run(['pkill', f'-{number}', '-f', f'^node .*--out {self.folder} '], check=False)

    def turn(self):
        """Lets this run work alone until the log has STEPS more steps of one epoch. Returns milliseconds per step."""
        before = len(self.reported())
        self.signal(signal.SIGCONT.value)
        while True:
            time.sleep(0.1)
            # The first line reports steps that were partly made before the turn.
            lines = self.reported()[before + 1:]
            lines = [line for line in lines if line['epoch'] == lines[-1]['epoch']]
            if lines and lines[-1]['step'] - lines[0]['step'] >= STEPS:
                break
        self.signal(signal.SIGSTOP.value)
        milliseconds = [1000 * datetime.fromisoformat(line['time']).timestamp() for line in (lines[0], lines[-1])]
        return (milliseconds[1] - milliseconds[0]) / (lines[-1]['step'] - lines[0]['step'])

    def wait(self):
        if self.process.wait() != 0:
            self.fail()

    def fail(self):
        self.errors.seek(0)
        sys.exit(f'the training ended:\n{self.errors.read()}')

    def kill(self):
        self.process.kill()
        self.signal(signal.SIGKILL.value)
        self.process.wait()


def distributed(processes):
    return [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', str(processes), '-m', '--', 'hourglass_distributed']


def parts(work, processes, folder):
    """Milliseconds of each part of a step, in a training run that has the machine to itself."""
    timings = folder.with_suffix('.json')
    options = ['--limit', str(SAMPLES[work]), '--epochs', '3']
    Training(distributed(processes), work, folder, options, HOURGLASS=str(HOURGLASS), HOURGLASS_TIMINGS=str(timings)).wait()
    return json.loads(timings.read_text())


def relative(work, processes, turns, folder):
    """The time of a step relative to a step of `train`, in each turn."""
    alone = Training(['node', str(HOURGLASS)], work, folder / 'alone', [])
    shared = Training(distributed(processes), work, folder / 'shared', [], HOURGLASS=str(HOURGLASS))
    try:
        for training in (alone, shared):
            while not training.reported():
                time.sleep(0.1)
        for training in (alone, shared):
            training.signal(signal.SIGSTOP.value)
        ratios = []
        for _ in range(turns):
            before, between, after = alone.turn(), shared.turn(), alone.turn()
            ratios.append(between / ((before + after) / 2))
        return ratios
    finally:
        for training in (shared, alone):
            training.kill()


def prediction(step, size, processes, gigabits):
    """
    The efficiency of `processes` GPUs: the time of a step alone relative to a step with the exchange.

    step: milliseconds of one GPU for its batch
    size: bytes of the vector
    """
    ring = 2 * (processes - 1) / processes * size / (gigabits * 1e9 / 8) * 1000
    latency = 2 * (processes - 1) * LATENCY / 1000
    return step / (step + ring + latency)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--works', nargs='+', default=[*WORKS], choices=[*WORKS])
    parser.add_argument('--processes', type=int, nargs='+', default=[1, 2, 4])
    parser.add_argument('--turns', type=int, default=12)
    parser.add_argument('--gpu-step', type=float, nargs=2, default=[3.30, 17.2],
                        help='ms of a step of W2 and W3 on one GPU (default: on an NVIDIA H200, docs/measurements/h200)')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='distributed-') as folder:
        sizes = measure(options, Path(folder))
    predict(options, sizes)


def measure(options, root):
    """Prints the table of the measured steps. Returns the bytes of each work's vector."""
    print('work  processes    bytes  compute  transfer  all-reduce   apply    step   relative to train')
    sizes = {}
    for work in options.works:
        for processes in options.processes:
            folder = root / f'{work}-{processes}'
            folder.mkdir()
            table = parts(work, processes, folder / 'parts')
            ratios = relative(work, processes, options.turns, folder)
            sizes[work] = table['bytes']
            low, _, high = statistics.quantiles(ratios, n=4)
            print(f"{work:4} {processes:10} {table['bytes']:8.0f} {table['compute']:8.1f} {table['transfer']:9.2f} "
                  f"{table['all-reduce']:11.2f} {table['apply']:7.1f} {table['step']:7.1f}   {statistics.median(ratios):.3f} "
                  f"({low:.3f} to {high:.3f})", flush=True)
    print(f'\nMilliseconds per step on rank 0. The last column has the median and the quartiles of {options.turns} turns.\n')
    return sizes


def predict(options, sizes):
    counts = [8, 16, 32, 64]
    print('efficiency    Gb/s ' + ''.join(f'{count:>8}' for count in counts) + '  GPUs')
    for work, step in zip(WORKS, options.gpu_step):
        if work not in sizes:
            continue
        for gigabits in (25, 100):
            shares = ''.join(f'{100 * prediction(step, sizes[work], count, gigabits):7.0f}%' for count in counts)
            print(f'{work:12} {gigabits:5} {shares}')


if __name__ == '__main__':
    main()
