"""The extension of Jupyter Server: its limits, its workers, its routes."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Float, Int

from jupyter_mlsecops.server.desk import Desk
from jupyter_mlsecops.server.handlers import EXTENSION, ROUTES
from jupyter_mlsecops.server.jobs import Jobs
from jupyter_mlsecops.server.process import COMMAND, WorkerProcess
from jupyter_mlsecops.server.tasks import SetUp

_SPARE_SECONDS = 5.0


class MLSecOpsExtension(ExtensionApp):
    """Checks notebooks for security findings while they are edited."""

    name = "jupyter_mlsecops"
    app_name = "Jupyter MLSecOps"
    description = "Security findings in notebooks, while they are edited."
    config_file_name = "jupyter_mlsecops_config"

    time_limit = Float(10.0, min=0.1, help="Seconds that one check of an edited notebook may take.").tag(config=True)
    scan_time_limit = Float(60.0, min=0.1, help="Seconds that one file may take in a scan of a folder.").tag(
        config=True
    )
    max_body = Int(64_000_000, min=1_000, help="The largest request in bytes, and the largest notebook.").tag(
        config=True
    )
    max_sessions = Int(32, min=1, help="How many edited notebooks are kept between two requests.").tag(config=True)
    max_kept_bytes = Int(256_000_000, min=1_000, help="How large they may be together, in bytes.").tag(config=True)
    max_scan_jobs = Int(2, min=1, help="How many folders may be scanned at once.").tag(config=True)

    # Another one in tests: a worker that hangs, or dies.
    worker_command = COMMAND

    def initialize_settings(self) -> None:
        """Let the handlers find us."""
        self.settings[EXTENSION] = self

    def initialize_handlers(self) -> None:
        """Add the routes."""
        self.handlers.extend(ROUTES)

    @cached_property
    def desk(self) -> Desk:
        """Where requests about edited notebooks go."""
        return Desk(lambda: self._worker(self.time_limit), time_limit=self.time_limit)

    @cached_property
    def jobs(self) -> Jobs:
        """Where scans of folders run."""
        return Jobs(
            lambda: self._worker(10 * self.scan_time_limit),
            most_running=self.max_scan_jobs,
            seconds_a_file=self.scan_time_limit,
        )

    async def is_folder(self, location: str) -> bool:
        """Whether a folder stands there; asked off the event loop, for a disk may be slow."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, os.path.isdir, location)

    async def stop_extension(self) -> None:
        """End the workers."""
        await self.jobs.stop()
        await self.desk.stop()
        self._threads.shutdown(wait=False)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        # Each worker has a thread that waits for it; one more looks at the disk.
        return ThreadPoolExecutor(max_workers=self.max_scan_jobs + 3, thread_name_prefix="jupyter-mlsecops")

    def _worker(self, longest: float) -> WorkerProcess:
        limits = SetUp(
            max_sessions=self.max_sessions,
            max_kept_bytes=self.max_kept_bytes,
            max_document=self.max_body,
            patience=2 * longest + _SPARE_SECONDS,
        )
        return WorkerProcess(limits, self._threads, self.worker_command)


def extension_points() -> list[dict[str, Any]]:
    """What Jupyter Server asks the package for."""
    return [{"module": "jupyter_mlsecops", "app": MLSecOpsExtension}]
