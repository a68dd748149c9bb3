"""The server's end of a worker process: started when it is needed, killed when it takes too long, replaced by the next."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

from jupyter_mlsecops.server.refusals import Refused
from jupyter_mlsecops.server.tasks import read_answer, read_frame, write_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from jupyter_mlsecops.server.tasks import Answer, SetUp, Task

_SECONDS_TO_START = 60.0
# -P: the folder that the server was started in may hold a hostile `json.py`.
COMMAND = (sys.executable, "-P", "-m", "jupyter_mlsecops.server.worker")


class Died(Exception):  # noqa: N818 - what happened, not a mistake
    """The worker ended before it answered: a crash, or no memory left."""


class TookTooLong(Exception):  # noqa: N818 - what happened, not a mistake
    """The worker had not answered when the time was over; it was killed."""


class WorkerProcess:
    """One worker at a time, and one call at a time; `executor` has a thread for it, which waits at the pipe."""

    def __init__(self, limits: SetUp, executor: Executor, command: Sequence[str] = COMMAND) -> None:
        self._limits = limits
        self._executor = executor
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self.started = 0

    async def call(self, task: Task, *, seconds: float) -> Answer:
        """The answer to a task. Raises TookTooLong or Died; the next call has a new worker then."""
        await self.ready()
        return await self._exchange(task, seconds=seconds)

    async def ready(self) -> None:
        """Start a worker where none runs. Raises TookTooLong or Died."""
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._start()
            await self._exchange(self._limits, seconds=_SECONDS_TO_START)

    def stop(self) -> None:
        """End the worker; what it keeps is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        # The thread that waits at the pipe sees its end now, and closes it.
        _close(process)

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own module, by our own Python
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.started += 1

    async def _exchange(self, task: Task, *, seconds: float) -> Answer:
        process = self._process
        if process is None:
            raise Died
        answer = asyncio.get_running_loop().run_in_executor(self._executor, _exchange, process, task)
        try:
            await asyncio.wait({answer}, timeout=seconds)
            if answer.done():
                return answer.result()
        except asyncio.CancelledError:
            await self._end(answer)
            raise
        except Died:
            self.stop()
            raise
        await self._end(answer)
        raise TookTooLong

    async def _end(self, answer: asyncio.Future[Answer]) -> None:
        if self._process is not None:
            self._process.kill()
        await asyncio.wait({answer})
        answer.exception()
        self.stop()


def _exchange(process: subprocess.Popen[bytes], task: Task) -> Answer:
    if process.stdin is None or process.stdout is None:
        raise Died
    try:
        write_frame(process.stdin, task)
        frame = read_frame(process.stdout)
    except (OSError, ValueError):
        raise Died from None
    if frame is None:
        raise Died
    return read_answer(frame)


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        try:
            if pipe is not None:
                pipe.close()
        except OSError:  # what was not written yet finds nobody
            pass


def over_time(seconds: float) -> Refused:
    """The answer where the time was over."""
    return Refused(503, "time-limit", f"The check took longer than {seconds:g} seconds and was given up")


def crashed() -> Refused:
    """The answer where the worker died."""
    return Refused(503, "failed", "The process that checked the notebook ended; the next check starts a new one")
