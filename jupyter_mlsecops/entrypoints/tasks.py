"""What is done with each file, and for how long; in this process, or in others where that is worth it."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.entrypoints import checking
from jupyter_mlsecops.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from jupyter_mlsecops.entrypoints.checking import Outcome
    from jupyter_mlsecops.entrypoints.files import Source
    from jupyter_mlsecops.entrypoints.result_cache import Keys
    from jupyter_mlsecops.entrypoints.scanning import Mending
    from jupyter_mlsecops.settings import Settings

# Below this, starting processes takes longer than the work.
_FEWEST_FILES_FOR_A_POOL = 12
# Above this, even the parser of Python can take minutes, and nothing but the end of its process stops that.
_MOST_BYTES_HERE = 200_000

# A file gets many times what it needs; each round of mending checks it anew.
_SECONDS, _SECONDS_PER_BYTE = 20.0, 2e-6
_MENDING_FACTOR = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be done with each file. Results get keys where there are `keys`."""

    settings: Settings
    mending: Mending | None = None
    keys: Keys | None = None

    def do(self, source: Source) -> Outcome:
        """Check one file."""
        return checking.check_file(source, self.settings, self.mending, self.keys)

    def seconds(self, size: int) -> float:
        """How long a file of this size may take."""
        return max(_SECONDS, size * _SECONDS_PER_BYTE) * (1 if self.mending is None else _MENDING_FACTOR)


def check_each(sources: Sequence[Source], task: Task, *, jobs: int) -> Iterator[tuple[Source, Outcome]]:
    """The outcome of each source, in any order."""
    sized = sorted(((_size(source), source) for source in sources), key=lambda pair: -pair[0])
    if not sized or (sized[0][0] <= _MOST_BYTES_HERE and (jobs == 1 or len(sized) < _FEWEST_FILES_FOR_A_POOL)):
        return ((source, _check_here(source, size, task)) for size, source in sized)
    from jupyter_mlsecops.entrypoints import pool

    return pool.check_side_by_side(sized, task, jobs=jobs)


def too_slow(source: Source, seconds: float) -> Outcome:
    """The outcome where the time was up."""
    message = f"checking it took longer than {round(seconds, 1):g} s"
    return checking.failed(Problem(path=source.name, kind="too-large", message=message))


def _size(source: Source) -> int:
    try:
        return os.stat(source.location).st_size  # noqa: PTH116  # it answers faster, and there are many
    except (OSError, ValueError):
        return 0


class _TimeIsUp(BaseException):
    """Not an Exception: those are caught where rules run."""


def _check_here(source: Source, size: int, task: Task) -> Outcome:
    seconds = task.seconds(size)
    try:
        with _alarm(seconds):
            return task.do(source)
    except _TimeIsUp:
        return too_slow(source, seconds)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _TimeIsUp when the time is up, where the system has such alarms."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _time_is_up)
    # Again each second, should the first one be lost where nothing can be raised.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _time_is_up(_number: int, _frame: FrameType | None) -> None:
    raise _TimeIsUp
