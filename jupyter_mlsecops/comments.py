"""Where comments stand, and which lines they speak for; a hash inside a string is not a comment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.notebook.lines import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Cell

Dialect = Literal["python", "shell", "markdown"]
Span = tuple[int, int]

# Own scanners and no tokenizer: they never fail, and half-written cells are the normal case.
_PYTHON = re.compile(r"""#[^\r\n]*|\"""|'''|["']|[()\[\]{}]|\\(?:\r\n|.)|\r\n|\r|\n""", re.DOTALL)
_SHELL = re.compile(r"""(?:(?<=[\s;&|(])|\A)#[^\r\n]*|["']|\\(?:\r\n|.)|\r\n|\r|\n""", re.DOTALL)
_ESCAPE = r"\\(?:\r\n|.)|"
_STRING_ENDS = {
    **{quote * 3: re.compile(_ESCAPE + quote * 3, re.DOTALL) for quote in ("'", '"')},
    **{quote: re.compile(rf"{_ESCAPE}{quote}|[\r\n]", re.DOTALL) for quote in ("'", '"')},
}
_SHELL_STRING_ENDS = {"'": re.compile("'"), '"': re.compile(_ESCAPE + '"', re.DOTALL)}
_BLANK_OR_COMMENT = re.compile(r"[ \t]*(?:#.*|<!--.*-->[ \t]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment of a cell's source, with lines counted from 1.

    `line` is where it ends. `statement` are the lines of the statement it stands in (in markdown: of the cell),
    `following` those of what stands right below it.
    """

    start: int
    end: int
    text: str
    dialect: Dialect
    line: int
    statement: range
    following: range


def code_comments(cell: Cell, codes: Iterable[Code]) -> tuple[Comment, ...]:
    """The comments of a code cell, of its magics, its shell lines and the file it writes; `codes` are the cell's."""
    statements: list[Span] = []
    found: dict[int, tuple[Span, Dialect, Span]] = {}
    for code in codes:
        for region, dialect in _regions(code):
            for comment, statement in _scan(cell.source, region, dialect, code):
                statements.append(statement)
                if comment is not None:
                    found.setdefault(comment[0], (comment, dialect, statement))
    lines = _Lines(cell.source, statements)
    return tuple(lines.comment(*found[start]) for start in sorted(found))


def markdown_comments(cell: Cell) -> tuple[Comment, ...]:
    """The HTML comments of a markdown cell."""
    found: list[Comment] = []
    lines = _Lines(cell.source, [])
    whole = (0, len(cell.source))
    start = cell.source.find("<!--")
    while start >= 0 and (end := cell.source.find("-->", start + 4)) >= 0:
        found.append(lines.comment((start, end + 3), "markdown", whole))
        start = cell.source.find("<!--", end + 3)
    return tuple(found)


class _Lines:
    """Turns spans of one source into lines."""

    def __init__(self, source: str, statements: Iterable[Span]) -> None:
        self._source = source
        self._index = LineIndex(source)
        self._last_line = self._line(len(source))
        self._ends: dict[int, int] = {}
        for start, end in statements:
            first = self._line(start)
            self._ends[first] = max(self._ends.get(first, first), self._line(end))

    def comment(self, span: Span, dialect: Dialect, statement: Span) -> Comment:
        line = self._line(span[1])
        return Comment(
            start=span[0],
            end=span[1],
            text=self._source[slice(*span)],
            dialect=dialect,
            line=line,
            statement=range(self._line(statement[0]), self._line(statement[1]) + 1),
            following=self._following(line),
        )

    def _following(self, line: int) -> range:
        """The statement that begins below a line, other comments passed over; inside a statement, the next line."""
        below = line + 1
        # A few comments may be stacked; not so many that this becomes slow.
        while below < min(line + 20, self._last_line) and _BLANK_OR_COMMENT.fullmatch(self._text(below)):
            below += 1
        return range(below, self._ends.get(below, below) + 1)

    def _text(self, line: int) -> str:
        return self._source[self._index.offset(line, 1) : self._index.offset(line + 1, 1)].rstrip("\r\n")

    def _line(self, offset: int) -> int:
        return self._index.line_column(offset)[0]


def _regions(code: Code) -> Iterator[tuple[Span, Dialect]]:
    """The parts of a program text that have comments, Python first: what it claims is no shell comment."""
    layout = code.layout
    if layout.body == "python" and code.kind == "python":
        yield (0, len(code.text)), "python"
    for shell in layout.shells:
        yield (shell.start, shell.end), "shell"
    for magic in layout.magics:
        # What stands above a cell magic are comments; what stands on its line are its arguments.
        yield ((0, magic.start) if magic.is_cell else (magic.arguments_start, magic.end)), "shell"
    if layout.body != "file" and (code.kind == "text" or (code.kind == "shell" and not layout.magics)):
        # What a file holds beside its scripts is read like a script.
        start = next((magic.body_start for magic in layout.magics if magic.is_cell), 0)
        yield (max(start, 0), len(code.text)), "shell"


def _scan(source: str, region: Span, dialect: Dialect, code: Code) -> Iterator[tuple[Span | None, Span]]:
    """The comments of a region and the statements they stand in; statements without one too. Positions in the cell."""
    if dialect == "python":
        scanned = _statements(code.layout.python, _PYTHON, brackets=True)
    else:
        scanned = _statements(code.text[slice(*region)], _SHELL, brackets=False)
    base = code.start + region[0]
    for statement, comments in scanned:
        moved = (statement[0] + base, min(statement[1] + base, len(source)))
        yield None, moved
        for start, end in comments:
            yield (start + base, end + base), moved


def _statements(text: str, pattern: re.Pattern[str], *, brackets: bool) -> Iterator[tuple[Span, list[Span]]]:
    """The statements of a text, each with the comments in it. Linear in the text."""
    start = at = depth = 0
    comments: list[Span] = []
    while match := pattern.search(text, at):
        mark, at = match[0], match.end()
        if mark[0] == "#":
            comments.append(match.span())
        elif mark[0] in "\"'":
            at = _string_end(text, mark, at) if brackets else _shell_string_end(text, mark, at)
        elif brackets and mark in "([{":
            depth += 1
        elif brackets and mark in ")]}":
            depth = max(0, depth - 1)
        elif mark[0] in "\r\n" and depth == 0:
            yield (start, match.start()), comments
            start, comments = at, []
    if depth == 0:
        yield (start, len(text)), comments
    else:  # a bracket that is never closed: nobody knows where the statement ends
        yield from ((comment, [comment]) for comment in comments)


def _string_end(text: str, quote: str, at: int) -> int:
    """Where the Python string that a quote opens is over."""
    for match in _STRING_ENDS[quote].finditer(text, at):
        if match[0] == quote:
            return match.end()
        if match[0] in "\r\n":
            return match.start()
    return len(text)


def _shell_string_end(text: str, quote: str, at: int) -> int:
    """Where a shell's string is over; right behind its quote where it is never closed, as in "don't"."""
    ends = (match.end() for match in _SHELL_STRING_ENDS[quote].finditer(text, at) if match[0] == quote)
    return next(ends, at)
