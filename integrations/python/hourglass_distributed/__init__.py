"""Data-parallel training of Hourglass models under torch.distributed."""

from .training import Interrupted, Timings, train
from .worker import WorkerError

__all__ = ['Interrupted', 'Timings', 'WorkerError', 'train']
