"""
torchrun --nproc_per_node 2 -m hourglass_distributed train fashion-vae --preset report --out runs/vae

The arguments are those of `hourglass train`. HOURGLASS_TIMINGS=FILE writes milliseconds per step as JSON.
"""

import json
import os
import sys
from datetime import timedelta

import torch.distributed as dist

from . import Interrupted, WorkerError, train

# Rank 0 may download data and tune kernels before the others hear of it.
TIMEOUT = timedelta(hours=1)


def main():
    if sys.argv[1:2] != ['train'] or len(sys.argv) < 3:
        print('usage: torchrun --nproc_per_node N -m hourglass_distributed train EXPERIMENT [options of hourglass train]', file=sys.stderr)
        return 2
    arguments = sys.argv[2:]
    dist.init_process_group('gloo', timeout=TIMEOUT)
    rank = dist.get_rank()
    try:
        result, timings = train(arguments)
    except Interrupted as error:
        if rank == 0:
            print(f'hourglass: {error}', file=sys.stderr)
        return 130
    except WorkerError as error:
        name = 'hourglass' if rank == 0 else f'hourglass, rank {rank}'
        print(f'{name}: {error}', file=sys.stderr)
        return error.exit_code
    except RuntimeError as error:
        # gloo's, when another process is gone; the reason stands in that process's own message.
        print(f'hourglass, rank {rank}: the connection to another process is lost ({str(error).splitlines()[0]})', file=sys.stderr)
        return 1
    if rank == 0 and 'result' in result:
        print(json.dumps(result['result']) if '--json' in arguments else result['text'])
    path = os.environ.get('HOURGLASS_TIMINGS')
    if rank == 0 and path:
        with open(path, 'w') as file:
            json.dump({'processes': dist.get_world_size(), **timings.table()}, file)
    return 0


if __name__ == '__main__':
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without waiting for gloo's threads, which may wait for a process that is gone.
    os._exit(code)
