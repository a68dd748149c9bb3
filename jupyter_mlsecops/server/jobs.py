"""Scans of folders: each in a worker process of its own, file by file, so that it can be watched and stopped."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from jupyter_mlsecops.server.folders import died
from jupyter_mlsecops.server.process import Died, TookTooLong
from jupyter_mlsecops.server.protocol import ScanState, by_level
from jupyter_mlsecops.server.refusals import Refused
from jupyter_mlsecops.server.tasks import CheckFile, ListFiles, read_file_result, read_listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_mlsecops.server.process import WorkerProcess
    from jupyter_mlsecops.server.root import Root
    from jupyter_mlsecops.server.tasks import Answer, Listing
    from jupyter_mlsecops.wire import FileResult, Finding, Problem

_SECONDS_KEPT = 15 * 60.0
_MOST_KEPT = 20


@dataclass(kw_only=True)
class Job:
    """One scan, as far as it is. `running` is the task that does it; `seen` when somebody last asked."""

    id: str
    path: str
    root: Root
    state: Literal["running", "done", "cancelled", "failed"] = "running"
    done: int = 0
    total: int = 0
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    message: str = ""
    running: asyncio.Task[None] | None = None
    seen: float = field(default_factory=time.monotonic)

    def status(self, since: int) -> ScanState:
        """What there is to say, with the findings from the nth on."""
        return ScanState(
            id=self.id,
            path=self.path,
            state=self.state,
            done=self.done,
            total=self.total,
            findings=tuple(self.findings[since:]),
            problems=tuple(self.problems),
            summary=by_level(self.findings),
            message=self.message,
        )


class Jobs:
    """The scans that run, and those that are over until nobody asks for them any more."""

    def __init__(self, hire: Callable[[], WorkerProcess], *, most_running: int, seconds_a_file: float) -> None:
        self._hire = hire
        self._most_running = most_running
        self._seconds_a_file = seconds_a_file
        self._jobs: dict[str, Job] = {}

    def start(self, path: str, root: Root) -> Job:
        """Start to scan a folder. Refused where as many scans run as may."""
        self._forget()
        if sum(job.state == "running" for job in self._jobs.values()) >= self._most_running:
            raise Refused(429, "too-many", f"{self._most_running} scans are running already; wait or cancel one")
        job = Job(id=secrets.token_urlsafe(16), path=path, root=root)
        self._jobs[job.id] = job
        job.running = asyncio.create_task(self._run(job))
        return job

    def get(self, name: str) -> Job:
        """A scan by its id. Refused where there is none."""
        self._forget()
        job = self._jobs.get(name)
        if job is None:
            raise Refused(404, "not-found", "No such scan; it may have expired")
        job.seen = time.monotonic()
        return job

    async def cancel(self, name: str) -> None:
        """Stop a scan; what it found is kept. One that is over is forgotten."""
        job = self.get(name)
        if job.state != "running" or job.running is None:
            del self._jobs[job.id]
            return
        job.running.cancel()
        await asyncio.gather(job.running, return_exceptions=True)
        job.state = "cancelled"  # also where it had not begun

    async def stop(self) -> None:
        """Stop all scans."""
        for name in [job.id for job in self._jobs.values() if job.state == "running"]:
            await self.cancel(name)

    def _forget(self) -> None:
        over = sorted((job for job in self._jobs.values() if job.state != "running"), key=lambda job: job.seen)
        now = time.monotonic()
        for number, job in enumerate(over):
            if now - job.seen > _SECONDS_KEPT or len(over) - number > _MOST_KEPT:
                del self._jobs[job.id]

    async def _run(self, job: Job) -> None:
        worker = self._hire()
        try:
            listing = await self._list(job, worker)
            job.total = len(listing.files)
            job.problems += listing.problems
            for location, name in listing.files:
                result = await self._check(job, worker, location, name)
                job.findings += result.findings
                job.problems += result.problems
                job.done += 1
            job.state = "done"
        except asyncio.CancelledError:
            job.state = "cancelled"
            raise
        except Refused as refusal:
            job.state, job.message = "failed", refusal.message
        except (TookTooLong, Died, OSError):
            job.state, job.message = "failed", "The files of the folder could not be listed"
        except Exception as error:  # noqa: BLE001  # whoever watches must see an end
            job.state, job.message = "failed", f"The scan failed with {type(error).__name__}"
        finally:
            worker.stop()

    async def _list(self, job: Job, worker: WorkerProcess) -> Listing:
        task = ListFiles(path=job.path, root=job.root.folder, allow_hidden=job.root.allow_hidden)
        # A large folder on a slow disk takes longer to list than any file to check.
        answer = await worker.call(task, seconds=10 * self._seconds_a_file)
        return read_listing(_body(answer))

    async def _check(self, job: Job, worker: WorkerProcess, location: str, name: str) -> FileResult:
        root = job.root
        task = CheckFile(location=location, name=name, path=job.path, root=root.folder, allow_hidden=root.allow_hidden)
        try:
            return read_file_result(_body(await worker.call(task, seconds=self._seconds_a_file)))
        except TookTooLong:
            return died(name, f"took longer than {self._seconds_a_file:g} seconds")
        except (Died, OSError):
            return died(name, "the process that checked it died")
        except Refused as refusal:
            return died(name, refusal.message)


def _body(answer: Answer) -> bytes:
    if answer.status == 200:
        return answer.body
    failure = msgspec.json.decode(answer.body)
    raise Refused(answer.status, failure["reason"], failure["message"])
