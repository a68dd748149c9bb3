"""Checks files side by side, in processes that may die or hang without taking the run along."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from jupyter_mlsecops.entrypoints import checking
from jupyter_mlsecops.entrypoints.checking import Outcome
from jupyter_mlsecops.entrypoints.files import unreadable
from jupyter_mlsecops.entrypoints.tasks import too_slow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

    from jupyter_mlsecops.entrypoints.files import Source
    from jupyter_mlsecops.entrypoints.tasks import Task

# What is handed to a process at once: enough to be worth the way, little enough to keep all of them busy to the end.
_BATCH_BYTES = 500_000
_BATCH_FILES = 32

_Batch = deque[tuple[int, "Source"]]


def check_side_by_side(
    sized: Iterable[tuple[int, Source]], task: Task, *, jobs: int
) -> Iterator[tuple[Source, Outcome]]:
    """The outcome of each source, in any order; the sources come with their sizes, the largest first."""
    return _Pool(task=task, waiting=deque(_batches(sized))).run(jobs)


def _batches(sized: Iterable[tuple[int, Source]]) -> Iterator[_Batch]:
    """The largest files first, one by one; small ones in handfuls."""
    batch, total = _Batch(), 0
    for size, source in sized:
        if batch and (total + size > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield batch
            batch, total = _Batch(), 0
        batch.append((size, source))
        total += size
    if batch:
        yield batch


class _Worker:
    """A process, and the files that it has been given; the first of them is the one it is at."""

    def __init__(self, context: BaseContext, task: Task) -> None:
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, task), daemon=True)  # type: ignore[attr-defined]
        self.process.start()
        theirs.close()
        self.batch = _Batch()
        self.deadline = 0.0
        self.seconds = 0.0

    def give(self, batch: _Batch, task: Task) -> None:
        self.batch = batch
        self.connection.send([source for _, source in batch])
        self.start_clock(task)

    def start_clock(self, task: Task) -> None:
        if self.batch:
            self.seconds = task.seconds(self.batch[0][0])
            self.deadline = monotonic() + self.seconds

    def stop(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()
        self.process.close()


@dataclass(kw_only=True)
class _Pool:
    task: Task
    waiting: deque[_Batch]
    workers: list[_Worker] = field(default_factory=list)

    def run(self, jobs: int) -> Iterator[tuple[Source, Outcome]]:
        context = _context()
        try:
            while self.waiting or any(worker.batch for worker in self.workers):
                self._hand_out(context, jobs)
                yield from self._collect()
        finally:
            for worker in self.workers:
                worker.stop()

    def _hand_out(self, context: BaseContext, jobs: int) -> None:
        for worker in self.workers:
            if not worker.batch and self.waiting:
                self._give(worker)
        while self.waiting and len(self.workers) < jobs:
            self.workers.append(_Worker(context, self.task))
            self._give(self.workers[-1])

    def _give(self, worker: _Worker) -> None:
        worker.give(self.waiting.popleft(), self.task)

    def _collect(self) -> Iterator[tuple[Source, Outcome]]:
        """What has come in; and for a process that has died or takes too long, a problem for the file that it was at."""
        busy = {worker.connection: worker for worker in self.workers if worker.batch}
        soonest = min(worker.deadline for worker in busy.values())
        ready = wait(list(busy), timeout=max(0.0, soonest - monotonic()))
        for connection in ready:
            yield self._receive(busy[connection])  # type: ignore[index]
        for connection, worker in busy.items():
            if connection not in ready and worker.deadline <= monotonic():
                yield self._give_up(worker, too_slow(worker.batch[0][1], worker.seconds))

    def _receive(self, worker: _Worker) -> tuple[Source, Outcome]:
        try:
            outcome = msgspec.msgpack.decode(worker.connection.recv_bytes(), type=Outcome)
        except (EOFError, OSError):
            source = worker.batch[0][1]
            died = checking.failed(unreadable(source.name, "the process that checked it died"))
            return self._give_up(worker, died)
        _, source = worker.batch.popleft()
        worker.start_clock(self.task)
        return source, outcome

    def _give_up(self, worker: _Worker, outcome: Outcome) -> tuple[Source, Outcome]:
        """Without this process, and without the file that it was at; others check the rest."""
        self.workers.remove(worker)
        worker.stop()
        _, source = worker.batch.popleft()
        if worker.batch:
            self.waiting.appendleft(worker.batch)
        return source, outcome


def _context() -> BaseContext:
    """A fork takes along all that is imported already; it is safe where there is one thread."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return multiprocessing.get_context("spawn")
    return multiprocessing.get_context("fork")


def _work(connection: Connection, task: Task) -> None:
    """Check what comes in, until nobody is there any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    try:
        while True:
            for source in connection.recv():
                connection.send_bytes(msgspec.msgpack.encode(task.do(source)))
    except (EOFError, OSError):
        return
