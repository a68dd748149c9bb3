"""Python as it stands in cells: trees that survive broken lines, and the position of every node."""

from __future__ import annotations

import re
import warnings
from bisect import bisect_right
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.broken_python import try_parse, understood_trees

if TYPE_CHECKING:
    import ast

_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_ASCII = re.compile(r"[^\0-\x7f]")
# What the parser refuses wherever it stands; a byte-order mark only at the start, where it means nothing.
_UNPARSABLE = re.compile("[\0\ud800-\udfff]")
# Escapes, and numbers that run into a word: of these the parser may warn, and to silence it takes longer than to look.
_MAY_WARN = re.compile(r"\\|\d\.?[A-Za-z]")
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, kw_only=True)
class PythonSource:
    """One Python text. `trees` hold all statements that could be understood; `complete` says that this is all of them.

    `parsed` is the text as the parser saw it: as long as `text`, with blanks for characters that it refuses.
    """

    text: str = field(repr=False)
    parsed: str = field(repr=False)
    trees: tuple[ast.Module, ...]
    complete: bool

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Start and end of a node in `text`, in code points; the whole text for a node without a position."""
        line, column = getattr(node, "lineno", None), getattr(node, "col_offset", None)
        end_line, end_column = getattr(node, "end_lineno", None), getattr(node, "end_col_offset", None)
        if line is None or column is None or end_line is None or end_column is None:
            return 0, len(self.text)
        start = self.offset(line, column)
        return start, max(start, self.offset(end_line, end_column))

    def offset(self, line: int, column: int) -> int:
        """The code point at a line (from 1) and a column in UTF-8 bytes (from 0), as `ast` counts them."""
        line = min(max(line, 1), len(self._line_starts))
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
        if not self._is_ascii:
            column = self._characters(line, start, end, column)
        return min(start + max(column, 0), end)

    def line_of(self, offset: int) -> int:
        """The line (from 1) that holds a code point."""
        return bisect_right(self._line_starts, offset)

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        return (0, *(match.end() for match in _LINE_END.finditer(self.text)))

    @cached_property
    def _is_ascii(self) -> bool:
        return self.parsed.isascii()

    @cached_property
    def _wide(self) -> dict[int, tuple[list[int], list[int]]]:
        """By line: where its characters outside ASCII end, in bytes, and how many bytes too many that makes so far."""
        return {}

    def _characters(self, line: int, start: int, end: int, column: int) -> int:
        if line not in self._wide:
            matches = list(_NOT_ASCII.finditer(self.parsed, start, end))
            surplus = list(accumulate((len(match[0].encode()) - 1 for match in matches), initial=0))
            ends = [match.end() - start + extra for match, extra in zip(matches, surplus[1:], strict=True)]
            self._wide[line] = (ends, surplus)
        ends, surplus = self._wide[line]
        return column - surplus[bisect_right(ends, column)]


def parse(text: str) -> PythonSource:
    """Parse as much as can be understood. Never raises; nothing is executed; cost is bounded."""
    parsed = text if text.isascii() and "\0" not in text else _UNPARSABLE.sub(" ", text)
    if parsed.startswith(_BYTE_ORDER_MARK):
        parsed = "\f" + parsed[1:]  # which is no indentation, as a blank would be
    # An invalid escape in somebody's cell is not our warning.
    with warnings.catch_warnings(action="ignore") if _MAY_WARN.search(parsed) else nullcontext():
        tree = try_parse(parsed)
        if tree is not None:
            return PythonSource(text=text, parsed=parsed, trees=(tree,), complete=True)
        understood = understood_trees(parsed)
    return PythonSource(text=text, parsed=understood.text, trees=understood.trees, complete=understood.complete)
