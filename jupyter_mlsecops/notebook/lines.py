"""Lines and columns of a text, as editors count them."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate, count
from operator import add

# str.splitlines breaks at eight more characters (U+2028, form feed …), which no editor takes for a line's end.
_LINE_END = re.compile(r"\r\n?|\n")


class LineIndex:
    """Offset ⇄ line and column in one text. Both count from 1, columns in code points; lines end in LF, CRLF or CR."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _starts(self) -> list[int]:
        if "\r" in self._text:
            return [0, *(match.end() for match in _LINE_END.finditer(self._text))]
        lengths = map(len, self._text.split("\n")[:-1])
        return [0, *map(add, accumulate(lengths), count(1))]  # each line end is one character more

    def line_column(self, offset: int) -> tuple[int, int]:
        """Where a code point stands; an offset at or behind the end gives the end."""
        offset = max(0, min(offset, len(self._text)))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The code point at a line and column; what lies outside the line or the text is moved to its end."""
        if line > len(self._starts):
            return len(self._text)
        line = max(line, 1)
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._text) + 1
        return max(start, min(start + column - 1, end - 1))
