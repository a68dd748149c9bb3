"""Where requests about edited notebooks wait for a worker: in order, and of each notebook only the newest is checked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_mlsecops.server.process import Died, TookTooLong, crashed, over_time
from jupyter_mlsecops.server.refusals import Refused
from jupyter_mlsecops.server.tasks import Answer, Lint

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from jupyter_mlsecops.server.process import WorkerProcess
    from jupyter_mlsecops.server.root import Root
    from jupyter_mlsecops.server.tasks import Task

_MOST_WAITING = 100
_MOST_SUSPECTS = 1000


class Lane:
    """One worker process, and who waits for it."""

    def __init__(self, worker: WorkerProcess, *, time_limit: float) -> None:
        self.worker = worker
        self.turn = asyncio.Lock()
        self._time_limit = time_limit

    async def ask(self, task: Task) -> Answer:
        """The worker's answer. Refused where there is none in time; whoever asks has the turn."""
        try:
            return await self.worker.call(task, seconds=self._time_limit)
        except TookTooLong:
            raise over_time(self._time_limit) from None
        except (Died, OSError):  # OSError: no process could be started
            raise crashed() from None


class Desk:
    """Hands tasks to two workers: notebooks that once took too long, or a worker down, keep only each other waiting."""

    def __init__(self, hire: Callable[[], WorkerProcess], *, time_limit: float) -> None:
        self.usual = Lane(hire(), time_limit=time_limit)
        self.suspect = Lane(hire(), time_limit=time_limit)
        self._suspects: OrderedDict[str, None] = OrderedDict()
        self._newest: dict[str, asyncio.Future[Answer]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def lint(self, session: str, body: bytes, root: Root) -> Answer:
        """The reply to a LintRequest; at once a refusal where a newer request of its session comes meanwhile."""
        if len(self._running) >= _MOST_WAITING:
            raise Refused(503, "too-many", "Too many requests are waiting")
        older = self._newest.get(session)
        if older is not None and not older.done():
            older.set_exception(Refused(409, "superseded", "A newer revision is being checked"))
        reply: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._newest[session] = reply
        self._background(self._lint(session, body, root, reply))
        try:
            return await reply
        finally:
            if self._newest.get(session) is reply:
                del self._newest[session]

    async def pin(self, session: str, task: Task) -> Answer:
        """The reply to a PinRequest."""
        lane = self._lane(session)
        async with lane.turn:
            return await lane.ask(task)

    def warm_up(self) -> None:
        """Start the usual worker, if it does not run: somebody is about to ask."""
        if not self._running and not self.usual.turn.locked():
            self._background(self._warm_up())

    async def stop(self) -> None:
        """Let nobody wait any longer."""
        for reply in self._newest.values():
            if not reply.done():
                reply.set_exception(Refused(503, "failed", "The server stops"))
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self.usual.worker.stop()
        self.suspect.worker.stop()

    def _lane(self, session: str) -> Lane:
        return self.suspect if session in self._suspects else self.usual

    def _suspect(self, session: str) -> None:
        self._suspects[session] = None
        if len(self._suspects) > _MOST_SUSPECTS:
            self._suspects.popitem(last=False)

    def _background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _warm_up(self) -> None:
        async with self.usual.turn:
            with suppress(Died, TookTooLong, OSError):
                await self.usual.worker.ready()

    async def _lint(self, session: str, body: bytes, root: Root, reply: asyncio.Future[Answer]) -> None:
        lane = self._lane(session)
        async with lane.turn:
            # What is not checked any more is still what the next changes count from.
            task = Lint(body=body, root=root.folder, allow_hidden=root.allow_hidden, check=not reply.done())
            try:
                answer = await lane.ask(task)
            except Exception as error:  # noqa: BLE001  # whoever waits must hear of it
                self._suspect(session)
                if not reply.done():
                    reply.set_exception(error)
                return
            if not reply.done():
                reply.set_result(answer)
