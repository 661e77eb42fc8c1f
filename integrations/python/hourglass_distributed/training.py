"""Synchronous data-parallel training: a worker per process, and torch.distributed between them."""

import signal
import time

import torch
import torch.distributed as dist

from .worker import PROTOCOL, Worker, WorkerError


class Interrupted(Exception):
    """A process was asked to stop; the message says how to continue."""


class Timings:
    """
    Seconds that this process spent in each part of the steps, the first step apart. `transfer` is the vector's way from the worker;
    `apply` contains its way back, but not the kernels that apply it: `compute` of the next step waits for them.
    """

    PARTS = ('compute', 'transfer', 'all-reduce', 'apply')

    def __init__(self):
        self.seconds = dict.fromkeys(self.PARTS, 0.0)
        self.steps = -1
        self.bytes = 0  # of the vector that is all-reduced

    def add(self, *durations):
        self.steps += 1
        if self.steps > 0:
            for part, duration in zip(self.PARTS, durations):
                self.seconds[part] += duration

    def table(self):
        """Milliseconds per step."""
        steps = max(self.steps, 1)
        parts = {part: 1000 * seconds / steps for part, seconds in self.seconds.items()}
        return {'steps': max(self.steps, 0), **parts, 'step': sum(parts.values()), 'bytes': self.bytes}


def train(arguments):
    """
    Trains `hourglass train <arguments>` in all processes of the default group of torch.distributed, which must be initialised.

    Rank 0 writes the run folder, and prints the progress, as `hourglass train` does. If the folder of `--out` holds a run, the training
    resumes it.

    Returns rank 0's result (the reply to the last `end-epoch`) and this process's Timings; for other ranks the result has no metrics.
    Raises WorkerError if a worker fails, and Interrupted after SIGINT or SIGTERM in any process.
    """
    rank, processes = dist.get_rank(), dist.get_world_size()
    stop = _StopRequest()
    worker = Worker([*arguments, *([] if rank == 0 else ['--quiet'])])
    timings = Timings()
    try:
        state = _initialise(worker, rank, processes)
        epoch_done, finished = state['epochDone'], state['finished']
        reply = {}
        # The last element is the number of processes that were asked to stop.
        vector = torch.zeros(state['elements'] + 1)
        timings.bytes = 4 * len(vector)
        while not finished:
            while not epoch_done:
                begun = time.perf_counter()
                vector[:-1] = torch.from_numpy(worker.numbers('gradients'))
                vector[-1] = stop.requested
                computed, transferred = worker.replied, time.perf_counter()
                dist.all_reduce(vector)
                reduced = time.perf_counter()
                if vector[-1] > 0:
                    _stop(worker)
                applied, _ = worker.request('apply', _bytes(vector[:-1]))
                applied_at = time.perf_counter()
                epoch_done = applied['epochDone']
                timings.add(computed - begun, transferred - computed, reduced - transferred, applied_at - reduced)
                if applied.get('checkpointDue'):
                    worker.request('checkpoint')
            sums = torch.from_numpy(worker.numbers('evaluate'))
            dist.all_reduce(sums)
            reply, _ = worker.request('end-epoch', _bytes(sums))
            _check_equal(reply['weights'], rank)
            epoch_done, finished = False, reply['finished']
        worker.request('quit')
        return reply, timings
    finally:
        worker.close()
        stop.release()


def _initialise(worker, rank, processes):
    """Opens the run: rank 0 first, the others with its configuration and checkpoint."""
    failure = None
    shared = [None]
    if rank == 0:
        try:
            state, checkpoint = worker.request('initialise', rank=rank, processes=processes)
            if state['protocol'] != PROTOCOL:
                raise WorkerError(f"The worker speaks protocol {state['protocol']}, this package {PROTOCOL}. Install matching versions.")
            shared = [(state, checkpoint)]
        except WorkerError as error:
            failure = error
    # None says that rank 0 failed, so that no process waits for it.
    dist.broadcast_object_list(shared)
    if failure is not None:
        raise failure
    if shared[0] is None:
        raise WorkerError('rank 0 could not open the run.')
    if rank == 0:
        return shared[0][0]
    own, checkpoint = shared[0]
    state, _ = worker.request('initialise', checkpoint, rank=rank, processes=processes, config=own['config'])
    return state


def _stop(worker):
    """Saves and ends this worker."""
    saved, _ = worker.request('checkpoint')
    worker.request('quit')
    continuation = f" Go on with: {saved['resumeBy']}" if 'resumeBy' in saved else ''
    raise Interrupted(f"interrupted after step {saved['step']}, and saved.{continuation}")


def _check_equal(weights, rank):
    """Compares the hash of the weights with rank 0's."""
    hashes = [None] * dist.get_world_size()
    dist.all_gather_object(hashes, weights)
    if weights != hashes[0]:
        raise WorkerError(f'rank {rank} has other weights than rank 0. Do all machines have the same adapter and driver?')


def _bytes(vector):
    """The bytes of a vector of float32, not copied."""
    return memoryview(vector.numpy().astype('<f4', copy=False)).cast('B')


class _StopRequest:
    """Notes SIGINT and SIGTERM instead of ending the process."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self):
        self.requested = 0
        try:
            self.previous = {number: signal.signal(number, self._note) for number in self.SIGNALS}
        except ValueError:
            self.previous = {}  # not in the main thread, as under Ray: its own handlers stay

    def _note(self, *_):
        self.requested = 1

    def release(self):
        for number, handler in self.previous.items():
            signal.signal(number, handler)
