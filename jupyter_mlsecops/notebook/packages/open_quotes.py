"""Which quotes are open around a place of a shell command, so that an edit can use the other ones."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code

_QUOTE_OR_ESCAPE = re.compile(r"\\.|['\"]", re.DOTALL)


class OpenQuotes:
    """Answers for one piece of program text; cheap where the places come in order."""

    def __init__(self, code: Code) -> None:
        self.text = code.text
        self.spans = list(_outermost([*((one.start, one.end) for one in code.layout.shells), *_literals(code)]))
        self.starts = [start for start, _ in self.spans]
        self.base = self.at = -1
        self.opened = ""
        self.inner = False

    def free(self, at: int) -> str:
        """The quote that can be written at `at`: not the one of the string around it; "" if both are taken."""
        index = bisect_right(self.starts, at) - 1
        if index < 0 or at >= self.spans[index][1]:
            return '"'
        if self.base != self.starts[index] or at < self.at:
            self.base = self.at = self.starts[index]
            self.opened, self.inner = "", False
        self._read(at)
        if self.inner:
            return ""
        return "'" if self.opened == '"' else '"'

    def _read(self, end: int) -> None:
        """Follow the quotes up to `end`; whether one is open inside the open one counts too, escaped or not."""
        for match in _QUOTE_OR_ESCAPE.finditer(self.text, self.at, end):
            mark = match.group()
            if not self.opened:
                self.opened = mark if len(mark) == 1 else ""
            elif mark == self.opened:
                self.opened, self.inner = "", False
            elif mark[-1] in "'\"":
                self.inner = not self.inner
        self.at = end


def _literals(code: Code) -> Iterator[tuple[int, int]]:
    for node in code.nodes(ast.Constant, ast.JoinedStr):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield code.span(node)


def _outermost(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last = -1
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= last:
            yield start, end
            last = end
