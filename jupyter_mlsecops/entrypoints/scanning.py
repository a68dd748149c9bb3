"""From files to results: what is known already, and what has to be checked; all in the order of the files."""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.entrypoints import files
from jupyter_mlsecops.entrypoints.files import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jupyter_mlsecops.entrypoints.checking import Outcome
    from jupyter_mlsecops.entrypoints.files import Item
    from jupyter_mlsecops.entrypoints.result_cache import ResultCache
    from jupyter_mlsecops.findings import Problem
    from jupyter_mlsecops.settings import Settings
    from jupyter_mlsecops.wire import FileResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """That fixes are wanted: the unsafe ones too, and written or only shown."""

    unsafe: bool
    write: bool


def check_all(
    items: Sequence[Item],
    settings: Settings,
    *,
    jobs: int,
    mending: Mending | None = None,
    cache: ResultCache | None = None,
) -> list[FileResult]:
    """The results of all items, in their order, however many processes share the work. Nothing mended is cached."""
    sources = [item for item in items if isinstance(item, Source)]
    if mending is not None or cache is None:
        results = _checked(sources, settings, jobs, mending)
    else:
        results = _cached(sources, settings, jobs, cache)
    return [results[item] if isinstance(item, Source) else _problem(item) for item in items]


def default_jobs() -> int:
    """One for each core that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _problem(problem: Problem) -> FileResult:
    from jupyter_mlsecops.entrypoints.checking import problem_result

    return problem_result(problem)


def _checked(
    sources: Sequence[Source], settings: Settings, jobs: int, mending: Mending | None
) -> dict[Source, FileResult]:
    if not sources:
        return {}
    _import_rules()
    from jupyter_mlsecops.entrypoints.tasks import Task, check_each

    task = Task(settings=settings, mending=mending)
    return {source: outcome.result for source, outcome in check_each(sources, task, jobs=jobs)}


def _cached(sources: Sequence[Source], settings: Settings, jobs: int, cache: ResultCache) -> dict[Source, FileResult]:
    """What is checked keeps its place in the cache even if the run is broken off."""
    keys = _keys(sources, settings, cache)
    known = cache.load(keys.values())
    results = {source: known[key] for source, key in keys.items() if key in known}
    fresh: list[Outcome] = []
    try:
        for source, outcome in _fresh([source for source in sources if source not in results], settings, jobs, cache):
            results[source] = outcome.result
            fresh.append(outcome)
    finally:
        cache.store(fresh, used=known)
    return results


def _fresh(
    sources: Sequence[Source], settings: Settings, jobs: int, cache: ResultCache
) -> Iterable[tuple[Source, Outcome]]:
    if not sources:
        return ()
    _import_rules()
    from jupyter_mlsecops.entrypoints.tasks import Task, check_each

    return check_each(sources, Task(settings=settings, keys=cache.keys), jobs=jobs)


def _import_rules() -> None:
    """And all that they need: many objects and no garbage, so that nobody shall look for any, neither now nor later."""
    gc.disable()
    try:
        from jupyter_mlsecops.entrypoints import tasks  # noqa: F401
        from jupyter_mlsecops.rules import all_rules

        all_rules()
    finally:
        gc.freeze()
        # Notebooks are taken apart when they are done with, and leave no circles: to look for some often finds nothing.
        gc.set_threshold(100_000, 20, 100)
        gc.enable()


def _keys(sources: Iterable[Source], settings: Settings, cache: ResultCache) -> dict[Source, bytes]:
    """The names of the results, if there are any; whoever checks a file names it anew, should it change meanwhile."""
    if not cache.path.is_file():
        return {}
    keys = {}
    for source in sources:
        try:
            content = files.read(source, settings)
        except Exception:  # noqa: BLE001, S112  # whoever checks it says what is wrong
            continue
        if isinstance(content, bytes):
            keys[source] = cache.keys.key(content, source.name)
    return keys
