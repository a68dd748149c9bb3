"""What program texts are read as, kept by content: notebooks share cells, and an edited one shares most with itself."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.ipython import layout as ipython
from jupyter_mlsecops.notebook.python.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_mlsecops.notebook.ipython.layout import Layout
    from jupyter_mlsecops.notebook.python.source import PythonSource


class Memo:
    """Layouts and trees by the text that they were made of; the least recently used go first.

    `limit` bounds the characters of all texts that are kept; a tree takes about a hundred times as many bytes.
    What is kept is never changed, so several notebooks may hold it at once. `is_edited` says that they are read again
    and again as they are edited, so that it is worth keeping more about each.
    """

    def __init__(self, limit: int = 300_000, *, is_edited: bool = False) -> None:
        self._limit = limit
        self.is_edited = is_edited
        self._size = 0
        self._layouts: OrderedDict[tuple[str, str], Layout] = OrderedDict()
        self._sources: OrderedDict[str, PythonSource] = OrderedDict()

    def layout(self, text: str, language: str) -> Layout:
        """The layout of a cell of a notebook in this language."""
        found = self._layouts.get((text, language))
        if found is None:
            found = self._layouts[text, language] = ipython.split(text, language=language)
            self._size += len(text)
            self._shrink()
        else:
            self._layouts.move_to_end((text, language))
        return found

    def sources(self, texts: Iterable[str]) -> list[PythonSource]:
        """The trees of the texts of one program; a text that stands there twice is two trees, for each has its own place."""
        found: dict[str, PythonSource] = {}
        return [parse(text) if text in found else found.setdefault(text, self._source(text)) for text in texts]

    def _source(self, text: str) -> PythonSource:
        found = self._sources.get(text)
        if found is None:
            found = self._sources[text] = parse(text)
            self._size += len(text)
            self._shrink()
        else:
            self._sources.move_to_end(text)
        return found

    def _shrink(self) -> None:
        while self._size > self._limit and (self._sources or self._layouts):
            if self._sources:
                self._size -= len(self._sources.popitem(last=False)[0])
            if self._layouts:
                self._size -= len(self._layouts.popitem(last=False)[0][0])
