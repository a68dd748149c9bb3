"""From a place in a notebook to offsets, lines and columns in the text of its file."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.formats.json_spans import NOWHERE, Span, Tree, outline
from jupyter_mlsecops.notebook.formats.json_text import JsonText
from jupyter_mlsecops.notebook.lines import LineIndex
from jupyter_mlsecops.notebook.parts import join_of, steps

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.model import Place

__all__ = ["LineIndex", "SourceMap"]


class SourceMap:
    """Places ⇄ positions in one notebook's file. Everything is found on first use and remembered."""

    def __init__(self, file_text: str) -> None:
        self.file_text = file_text
        self._trees: dict[int | str, Tree | None] = {}
        self._texts: dict[tuple[int | None, str], JsonText | None] = {}

    def span(self, place: Place) -> tuple[int, int] | None:
        """Where a span of decoded text stands in the file; None where the file has no such part.

        A part that is no text in the file, such as a source that is a number, is given whole.
        """
        text = self.text(place.cell, place.at.part)
        return text.span(place.at.start, place.at.end) if text else self.value_span(place.cell, place.at.part)

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset in the file."""
        return self._lines.line_column(offset)

    def value_span(self, cell: int | None, part: str) -> tuple[int, int] | None:
        """Where the whole JSON value of a part stands."""
        tree, token = self.find(cell, part)
        return None if tree is None or token is None else tree.span(token)

    def text(self, cell: int | None, part: str) -> JsonText | None:
        """The part's JSON string or list of strings; None where it is neither."""
        key = (cell, part)
        if key not in self._texts:
            tree, token = self.find(cell, part)
            self._texts[key] = None if tree is None or token is None else _json_text(self.file_text, tree, token, part)
        return self._texts[key]

    def elements(self, cell: int | None, part: str) -> tuple[Span, list[Span]]:
        """Where a part that is a JSON array stands, and each of its elements; nowhere if it is none."""
        tree, token = self.find(cell, part)
        if tree is None or token is None or not tree.is_array(token):
            return NOWHERE, []
        return tree.span(token), [tree.span(item) for item in tree.items(token)]

    def find(self, cell: int | None, part: str) -> tuple[Tree | None, int | None]:
        """The JSON of the cell (of the notebook's member, where cell is None), and the part's token in it."""
        path = steps(part)
        if cell is None:
            tree = self._tree(path[0]) if path else None
            path = path[1:]
        else:
            tree = self._tree(cell)
        return tree, tree.find(path) if tree else None

    def _tree(self, owner: int | str) -> Tree | None:
        if owner not in self._trees:
            span = self._owner(owner)
            self._trees[owner] = None if span is NOWHERE else Tree(self.file_text, span)
        return self._trees[owner]

    def _owner(self, owner: int | str) -> Span:
        members, cells = self._outline
        if isinstance(owner, str):
            return members.get(owner, NOWHERE)
        return cells[owner] if 0 <= owner < len(cells) else NOWHERE

    @cached_property
    def _outline(self) -> tuple[dict[str, Span], list[Span]]:
        return outline(self.file_text)

    @cached_property
    def _lines(self) -> LineIndex:
        return LineIndex(self.file_text)


def _json_text(file_text: str, tree: Tree, token: int, part: str) -> JsonText | None:
    if tree.is_string(token):
        return JsonText(file_text, tree.span(token), [tree.span(token)], join="")
    items = tree.items(token)
    if not tree.is_array(token) or not all(map(tree.is_string, items)):
        return None
    return JsonText(file_text, tree.span(token), [tree.span(item) for item in items], join=join_of(part))
