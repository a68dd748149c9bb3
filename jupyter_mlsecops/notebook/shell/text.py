"""The text of a shell command after IPython has put Python's values in, with a way back to what was written."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.notebook.ipython.syntax import parses

if TYPE_CHECKING:
    from collections.abc import Callable

    Fill = Callable[[Literal["python", "variable"], str], str | None]

_HOLE = "\0"
_LONGEST_EXPRESSION = 400
_DEEPEST_BRACES = 8
_LONGEST_VALUE = 10_000
_MOST_FILLED = 200_000  # all values of one text together: a long constant may be named often

_BRACES = re.compile(r"\{\{|\}\}|\{")
_SHELL_VARIABLE = re.compile(r"\{\w+\}")
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_NESTED = re.compile(r"[{}\n]")
_CONVERSION = re.compile(r"![rsa]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """What stands for `{expression}`: a span of the expanded text, and the span as written."""

    start: int
    end: int
    source_start: int
    source_end: int
    expression: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSource:
    """The expanded text, its insertions in order, and the characters that `{{` and `}}` became.

    `base` is where the text as written begins in what positions are to count from.
    """

    text: str
    base: int = 0
    insertions: tuple[Insertion, ...] = ()
    starts: tuple[int, ...] = field(default=(), repr=False)

    def insertion(self, offset: int) -> Insertion | None:
        """The insertion that the character at `offset` belongs to."""
        index = bisect_right(self.starts, offset) - 1
        if index < 0 or offset >= self.insertions[index].end:
            return None
        return self.insertions[index]

    def next_insertion(self, offset: int, end: int) -> int:
        """The start of the next insertion after `offset`, or `end` where it comes first."""
        index = bisect_right(self.starts, offset)
        return min(end, self.starts[index]) if index < len(self.starts) else end

    def start(self, offset: int) -> int:
        """Where a span that begins at `offset` begins as written."""
        index = bisect_right(self.starts, offset) - 1
        if index < 0:
            return self.base + offset
        insertion = self.insertions[index]
        if offset < insertion.end:
            return insertion.source_start
        return insertion.source_end + offset - insertion.end

    def end(self, offset: int) -> int:
        """Where a span that ends before `offset` ends as written."""
        index = bisect_right(self.starts, offset - 1) - 1
        if index < 0:
            return self.base + offset
        insertion = self.insertions[index]
        return insertion.source_end + max(0, offset - insertion.end)


def interpolate(text: str, fill: Fill | None, base: int = 0) -> ShellSource:
    """Put values in for `{expression}` as IPython does; nothing is replaced where `fill` is None."""
    if fill is None or "{" not in text:
        return ShellSource(text=text, base=base)
    pieces: list[str] = []
    insertions: list[Insertion] = []
    size = copied = filled = 0
    for source_start, source_end, expression in _interpolations(text):
        value: str | None = expression if expression in "{}" else fill("python", expression)
        if value is not None and (len(value) > _LONGEST_VALUE or filled + len(value) > _MOST_FILLED):
            value = None
        shown = _HOLE if value is None else value
        filled += len(shown)
        pieces += [text[copied:source_start], shown]
        size += source_start - copied
        insertions.append(
            Insertion(
                start=size,
                end=size + len(shown),
                source_start=base + source_start,
                source_end=base + source_end,
                expression=expression,
                value=value,
            ),
        )
        size += len(shown)
        copied = source_end
    pieces.append(text[copied:])
    return ShellSource(
        text="".join(pieces),
        base=base,
        insertions=tuple(insertions),
        starts=tuple(insertion.start for insertion in insertions),
    )


def _interpolations(text: str) -> list[tuple[int, int, str]]:
    """The `{expression}`s of a line, and its doubled braces, which stand for one brace."""
    found: list[tuple[int, int, str]] = []
    every_brace_is_pythons = True
    at = 0
    while match := _BRACES.search(text, at):
        start, at = match.span()
        if match.group() != "{":
            found.append((start, at, match.group()[0]))
        elif text[start - 1 : start] == "$" and _SHELL_VARIABLE.match(text, start):
            continue  # ${NAME}: left to the parser, which asks for the value of a variable
        elif (end := _closing_brace(text, at)) > 0 and is_expression(expression := _expression(text, at, end)):
            found.append((start, end, expression))
            at = end
        else:
            every_brace_is_pythons = False
    # IPython doubles no brace back where any other is not its own (awk, JSON).
    return found if every_brace_is_pythons else [item for item in found if item[2] not in "{}"]


def _expression(text: str, start: int, end: int) -> str:
    return _CONVERSION.sub("", text[start : end - 1]).strip()


def _closing_brace(text: str, start: int) -> int:
    """The end of the brace that is open at `start`; -1 where it does not close soon."""
    depth = 1
    for match in _NESTED.finditer(text, start, start + _LONGEST_EXPRESSION):
        if match.group() == "\n" or depth > _DEEPEST_BRACES:
            break
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.end()
    return -1


def is_expression(text: str) -> bool:
    """Whether the text is one Python expression."""
    return bool(_NAME.fullmatch(text)) or parses(text, "eval")
