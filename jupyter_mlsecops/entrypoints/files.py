"""From paths to files: what there is to check, each file once and in a stable order, and what stands in it."""

# os.path answers False where pathlib raises: names too long, folders that may not be looked into.
# ruff: noqa: PTH112, PTH114, PTH116, PTH118, PTH123, PTH206

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from jupyter_mlsecops import globs
from jupyter_mlsecops.findings import Problem
from jupyter_mlsecops.notebook.file_kinds import file_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jupyter_mlsecops.settings import Settings

STDIN = "-"
_SKIPPED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".ipynb_checkpoints", "node_modules", "__pycache__", ".venv", ".tox", ".nox", ".eggs", ".cache",
})  # fmt: skip
_ALWAYS_TAKEN = frozenset({"notebook", "requirements", "wanted", "constraints"})
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to check: where it is, and how it is called in reports."""

    location: str
    name: str


Item: TypeAlias = Source | Problem


def find(paths: Iterable[str], settings: Settings) -> list[Item]:
    """The files that paths name or hold, each once and in a stable order; a problem for what cannot be looked at."""
    items: list[Item] = []
    for path in paths:
        location = os.path.join(settings.working_directory, path)
        if os.path.isdir(location):
            items += [*_misnamed(path, settings), *_walk(path, settings)]
        elif os.path.lexists(location):
            items.append(Source(location=location, name=shown_path(path, settings)))
        else:
            items.append(unreadable(shown_path(path, settings), "no such file or folder"))
    return _once(items)


def shown_path(path: str, settings: Settings) -> str:
    """The path relative to the working directory where it lies below it, else as given; with forward slashes."""
    base = settings.working_directory
    absolute = os.path.normpath(os.path.join(base, path))
    shown = os.path.relpath(absolute, base) if _is_below(absolute, base) else path
    return shown.replace(os.sep, "/")


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _once(items: list[Item]) -> list[Item]:
    """Without second names of one file; a link loses to the file that it leads to."""
    folders: dict[str, str] = {}
    real = [(item, _identity(item, folders)) for item in items]
    taken = {identity for item, identity in real if isinstance(item, Source) and not os.path.islink(item.location)}
    kept: dict[str, Item] = {}
    for item, identity in real:
        is_spare_link = isinstance(item, Source) and os.path.islink(item.location) and identity in taken
        if not is_spare_link:
            kept.setdefault(identity, item)
    return list(kept.values())


def _identity(item: Item, folders: dict[str, str]) -> str:
    """One name for all names of a file; `folders` remembers where folders really are, for many files share one."""
    if isinstance(item, Problem):
        return f"{item.path}\0{item.message}"
    if os.path.islink(item.location):
        return os.path.realpath(item.location)
    folder, name = os.path.split(item.location)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], name)


def _walk(folder: str, settings: Settings) -> list[Item]:
    """What a folder holds, in the order of names. Links to folders are not followed, so there are no loops."""
    found: list[tuple[list[str], Item]] = []
    open_folders = [folder]
    while open_folders:
        current = open_folders.pop()
        for entry in _entries(current, settings):
            if isinstance(entry, Problem):
                found.append((_name_parts(current), entry))
            elif entry.is_dir(follow_symlinks=False):
                if _is_entered(entry, settings):
                    inner = _join(current, entry.name)
                    open_folders.append(inner)
                    found += [(_name_parts(inner), problem) for problem in _misnamed(inner, settings)]
            elif _is_taken(entry, settings):
                name = _join(current, entry.name)
                found.append((_name_parts(name), Source(location=entry.path, name=shown_path(name, settings))))
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _misnamed(folder: str, settings: Settings) -> list[Problem]:
    """The problem of a folder that is called like a notebook: whoever sees the name believes that it was checked."""
    is_misnamed = folder.rstrip("/" + os.sep).lower().endswith(".ipynb")
    return [unreadable(shown_path(folder, settings), "is a folder, not a notebook")] if is_misnamed else []


def _entries(folder: str, settings: Settings) -> list[os.DirEntry[str] | Problem]:
    try:
        with os.scandir(os.path.join(settings.working_directory, folder)) as entries:
            return list(entries)
    except OSError as error:
        return [unreadable(shown_path(folder, settings), reason(error))]


def _join(folder: str, name: str) -> str:
    return os.path.normpath(os.path.join(folder, name))


def _name_parts(path: str) -> list[str]:
    return path.split(os.sep)


def _is_entered(folder: os.DirEntry[str], settings: Settings) -> bool:
    if folder.name in _SKIPPED_FOLDERS or (folder.name.startswith(".") and folder.name.endswith("cache")):
        return False
    if any(os.path.lexists(os.path.join(folder.path, mark)) for mark in _ENVIRONMENT_MARKS):
        return False
    return not _matches(folder, settings.exclude)


def _is_taken(file: os.DirEntry[str], settings: Settings) -> bool:
    # A link to a folder is neither entered nor read.
    if (file.is_symlink() and os.path.isdir(file.path)) or _matches(file, settings.exclude):
        return False
    return _matches(file, settings.include) or _is_looked_for(file)


def _is_looked_for(file: os.DirEntry[str]) -> bool:
    """Whether a file is what everybody wants checked: a notebook, whatever its form, or what a notebook has installed."""
    match file_kind(file.path):
        case "python":
            return _is_python_notebook(file.path)
        case kind:
            return kind in _ALWAYS_TAKEN


def _is_python_notebook(path: str) -> bool:
    from jupyter_mlsecops.notebook.formats.python_files import SNIFFED_BYTES, is_notebook

    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would wait for whoever writes to it
            return False
        with open(path, "rb") as file:
            return is_notebook(file.read(SNIFFED_BYTES))
    except OSError:
        return False  # nobody named it; a problem would be one about a file of no interest


def _matches(entry: os.DirEntry[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return False
    return globs.first_match(os.path.normpath(entry.path).replace(os.sep, "/"), patterns) is not None


def read(source: Source, settings: Settings) -> bytes | Problem:
    """The content of a file; a problem where there is none to be checked. Raises OSError."""
    if file_kind(source.name) is None:
        from jupyter_mlsecops.notebook.formats.scanned_files import NOT_SCANNED

        return unreadable(source.name, NOT_SCANNED)
    # Looked at before it is opened: opening a pipe would wait for whoever writes to it.
    status = os.stat(source.location)
    if not stat.S_ISREG(status.st_mode):
        return unreadable(source.name, "not a regular file")
    if status.st_size > settings.max_file_size:
        message = f"larger than max-file-size: {status.st_size:,} bytes"
        return Problem(path=source.name, kind="too-large", message=message)
    with open(source.location, "rb") as file:
        # To ask for much more than there is takes longer than the reading.
        content = file.read(status.st_size + 1)
        has_grown = len(content) > status.st_size
        return content + file.read(settings.max_file_size + 1 - len(content)) if has_grown else content


def unreadable(path: str, message: str) -> Problem:
    """A file or folder that could not be looked at."""
    return Problem(path=path, kind="unreadable", message=message)


def reason(error: OSError) -> str:
    """What the system says, without the path: that is said already."""
    return (error.strerror or type(error).__name__).lower()
