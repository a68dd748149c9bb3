"""From one file to its result: read, checked and, where that is asked for, mended."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from jupyter_mlsecops.cache import MemoryCache
from jupyter_mlsecops.entrypoints import files
from jupyter_mlsecops.entrypoints.files import reason, unreadable
from jupyter_mlsecops.export import file_result
from jupyter_mlsecops.findings import Problem, Report
from jupyter_mlsecops.lint import lint
from jupyter_mlsecops.wire import FileResult  # noqa: TC001  # msgspec looks it up

if TYPE_CHECKING:
    from jupyter_mlsecops import wire
    from jupyter_mlsecops.entrypoints.files import Source
    from jupyter_mlsecops.entrypoints.result_cache import Keys
    from jupyter_mlsecops.entrypoints.scanning import Mending
    from jupyter_mlsecops.settings import Settings

# These ask what time it is: what they find holds for the day.
DATED_RULES = frozenset({"credential-in-url", "signed-url"})

_CRASHED = "could not be checked: "


class Outcome(msgspec.Struct, kw_only=True):
    """What checking a file gave. `key` names it for the cache; None where it may be another one next time.

    A result that is `dated` follows from the day, too.
    """

    result: FileResult
    key: bytes | None = None
    dated: bool = False


def check_file(source: Source, settings: Settings, mending: Mending | None = None, keys: Keys | None = None) -> Outcome:
    """Read, check and, where that is asked for, mend one file; never raises, for one file must not end the run."""
    try:
        content = files.read(source, settings)
        if isinstance(content, Problem):
            return failed(content)
        if mending is not None:
            return Outcome(result=mended_file(content, source, settings, mending))
        result = check_content(content, source.name, settings)
        key = None if keys is None or not _is_lasting(result) else keys.key(content, source.name)
        return Outcome(result=result, key=key, dated=_is_dated(result))
    except OSError as error:
        return failed(unreadable(source.name, reason(error)))
    except Exception as error:  # noqa: BLE001  # a failed check is never a clean check
        return failed(unreadable(source.name, _CRASHED + type(error).__name__))


def check_content(content: bytes, name: str, settings: Settings, mending: Mending | None = None) -> FileResult:
    """Check what came in by another way than a file; nothing is written, but what fixes would change can be asked for."""
    if mending is not None:
        return mended_content(content, name, settings, mending)
    return _final_result(lint(content, path=name, settings=settings, cache=_shared_cells()))


def _final_result(report: Report) -> FileResult:
    """The wire form of a report of which no more is asked."""
    result = file_result(report)
    if report.notebook is not None:
        report.notebook.release()
    return result


@cache
def _shared_cells() -> MemoryCache:
    """Notebooks of one project share cells; each process reads them once."""
    return MemoryCache(documents=0, characters=300_000)


def mended_content(content: bytes, name: str, settings: Settings, mending: Mending) -> FileResult:
    """What is left to find after the fixes, and what they would change."""
    from jupyter_mlsecops.fixing import fix, redacted_diff

    fixed = fix(content, path=name, settings=settings, unsafe=mending.unsafe)
    result = _final_result(fixed.report)
    diff = redacted_diff(content, fixed, path=result.path)
    return msgspec.structs.replace(result, mended=fixed.count, diff=diff)


def mended_file(content: bytes, source: Source, settings: Settings, mending: Mending) -> FileResult:
    """The same for a file, written where that is wanted."""
    from jupyter_mlsecops.entrypoints.writing import ChangedMeanwhile, replace_file
    from jupyter_mlsecops.fixing import fix

    if not mending.write:
        return mended_content(content, source.name, settings, mending)
    fixed = fix(content, path=source.name, settings=settings, unsafe=mending.unsafe)
    try:
        if fixed.content != content:
            replace_file(source.location, before=content, after=fixed.content)
    except ChangedMeanwhile:
        return problem_result(unreadable(source.name, "changed while it was being mended; nothing was written"))
    except OSError as error:
        # What was found stays found: nothing of it is mended.
        found = check_content(content, source.name, settings)
        problem = problem_result(unreadable(source.name, f"could not be written: {reason(error)}"))
        return msgspec.structs.replace(found, problems=(*found.problems, *problem.problems))
    return msgspec.structs.replace(_final_result(fixed.report), mended=fixed.count)


def failed(problem: Problem) -> Outcome:
    """The outcome for something that could not be checked at all."""
    return Outcome(result=problem_result(problem))


def problem_result(problem: Problem) -> FileResult:
    """The result of something that could not be checked at all."""
    return file_result(Report(path=problem.path, problems=(problem,)))


def _is_lasting(result: FileResult) -> bool:
    """Whether the same content gives the same result again: so it does if all was checked, or if it is unreadable.

    What failed on the way, for want of memory perhaps, is tried again.
    """
    return not result.problems or (not result.read and all(map(_is_of_content, result.problems)))


def _is_of_content(problem: wire.Problem) -> bool:
    return problem.kind in {"unreadable", "too-large"} and not problem.message.startswith(_CRASHED)


def _is_dated(result: FileResult) -> bool:
    return any(finding.rule in DATED_RULES for finding in (*result.findings, *result.silenced))
