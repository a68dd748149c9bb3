"""Puts a changed file in the place of the old one: all of it or nothing, and never over somebody else's change."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path


class ChangedMeanwhile(Exception):  # noqa: N818  # it says what happened
    """The file is not what was read."""


def replace_file(location: str, *, before: bytes, after: bytes) -> None:
    """Write `after` over a file that still holds `before`; mode and symbolic links stay.

    Raises ChangedMeanwhile where the file holds something else, OSError where it cannot be written.
    """
    path = Path(location).resolve()
    mode = stat.S_IMODE(path.stat().st_mode)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        _refuse_if_changed(path, before)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _refuse_if_changed(path: Path, before: bytes) -> None:
    if path.read_bytes() != before:
        raise ChangedMeanwhile
