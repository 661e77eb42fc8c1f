"""The process `hourglass worker`: requests and replies as frames, see docs/worker-protocol.md."""

import json
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy

PROTOCOL = 1
PREFIX = struct.Struct('<II')  # the lengths of header and payload
LARGEST_HEADER = 2**20
# Linux's largest pipes, so that a vector passes in few pieces. Python 3.9 has no such option.
PIPES = {'pipesize': 2**20} if sys.version_info >= (3, 10) else {}


class WorkerError(Exception):
    """The worker reported an error, or is gone. `exit_code` is that of the command."""

    def __init__(self, message, exit_code=1):
        super().__init__(message)
        self.exit_code = exit_code


def command():
    """The command line of `hourglass`: HOURGLASS, the program on the path, or the build of the repository around this package."""
    given = os.environ.get('HOURGLASS')
    if given:
        return ['node', given] if given.endswith('.js') else [given]
    installed = shutil.which('hourglass')
    if installed:
        return [installed]
    built = Path(__file__).resolve().parents[3] / 'packages/apps-cli/dist/hourglass.js'
    if built.exists():
        return ['node', str(built)]
    raise WorkerError('hourglass is not installed: npm install --global @hourglass/apps-cli, or set HOURGLASS to its path.', 2)


class Worker:
    """A running `hourglass worker <arguments>`. `replied` is the time at which the last reply began."""

    def __init__(self, arguments):
        # A session of its own: Ctrl-C reaches this process alone, which then ends all workers between two steps.
        self.process = subprocess.Popen(
            [*command(), 'worker', *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, **PIPES
        )
        self.replied = time.perf_counter()

    def request(self, name, payload=b'', **fields):
        """Sends a request. Returns the reply's header and payload. Raises WorkerError if the worker reports an error."""
        header = json.dumps({'request': name, **fields}).encode()
        try:
            self.process.stdin.write(PREFIX.pack(len(header), len(payload)) + header)
            self.process.stdin.write(payload)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the reply, or its absence, says why
        header_length, payload_length = PREFIX.unpack(self._read(PREFIX.size))
        self.replied = time.perf_counter()
        if header_length > LARGEST_HEADER:
            raise WorkerError(f'The worker answered with a header of {header_length} bytes. Is something else writing to its output?')
        reply = json.loads(self._read(header_length))
        content = self._read(payload_length)
        if 'error' in reply:
            self.process.wait()
            raise WorkerError(reply['error'], reply['exitCode'])
        return reply, content

    def numbers(self, name, payload=b'', **fields):
        """Sends a request whose reply is a vector of float32."""
        _, content = self.request(name, payload, **fields)
        return numpy.frombuffer(content, '<f4').copy()

    def close(self):
        """Ends the worker. One that is killed leaves its last checkpoint."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _read(self, count):
        content = self.process.stdout.read(count)
        if len(content) < count:
            code = self.process.wait()
            raise WorkerError(f'The worker ended with exit code {code}.')
        return content
