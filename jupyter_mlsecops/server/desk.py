"""Where requests about edited notebooks wait for the worker: in order, and of each notebook only the newest is checked."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_mlsecops.server.process import Died, TookTooLong, crashed, over_time
from jupyter_mlsecops.server.refusals import Refused
from jupyter_mlsecops.server.tasks import Answer, Lint

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from jupyter_mlsecops.server.process import WorkerProcess
    from jupyter_mlsecops.server.root import Root
    from jupyter_mlsecops.server.tasks import Task

_MOST_WAITING = 100


class Desk:
    """Hands tasks to one worker process."""

    def __init__(self, worker: WorkerProcess, *, time_limit: float) -> None:
        self._worker = worker
        self._time_limit = time_limit
        self._turn = asyncio.Lock()
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
        self._background(self._lint(body, root, reply))
        try:
            return await reply
        finally:
            if self._newest.get(session) is reply:
                del self._newest[session]

    async def pin(self, task: Task) -> Answer:
        """The reply to a PinRequest."""
        async with self._turn:
            return await self._ask(task)

    def warm_up(self) -> None:
        """Start the worker, if it does not run: somebody is about to ask."""
        if not self._running and not self._turn.locked():
            self._background(self._warm_up())

    async def stop(self) -> None:
        """Let nobody wait any longer."""
        for reply in self._newest.values():
            if not reply.done():
                reply.set_exception(Refused(503, "failed", "The server stops"))
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._worker.stop()

    def _background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _warm_up(self) -> None:
        async with self._turn:
            with suppress(Died, TookTooLong):
                await self._worker.ready()

    async def _lint(self, body: bytes, root: Root, reply: asyncio.Future[Answer]) -> None:
        async with self._turn:
            # What is not checked any more is still what the next changes count from.
            task = Lint(body=body, root=root.folder, allow_hidden=root.allow_hidden, check=not reply.done())
            try:
                answer = await self._ask(task)
            except Exception as error:  # noqa: BLE001  # whoever waits must hear of it
                if not reply.done():
                    reply.set_exception(error)
                return
            if not reply.done():
                reply.set_result(answer)

    async def _ask(self, task: Task) -> Answer:
        try:
            return await self._worker.call(task, seconds=self._time_limit)
        except TookTooLong:
            raise over_time(self._time_limit) from None
        except (Died, OSError):  # OSError: no process could be started
            raise crashed() from None
