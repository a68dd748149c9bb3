"""Lists and checks the files below a folder of the contents, and none that a link leads away to."""

# os.path answers False where pathlib raises; a file is opened such that a pipe keeps nobody waiting.
# ruff: noqa: PTH112, PTH114, PTH118

from __future__ import annotations

import os
import stat
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.entrypoints.checking import check_content
from jupyter_mlsecops.entrypoints.files import Source, find, reason, unreadable
from jupyter_mlsecops.export import file_result
from jupyter_mlsecops.findings import Problem, Report
from jupyter_mlsecops.server.refusals import Refused
from jupyter_mlsecops.server.root import project_settings
from jupyter_mlsecops.server.tasks import Listing
from jupyter_mlsecops.settings import ConfigurationError, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.server.root import Root
    from jupyter_mlsecops.wire import FileResult

_LEADS_AWAY = "a link that leads out of the folder that the server serves; it was not followed"
# What no scan enters either: looking for links there would take longer than the scan.
_NEVER_ENTERED = frozenset({".git", "node_modules", "__pycache__", ".venv", ".tox"})


def list_folder(root: Root, path: str) -> Listing:
    """What there is to check below a folder, with names that count from the contents root."""
    located = root.locate(path)
    if located is None or not os.path.isdir(located):
        raise Refused(404, "not-found", "No such folder - at `$.path`")
    settings, faults = _settings(root, path)
    links = [link for link in _links(located) if not root.holds(link)]
    # Left out before they are found: to tell what a link leads to, finding opens it.
    settings = replace(settings, exclude=(*settings.exclude, *map(_exactly, links)))
    items = [item for item in find([located], settings) if isinstance(item, Problem) or _may_read(root, item)]
    problems = [*faults, *(item for item in items if isinstance(item, Problem))]
    problems += [unreadable(name, _LEADS_AWAY) for name in map(root.name, links) if _is_told_of(root, name)]
    said = file_result(Report(path=path, problems=tuple(problems)))
    return Listing(
        files=tuple((item.location, item.name) for item in items if isinstance(item, Source)), problems=said.problems
    )


def check_listed(root: Root, path: str, location: str, name: str) -> FileResult:
    """Check a file that was listed below `path`; a problem where it is not there any more."""
    settings, _ = _settings(root, path)
    try:
        content = _read(root, location, name, settings)
    except OSError as error:
        content = unreadable(name, reason(error))
    if isinstance(content, Problem):
        return file_result(Report(path=name, problems=(content,)))
    return check_content(content, name, settings)


def died(name: str, message: str) -> FileResult:
    """The result of a file that no worker survived."""
    return file_result(Report(path=name, problems=(unreadable(name, message),)))


def _read(root: Root, location: str, name: str, settings: Settings) -> bytes | Problem:
    if not root.holds(location):
        return unreadable(name, _LEADS_AWAY)
    waiting = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(location, "rb", opener=lambda path, flags: os.open(path, flags | waiting)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return unreadable(name, "not a regular file")
        if status.st_size > settings.max_file_size:
            return Problem(path=name, kind="too-large", message=f"larger than max-file-size: {status.st_size:,} bytes")
        return file.read(settings.max_file_size + 1)


@lru_cache(maxsize=8)
def _settings(root: Root, path: str) -> tuple[Settings, tuple[Problem, ...]]:
    try:
        return project_settings(root, path), ()
    except ConfigurationError as error:
        problem = Problem(path=path, kind="configuration", message=str(error))
        return Settings(working_directory=root.real), (problem,)


def _may_read(root: Root, source: Source) -> bool:
    return root.is_inside(source.name) and root.holds(source.location)


def _is_told_of(root: Root, name: str) -> bool:
    return root.is_inside(name) and name.lower().endswith(".ipynb")


def _links(folder: str) -> Iterator[str]:
    for current, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NEVER_ENTERED]
        for name in (*folders, *files):
            location = os.path.join(current, name)
            if os.path.islink(location):
                yield location


def _exactly(location: str) -> str:
    """The pattern of one path."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in location.replace(os.sep, "/"))
