"""
Kills processes of a distributed training at random moments with SIGKILL: python3 scripts/kill-ranks.py [--kills 10] [--seed 1]
[--processes 2]. Needs PyTorch 2 or newer, and the built command. torchrun restarts the training, which must continue from its last
checkpoint. Every run must end with the bytes of an undisturbed run.
"""

import argparse
import hashlib
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = ['last.safetensors', 'best.safetensors', 'metrics.csv']


def beats(count):
    """Beats of two kinds, in the format of ecg.csv."""
    sample = lambda i, t: math.sin(t / (9 if i % 2 else 5) + i * 0.37) + 0.1 * math.cos(i * t)
    return '\n'.join(','.join([*(str(sample(i, t)) for t in range(140)), str(i % 2)]) for i in range(count))


def start(folder, data, processes):
    return subprocess.Popen(
        [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', str(processes), '--max_restarts', '1000',
         '--monitor_interval', '1', '-m', 'hourglass_distributed', 'train', 'ecg', '--data', str(data), '--preset', 'report', '--epochs', '40',
         '--batch', '16', '--figures', 'none', '--out', str(folder)],
        env={**os.environ, 'PYTHONPATH': str(ROOT / 'integrations/python')}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        cwd=folder.parent,
    )


def children(pid):
    """The ranks, and their workers, of a torchrun."""
    listing = subprocess.run(['ps', '-o', 'pid=,ppid=,args=', '-A'], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    ranks = [int(row[0]) for row in rows if int(row[1]) == pid and 'hourglass_distributed' in row[2]]
    workers = [int(row[0]) for row in rows if int(row[1]) in ranks]
    return ranks + workers


def digest(folder):
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--kills', type=int, default=10)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--processes', type=int, default=2)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    root = Path(tempfile.mkdtemp(prefix='kill-ranks-'))
    data = root / 'beats.csv'
    data.write_text(beats(200) + '\n')

    begun = time.monotonic()
    run = start(root / 'whole', data, options.processes)
    _, said = run.communicate()
    if run.returncode != 0:
        sys.exit(said)
    whole = digest(root / 'whole')
    took = time.monotonic() - begun
    print(f'undisturbed: {took:.0f} s', flush=True)

    kills, runs = 0, 0
    while kills < options.kills:
        folder = root / f'killed-{runs}'
        run = start(folder, data, options.processes)
        while kills < options.kills:
            try:
                run.wait(timeout=draw.uniform(0.2, 0.8) * took)
                break
            except subprocess.TimeoutExpired:
                victims = children(run.pid)
                if victims:
                    os.kill(draw.choice(victims), signal.SIGKILL)
                    kills += 1
        _, said = run.communicate()
        runs += 1
        if run.returncode != 0:
            sys.exit(f'run {runs} failed after {kills} kills:\n{said[-3000:]}')
        if digest(folder) != whole:
            sys.exit(f'run {runs} ended with other bytes after {kills} kills: {folder}')
        print(f'{kills} kills, {runs} runs completed with the same bytes', flush=True)


main()
