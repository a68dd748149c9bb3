"""Where requests about edited notebooks wait for the worker: in order, and of each notebook only the newest is checked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jupyter_mlsecops.server.process import Died, TookTooLong, crashed, over_time
from jupyter_mlsecops.server.refusals import Refused
from jupyter_mlsecops.server.tasks import Answer, Lint

if TYPE_CHECKING:
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
        task = asyncio.create_task(self._lint(body, root, reply))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await reply
        finally:
            if self._newest.get(session) is reply:
                del self._newest[session]

    async def pin(self, task: Task) -> Answer:
        """The reply to a PinRequest."""
        async with self._turn:
            return await self._ask(task)

    async def stop(self) -> None:
        """Let nobody wait any longer."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._worker.stop()

    async def _lint(self, body: bytes, root: Root, reply: asyncio.Future[Answer]) -> None:
        async with self._turn:
            # What is not checked any more is still what the next changes count from.
            task = Lint(body=body, root=root.folder, allow_hidden=root.allow_hidden, check=not reply.done())
            try:
                answer = await self._ask(task)
            except Refused as refusal:
                if not reply.done():
                    reply.set_exception(refusal)
                return
            if not reply.done():
                reply.set_result(answer)

    async def _ask(self, task: Task) -> Answer:
        try:
            return await self._worker.call(task, seconds=self._time_limit)
        except TookTooLong:
            raise over_time(self._time_limit) from None
        except Died:
            raise crashed() from None
