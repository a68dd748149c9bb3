"""Keeps in memory what is known about notebooks, so that checking one again after an edit costs what the edit changed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.memo import Memo

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.model import Notebook


class MemoryCache:
    """What `lint` remembers from one call to the next. Findings are the same with it and without.

    `documents` is how many notebooks, by path, are kept as they were last seen, with all that was found out about them;
    with none, only the trees of cells are kept, for notebooks that share some. `characters` bounds the texts of these.
    Not to be used by two threads at once.
    """

    def __init__(self, *, documents: int = 1, characters: int = 2_000_000) -> None:
        self._documents = documents
        self._memo = Memo(characters, is_edited=documents > 0)
        self._last: OrderedDict[str, Notebook] = OrderedDict()

    def take(self, path: str) -> Notebook | None:
        """The notebook as it was last checked. It is taken out: `keep` the one that is checked now."""
        return self._last.pop(path, None)

    def connect(self, notebook: Notebook, last: Notebook | None) -> Notebook:
        """The notebook with all that is known of its last state, and of cells like its own."""
        is_edited = last is not None and notebook.kind == "notebook" and len(last.cells) == len(notebook.cells)
        return replace(notebook, memo=self._memo, previous=last if is_edited else None)

    def keep(self, path: str, notebook: Notebook) -> None:
        """Keep a notebook that was checked."""
        if self._documents:
            # What was before has been handed on.
            object.__setattr__(notebook, "previous", None)
            self._last[path] = notebook
            while len(self._last) > self._documents:
                self._last.popitem(last=False)
