"""From files to results: reads them within bounds, and checks them side by side."""

from __future__ import annotations

import os
import signal
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jupyter_mlsecops.entrypoints.files import Source, reason, unreadable
from jupyter_mlsecops.entrypoints.writing import ChangedMeanwhile, replace_file
from jupyter_mlsecops.export import file_result
from jupyter_mlsecops.findings import Problem, Report
from jupyter_mlsecops.fixing import fix, redacted_diff
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.notebook.file_kinds import file_kind
from jupyter_mlsecops.notebook.formats.scanned_files import NOT_SCANNED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor

    from jupyter_mlsecops.entrypoints.files import Item
    from jupyter_mlsecops.settings import Settings
    from jupyter_mlsecops.wire import FileResult

# Below this, starting processes takes longer than the work.
_FEWEST_FILES_FOR_A_POOL = 12
_LARGEST_CHUNK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """That fixes are wanted: the unsafe ones too, and written or only shown."""

    unsafe: bool
    write: bool


def check_file(source: Source, settings: Settings, mending: Mending | None = None) -> FileResult:
    """Read, check and, where that is asked for, mend one file; never raises, for one file must not end the run."""
    try:
        content = _read(source, settings)
        if isinstance(content, Problem):
            return problem_result(content)
        if mending is not None:
            return _mended(content, source, settings, mending)
        return check_content(content, source.name, settings)
    except ChangedMeanwhile:
        return problem_result(unreadable(source.name, "changed while it was being mended; nothing was written"))
    except OSError as error:
        return problem_result(unreadable(source.name, reason(error)))
    except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
        return problem_result(unreadable(source.name, f"could not be checked: {type(error).__name__}"))


def check_content(content: bytes, name: str, settings: Settings, mending: Mending | None = None) -> FileResult:
    """Check what came in by another way than a file; nothing is written, but what fixes would change can be asked for."""
    if mending is None:
        return file_result(lint(content, path=name, settings=settings))
    fixed = fix(content, path=name, settings=settings, unsafe=mending.unsafe)
    diff = redacted_diff(content, fixed, path=name)
    return msgspec.structs.replace(file_result(fixed.report), mended=fixed.count, diff=diff)


def problem_result(problem: Problem) -> FileResult:
    """The result of something that could not be checked at all."""
    return file_result(Report(path=problem.path, problems=(problem,)))


def _read(source: Source, settings: Settings) -> bytes | Problem:
    if file_kind(source.name) is None:
        return unreadable(source.name, NOT_SCANNED)
    # Looked at before it is opened: opening a pipe would wait for whoever writes to it.
    status = Path(source.location).stat()
    if not stat.S_ISREG(status.st_mode):
        return unreadable(source.name, "not a regular file")
    if status.st_size > settings.max_file_size:
        message = f"larger than max-file-size: {status.st_size:,} bytes"
        return Problem(path=source.name, kind="too-large", message=message)
    with Path(source.location).open("rb") as file:
        return file.read(settings.max_file_size + 1)


def _mended(content: bytes, source: Source, settings: Settings, mending: Mending) -> FileResult:
    if not mending.write:
        return check_content(content, source.name, settings, mending)
    fixed = fix(content, path=source.name, settings=settings, unsafe=mending.unsafe)
    if fixed.content != content:
        replace_file(source.location, before=content, after=fixed.content)
    return msgspec.structs.replace(file_result(fixed.report), mended=fixed.count)


# -- side by side ------------------------------------------------------------------------------------------------------


def check_all(
    items: Sequence[Item], settings: Settings, *, jobs: int, mending: Mending | None = None
) -> list[FileResult]:
    """The results of all items, in their order, however many processes share the work."""
    sources = [item for item in items if isinstance(item, Source)]
    if jobs == 1 or len(sources) < _FEWEST_FILES_FOR_A_POOL:
        checked = [check_file(source, settings, mending) for source in sources]
    else:
        checked = list(_check_in_pool(sources, settings, jobs, mending))
    results = iter(checked)
    return [problem_result(item) if isinstance(item, Problem) else next(results) for item in items]


def default_jobs() -> int:
    """One for each core that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_in_pool(
    sources: list[Source], settings: Settings, jobs: int, mending: Mending | None
) -> Iterator[FileResult]:
    size = max(1, min(_LARGEST_CHUNK, len(sources) // (4 * jobs)))
    chunks = [sources[at : at + size] for at in range(0, len(sources), size)]
    with _pool(min(jobs, len(chunks))) as pool:
        futures = [_submit(pool, chunk, settings, mending) for chunk in chunks]
        try:
            for chunk, future in zip(chunks, futures, strict=True):
                yield from _outcome(future) or _check_one_by_one(chunk, settings, mending)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _check_one_by_one(sources: list[Source], settings: Settings, mending: Mending | None) -> Iterator[FileResult]:
    """After a worker died, each file gets a process of its own: the one that kills it is a problem, the rest is checked."""
    for source in sources:
        with _pool(1) as pool:
            results = _outcome(_submit(pool, [source], settings, mending))
        yield from results or [problem_result(unreadable(source.name, "the process that checked it died"))]


def _submit(
    pool: ProcessPoolExecutor, chunk: list[Source], settings: Settings, mending: Mending | None
) -> Future[list[FileResult]] | None:
    from concurrent.futures.process import BrokenProcessPool

    try:
        return pool.submit(_check_chunk, chunk, settings, mending)
    except BrokenProcessPool:
        return None


def _outcome(future: Future[list[FileResult]] | None) -> list[FileResult] | None:
    """The results; None where the process died."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        return None if future is None else future.result()
    except BrokenProcessPool:
        return None


def _check_chunk(chunk: list[Source], settings: Settings, mending: Mending | None) -> list[FileResult]:
    return [check_file(source, settings, mending) for source in chunk]


def _pool(workers: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(max_workers=workers, initializer=_leave_interrupts_to_the_parent)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
