"""One decoded text and where each of its characters stands in the JSON that holds it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.formats.json_spans import Span

# Each match is one code point of the value: a pair of surrogates is, one alone is too.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)


class JsonText:
    """A JSON string, or a list of strings that are joined to one text.

    `value` is the whole JSON value; `items` are its strings without their quotes.
    """

    def __init__(self, file_text: str, value: Span, strings: list[Span], *, join: str) -> None:
        self.value = value
        self.join = join
        self.is_list = file_text[value.start] == "["
        self.items = [(string.start + 1, string.end - 1) for string in strings]
        # Between two marks a character of the text is a character of the file: the marks are the starts and ends of
        # items and the ends of escapes.
        self._decoded, self._raw = array("q"), array("q")
        self._set_marks(file_text)

    def _set_marks(self, file_text: str) -> None:
        decoded, raw = self._decoded, self._raw
        at = 0
        for start, end in self.items:
            if raw:
                at += len(self.join)
            decoded.append(at)
            raw.append(start)
            done = start
            for escape in _ESCAPE.finditer(file_text, start, end):
                at += escape.start() - done + 1
                done = escape.end()
                decoded.append(at)
                raw.append(done)
            at += end - done
            decoded.append(at)
            raw.append(end)
        if not raw:
            decoded.append(0)
            raw.append(self.value.start + 1)
        self.length = at

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The code points of the file that spell a span of the text; an empty span is a position."""
        start = max(0, min(start, self.length))
        end = max(start, min(end, self.length))
        first = self._start_of(start)
        return first, first if start == end else self._end_before(end)

    def _start_of(self, offset: int) -> int:
        """Where the character at an offset begins; between two items that is the second one."""
        mark = bisect_right(self._decoded, offset) - 1
        return self._raw[mark] + offset - self._decoded[mark]

    def _end_before(self, offset: int) -> int:
        """Where the character before an offset ends; between two items that is the first one."""
        mark = bisect_left(self._decoded, offset)
        if mark == len(self._decoded) or self._decoded[mark] != offset:
            mark -= 1
        return self._raw[mark] + offset - self._decoded[mark]
