"""
Measures the parts of a step of data-parallel training, and what they predict for clusters:
python3 bench/distributed.py [--works W2 W3] [--processes 1 2 4] [--rounds 9]. Needs PyTorch 2 or newer, and the built command.

Rounds are short, so that a machine that changes its speed between minutes disturbs few of them; `train` comes first in every other
round.

All processes share this machine's adapter, so their steps don't get faster here. The prediction takes the time of a step on one GPU as
given (--gpu-step), the batch of each GPU as constant, and a ring all-reduce: each GPU sends and receives 2 (n - 1) / n of the vector. It
leaves out the transfers between GPU and host.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOURGLASS = ROOT / 'packages/apps-cli/dist/hourglass.js'
EPOCHS = 3
WORKS = {
    'W2': ['fashion-vae', '--batch', '128', '--limit', '1024'],
    'W3': ['cartoon-vae', '--size', '256', '--batch', '32', '--limit', '96'],
}
OPTIONS = ['--preset', 'quick', '--epochs', str(EPOCHS), '--figures', 'none', '--quiet']
# Microseconds until the first byte of a message arrives, on Ethernet.
LATENCY = 20


def milliseconds_per_sample(folder):
    """Of all epochs but the first, which compiles."""
    with open(folder / 'timing.csv') as file:
        speeds = [float(row['samples_per_second']) for row in csv.DictReader(file)]
    return 1000 / statistics.median(speeds[1:])


def run(command, folder, **environment):
    environment = {**os.environ, 'PYTHONPATH': str(ROOT / 'integrations/python'), **environment}
    finished = subprocess.run([*command, '--out', str(folder)], env=environment, capture_output=True, text=True)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stderr}")
    return milliseconds_per_sample(folder)


def plain(work, folder):
    return run(['node', str(HOURGLASS), 'train', *WORKS[work], *OPTIONS], folder)


def distributed(work, processes, folder):
    launcher = [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', str(processes)]
    timings = folder.with_suffix('.json')
    time = run(
        [*launcher, '-m', 'hourglass_distributed', 'train', *WORKS[work], *OPTIONS], folder,
        HOURGLASS=str(HOURGLASS), HOURGLASS_TIMINGS=str(timings),
    )
    return time, json.loads(timings.read_text())


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
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--gpu-step', type=float, nargs=2, default=[3.65, 25.3],
                        help='ms of a step of W2 and W3 on one GPU (default: on an NVIDIA H100, docs/measurements/h100)')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='distributed-') as folder:
        sizes = measure(options, Path(folder))
    predict(options, sizes)


def measure(options, root):
    """Prints the table of the measured steps. Returns the bytes of each work's vector."""
    print('work  processes    bytes  compute  transfer  all-reduce   apply    step   relative to train')
    sizes = {}
    for work in options.works:
        rows = {processes: [] for processes in options.processes}
        for number in range(options.rounds):
            for processes in options.processes:
                folder = root / f'{work}-{number}-{processes}'
                alone = folder.with_suffix('.alone')
                before = plain(work, alone) if number % 2 == 0 else None
                time, table = distributed(work, processes, folder)
                rows[processes].append((table, time / (before or plain(work, alone))))
        for processes, results in rows.items():
            table = {key: statistics.median(result[0][key] for result in results) for key in results[0][0]}
            ratios = [ratio for _, ratio in results]
            sizes[work] = table['bytes']
            print(f"{work:4} {processes:10} {table['bytes']:8.0f} {table['compute']:8.1f} {table['transfer']:9.2f} "
                  f"{table['all-reduce']:11.2f} {table['apply']:7.1f} {table['step']:7.1f}   {statistics.median(ratios):.3f} "
                  f"({min(ratios):.3f} to {max(ratios):.3f})", flush=True)
    print(f'\nMilliseconds per step on rank 0, medians of {options.rounds} runs. The last column compares the time per sample.\n')
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
