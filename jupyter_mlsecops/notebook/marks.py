"""Where in a notebook a pattern may match, told before its outputs are decoded: most notebooks need not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from jupyter_mlsecops.notebook.model import Cell, Notebook, Text

    # What may match, by number, in the source of a cell or in its other texts; in the notebook's own where there is no cell.
    _Look = tuple[Collection[int], Cell | None, bool]

# What makes JSON spell a text in another way than it reads: escapes of characters that need none, and a line that is
# cut in two strings of a list (those that end in a line's end stand for whole lines).
_HIDES = r'\\(?:/|u00[2-7])|(?:[^n"]|[^\\]n|\\\\n)",\s*"(?:[^"\\]|\\.)*"\s*[,\]]'
_EMPTY = 2


class Marks:
    r"""Patterns of RE2, by name, that are sought in all texts of a notebook at once and without decoding them.

    A pattern must match wherever what it stands for is written, in a text and in the JSON of one: there `"`, `\` and
    line ends are escaped, and a list of strings has quotes and commas between its lines. What JSON may spell in yet
    other ways is taken for a match.
    """

    def __init__(self, patterns: Mapping[Any, str]) -> None:
        self._numbers = {name: number for number, name in enumerate(patterns)}
        self._anything: Collection[int] = frozenset(self._numbers.values())
        self._set = re2.Set.SearchSet()
        for pattern in (*patterns.values(), _HIDES):
            self._set.Add(pattern)
        self._set.Compile()

    def texts(self, notebook: Notebook, *names: str) -> Iterator[Text]:
        """The texts in which one of these patterns may match, in file order; others may be among them."""
        wanted = {self._numbers[name] for name in names}
        for found, cell, is_source in notebook.once(self._look):
            if wanted.isdisjoint(found):
                continue
            if cell is None:
                yield from notebook.metadata_texts
            elif is_source:
                yield cell.text
            else:
                yield from cell.other_texts

    def _look(self, notebook: Notebook) -> list[_Look]:
        looks: list[_Look] = []
        for cell in notebook.cells:
            looks += cell.once(self._look_at)
        looks.append((self._match_json(notebook.undecoded), None, False))
        return looks

    def _look_at(self, cell: Cell) -> list[_Look]:
        looks: list[_Look] = []
        if found := self._set.Match(cell.source.encode("utf-8", "surrogatepass")):
            looks.append((found, cell, True))
        if found := self._match_json(cell.undecoded):
            looks.append((found, cell, False))
        return looks

    def _match_json(self, parts: tuple[Any, ...] | None) -> Collection[int]:
        if parts is None:
            return self._anything
        found: list[int] = []
        for part in parts:
            try:
                json_text = memoryview(part)
            except TypeError:  # read leniently: Python values
                return self._anything
            if len(json_text) > _EMPTY:
                found += self._set.Match(json_text) or ()
        return self._anything if len(self._numbers) in found else found
