"""What a downloaded file is, by its name."""

from __future__ import annotations

import posixpath
from typing import Literal

from jupyter_mlsecops.knowledge import table

FileType = Literal["code", "model", "weights", "archive", "other"]


def file_type(name: str) -> FileType:
    """The type that a file's suffix tells; a compressed file is what is in it."""
    types = table("file_types")
    name = name.lower()
    if name.endswith(tuple(types["archive"])):
        return "archive"
    stem, suffix = posixpath.splitext(name)
    if suffix in types["compression"]:
        suffix = posixpath.splitext(stem)[1]
    kinds: tuple[FileType, ...] = ("code", "model", "weights")
    return next((kind for kind in kinds if suffix in types[kind]), "other")
