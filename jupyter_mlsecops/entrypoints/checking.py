"""From files to results: reads them within bounds, and checks them side by side."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_mlsecops.entrypoints.files import Source, reason, unreadable
from jupyter_mlsecops.export import file_result
from jupyter_mlsecops.findings import Problem, ProblemKind, Report
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.notebook.file_kinds import file_kind
from jupyter_mlsecops.notebook.scanned_files import NOT_SCANNED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor

    from jupyter_mlsecops.entrypoints.files import Item
    from jupyter_mlsecops.settings import Settings
    from jupyter_mlsecops.wire import FileResult

# Below this, starting processes takes longer than the work.
_FEWEST_FILES_FOR_A_POOL = 12
_LARGEST_CHUNK = 8


def check_file(source: Source, settings: Settings) -> FileResult:
    """Read and check one file; never raises, for one file must not end the run."""
    try:
        return file_result(_report(source, settings))
    except OSError as error:
        return problem_result(unreadable(source.name, reason(error)))
    except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
        return problem_result(unreadable(source.name, f"could not be checked: {type(error).__name__}"))


def check_content(content: bytes, name: str, settings: Settings) -> FileResult:
    """Check what came in by another way than a file."""
    return file_result(lint(content, path=name, settings=settings))


def problem_result(problem: Problem) -> FileResult:
    """The result of something that could not be checked at all."""
    return file_result(Report(path=problem.path, problems=(problem,)))


def _report(source: Source, settings: Settings) -> Report:
    if file_kind(source.name) is None:
        return _failed(source, "unreadable", NOT_SCANNED)
    # Looked at before it is opened: opening a pipe would wait for whoever writes to it.
    status = Path(source.location).stat()
    if not stat.S_ISREG(status.st_mode):
        return _failed(source, "unreadable", "not a regular file")
    if status.st_size > settings.max_file_size:
        return _failed(source, "too-large", f"larger than max-file-size: {status.st_size:,} bytes")
    with Path(source.location).open("rb") as file:
        content = file.read(settings.max_file_size + 1)
    return lint(content, path=source.name, settings=settings)


def _failed(source: Source, kind: ProblemKind, message: str) -> Report:
    return Report(path=source.name, problems=(Problem(path=source.name, kind=kind, message=message),))


# -- side by side ------------------------------------------------------------------------------------------------------


def check_all(items: Sequence[Item], settings: Settings, *, jobs: int) -> list[FileResult]:
    """The results of all items, in their order, however many processes share the work."""
    sources = [item for item in items if isinstance(item, Source)]
    if jobs == 1 or len(sources) < _FEWEST_FILES_FOR_A_POOL:
        checked = [check_file(source, settings) for source in sources]
    else:
        checked = list(_check_in_pool(sources, settings, jobs))
    results = iter(checked)
    return [problem_result(item) if isinstance(item, Problem) else next(results) for item in items]


def default_jobs() -> int:
    """One for each core that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_in_pool(sources: list[Source], settings: Settings, jobs: int) -> Iterator[FileResult]:
    size = max(1, min(_LARGEST_CHUNK, len(sources) // (4 * jobs)))
    chunks = [sources[at : at + size] for at in range(0, len(sources), size)]
    with _pool(min(jobs, len(chunks))) as pool:
        futures = [_submit(pool, chunk, settings) for chunk in chunks]
        try:
            for chunk, future in zip(chunks, futures, strict=True):
                yield from _outcome(future) or _check_one_by_one(chunk, settings)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _check_one_by_one(sources: list[Source], settings: Settings) -> Iterator[FileResult]:
    """After a worker died, each file gets a process of its own: the one that kills it is a problem, the rest is checked."""
    for source in sources:
        with _pool(1) as pool:
            results = _outcome(_submit(pool, [source], settings))
        yield from results or [problem_result(unreadable(source.name, "the process that checked it died"))]


def _submit(pool: ProcessPoolExecutor, chunk: list[Source], settings: Settings) -> Future[list[FileResult]] | None:
    from concurrent.futures.process import BrokenProcessPool

    try:
        return pool.submit(_check_chunk, chunk, settings)
    except BrokenProcessPool:
        return None


def _outcome(future: Future[list[FileResult]] | None) -> list[FileResult] | None:
    """The results; None where the process died."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        return None if future is None else future.result()
    except BrokenProcessPool:
        return None


def _check_chunk(chunk: list[Source], settings: Settings) -> list[FileResult]:
    return [check_file(source, settings) for source in chunk]


def _pool(workers: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(max_workers=workers, initializer=_leave_interrupts_to_the_parent)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
