"""Paths as texts: where they lead, and whether two of them may mean one file."""

from __future__ import annotations

import posixpath
import re
from functools import cache

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell.commands import HOLE

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):/?/?")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_PUBLIC = frozenset({"http", "https", "ftp", "ftps", "hf"})
_HOLES = re.compile(f"{HOLE}+")
LEAST_KNOWN = 4  # characters that must be known of a path before it is compared with others


def is_remote_path(path: str) -> bool:
    """Whether a path is a URL to somewhere else."""
    scheme = _SCHEME.match(path)
    return scheme is not None and scheme[1].lower() in _remote_schemes() and "//" in path[:12]


def is_bucket(path: str) -> bool:
    """Whether a URL leads to a store that one has to be let into."""
    scheme = _SCHEME.match(path)
    return scheme is not None and scheme[1].lower() not in _PUBLIC


@cache
def _remote_schemes() -> frozenset[str]:
    return frozenset(table("files")["remote"]["schemes"])


def normal(path: str) -> str:
    """A path without `./`, `//`, `x/..` and `file://`; URLs and names of buffers (`&…`) stay as they are."""
    path = path.removeprefix("file://")
    return path if not path or path.startswith("&") or is_remote_path(path) else posixpath.normpath(path)


def below(folder: str, path: str) -> str:
    """A path as seen from where the folder is seen."""
    if not folder or path.startswith(("/", "~", "&", HOLE)) or is_remote_path(path) or _DRIVE.match(path):
        return normal(path)
    return normal(posixpath.join(folder, path))


def is_known(path: str) -> bool:
    """Whether enough of a path is known to compare it with others."""
    return HOLE not in path or len(path.replace(HOLE, "").strip("/.")) >= LEAST_KNOWN


def fits(pattern: str, path: str) -> bool:
    """Whether a path with unknown parts may be another one: its known parts stand there in order. Takes linear time."""
    first, *rest = _HOLES.split(pattern)
    if not rest:
        return pattern == path
    *middle, last = rest
    if len(path) < len(first) + len(last) or not path.startswith(first) or not path.endswith(last):
        return False
    at, end = len(first), len(path) - len(last)
    for part in middle:
        found = path.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
