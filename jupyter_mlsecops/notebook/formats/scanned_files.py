"""Bytes of any file that can be scanned to a Notebook; its kind is told by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook import reader
from jupyter_mlsecops.notebook.file_kinds import file_kind
from jupyter_mlsecops.notebook.formats.json_input import UNREADABLE, Unreadable
from jupyter_mlsecops.notebook.formats.python_files import read_python, whole_file
from jupyter_mlsecops.notebook.formats.text_input import decode_text

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.model import Notebook

NOT_SCANNED = "not a kind of file that can be scanned"


def read_file(
    content: bytes, *, name: str, max_bytes: int = reader.MAX_BYTES, previous: Notebook | None = None
) -> Notebook:
    """The notebook or the file without cells in the bytes of a file; raises Unreadable and nothing else.

    Cells of a notebook that are as they were in a previous state of it are the same objects.
    """
    match file_kind(name):
        case None:
            raise Unreadable(UNREADABLE, NOT_SCANNED)
        case "notebook":
            return reader.read(content, name=name, max_bytes=max_bytes, previous=previous)
        case "python":
            text, encoding = decode_text(content, max_bytes=max_bytes, is_python=True)
            return replace(read_python(text), encoding=encoding)
        case kind:
            text, encoding = decode_text(content, max_bytes=max_bytes)
            return replace(whole_file(text, kind), encoding=encoding)
