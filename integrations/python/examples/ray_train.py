"""
Trains on a Ray cluster: python ray_train.py [processes] [arguments of hourglass train]

Ray starts the processes and restarts them if one dies; --out then continues the run. The folder of --out must be reachable from the
machine of rank 0.
"""

import os
import sys

import ray.train
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer

import hourglass_distributed


def loop(config):
    result, _ = hourglass_distributed.train(config['arguments'])
    if 'text' in result:
        print(result['text'])
    ray.train.report({key: result['result'][key] for key in ('loss', 'valLoss')} if 'result' in result else {})


def main():
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    arguments = sys.argv[2:] or ['ecg', '--preset', 'report', '--out', os.path.abspath('runs/ray-ecg')]
    trainer = TorchTrainer(
        loop,
        train_loop_config={'arguments': arguments},
        scaling_config=ScalingConfig(num_workers=processes),  # on GPUs: use_gpu=True
        torch_config=TorchConfig(backend='gloo'),
        run_config=RunConfig(failure_config=FailureConfig(max_failures=3)),
    )
    trainer.fit()


if __name__ == '__main__':
    main()
