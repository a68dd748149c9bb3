"""Edits of any scanned file spliced into its text, whether that is JSON or not; every other character stays."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.edits import RemoveOutput, Replace, Splice, apply, coalesced, spliced
from jupyter_mlsecops.notebook.formats.text_map import TextMap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_mlsecops.notebook.formats.text_map import Excerpt
    from jupyter_mlsecops.notebook.model import Notebook


def apply_to(notebook: Notebook, edits: Sequence[Replace | RemoveOutput]) -> str:
    """The file's text with all edits made.

    Insertions at one place are made in the order given. ValueError where the file has no text, edits overlap, or one
    names a place that the file does not have.
    """
    if notebook.file_text is None:
        msg = "the file has no text to edit"
        raise ValueError(msg)
    if isinstance(notebook.positions, TextMap):
        return spliced(notebook.file_text, list(_splices(notebook.positions, edits)))
    return apply(notebook.file_text, edits)


def _splices(positions: TextMap, edits: Sequence[Replace | RemoveOutput]) -> Iterator[Splice]:
    replacements = [edit for edit in edits if isinstance(edit, Replace)]
    if len(replacements) < len(edits):
        msg = "a text file has no outputs"
        raise ValueError(msg)
    for _, group in groupby(sorted(replacements, key=_part), key=_part):
        own = list(group)
        excerpt = positions.excerpt(own[0].place)
        if excerpt is None:
            msg = f"no text at {own[0].place.at.part}"
            raise ValueError(msg)
        for start, end, text in coalesced(own, len(excerpt.text)):
            yield _splice(excerpt, start, end, text)


def _part(edit: Replace) -> tuple[int, str]:
    return (-1 if edit.place.cell is None else edit.place.cell, edit.place.at.part)


def _splice(excerpt: Excerpt, start: int, end: int, text: str) -> Splice:
    """Lines that are added get the comment sign of those around them; lines that go take theirs along."""
    first, last = excerpt.span(start, end)
    added = text.replace("\n", "\n" + excerpt.prefix)
    if start < end and excerpt.text[end - 1] in "\r\n":
        if text.endswith("\n"):
            added = added.removesuffix(excerpt.prefix)
        elif end < len(excerpt.text):
            last = excerpt.position(end)
    newline = "\r\n" if "\r\n" in excerpt.source else "\n"
    return Splice(first, last, added.replace("\n", newline))
