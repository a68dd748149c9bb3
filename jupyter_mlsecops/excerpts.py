"""What may be shown of the text that a place stands in: its lines and columns, and a redacted piece of its line."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.lines import LineIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_mlsecops.notebook.model import Notebook, Place
    from jupyter_mlsecops.redaction import Redactor, Replacement

Position = tuple[int, int]

# Longer secrets are keys of many lines; what is cut off at the border of a window is never longer than this.
_LONGEST_MARGIN = 20_000
_CONTEXT = 150
_LONGEST_SPAN = 200
_STRETCH = 4_000
_NOT_BLANK = re.compile(r"\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A redacted line, or the part of it around a span, and where the span is in it."""

    text: str
    start: int
    end: int
    cut_before: bool
    cut_after: bool


class Excerpts:
    """Looks places up in one notebook. What a place costs is bounded by its span, not by the length of a line."""

    def __init__(self, notebook: Notebook, redactor: Redactor) -> None:
        self._notebook = notebook
        self._redactor = redactor
        self._margin = min(redactor.longest, _LONGEST_MARGIN)
        self._parts = notebook.once(_Parts)
        self._heads: dict[tuple[int | None, str, int, int], str] = {}
        self._stretches: dict[tuple[int | None, str, int], _Stretch] = {}

    def value(self, place: Place) -> str:
        """The text of the span, not redacted."""
        return self._text(place)[place.at.start : place.at.end]

    def cell_key(self, place: Place) -> str | int | None:
        """What names the cell over time: its id, or its number where the file gives none."""
        return None if place.cell is None else self._notebook.cells[place.cell].id or place.cell

    def range(self, place: Place) -> tuple[Position, Position]:
        """Line and column, both from 1, of both ends within the part."""
        index = self._index(place)
        return index.line_column(place.at.start), index.line_column(place.at.end)

    def file_range(self, place: Place) -> tuple[Position, Position] | None:
        """Line and column of both ends within the file; None where the file has no such position."""
        source_map = self._notebook.source_map
        span = source_map.span(place) if source_map else None
        if source_map is None or span is None:
            return None
        return source_map.line_column(span[0]), source_map.line_column(span[1])

    def head(self, place: Place, limit: int) -> str:
        """The beginning of the span's first line: stripped, redacted, then cut to `limit` code points."""
        start, end = self._line(place)
        key = place.cell, place.at.part, start, limit
        if key not in self._heads:
            self._heads[key] = self._head(self._text(place), start, end, limit)
        return self._heads[key]

    def _head(self, text: str, start: int, end: int, limit: int) -> str:
        found = _NOT_BLANK.search(text, start, min(end, start + 10 * limit))
        start = found.start() if found else start
        stop = min(end, start + limit + self._margin)
        shown = self._redactor(text[start:stop].rstrip())
        if stop < end:  # half a secret may stand at the border
            shown = shown[: max(0, len(shown) - self._margin)]
        return shown[:limit].strip()

    def marked(self, place: Place) -> Marked:
        """The first line of the span, redacted, with the span marked; a long line is cut around the span."""
        line_start, line_end = self._line(place)
        start = min(max(place.at.start, line_start), line_end)
        end = min(max(place.at.end, start), line_end, start + _LONGEST_SPAN)
        left, right = max(line_start, start - _CONTEXT), min(line_end, end + _CONTEXT)
        stretch = self._stretch(place, (line_start, line_end), start)
        first, last = stretch.before(left), stretch.behind(right)
        return Marked(
            text=stretch.text[first:last],
            start=stretch.before(start) - first,
            end=(stretch.behind(end) if end > start else stretch.before(start)) - first,
            cut_before=left > line_start,
            cut_after=right < line_end,
        )

    def _stretch(self, place: Place, line: tuple[int, int], at: int) -> _Stretch:
        """The piece of a line around a position, redacted: one for all places near it, and wide enough for any of them."""
        first = line[0] + (at - line[0]) // _STRETCH * _STRETCH
        key = place.cell, place.at.part, first
        if key not in self._stretches:
            around = _CONTEXT + self._margin
            start, end = max(line[0], first - around), min(line[1], first + _STRETCH + _LONGEST_SPAN + around)
            text = self._text(place)[start:end]
            self._stretches[key] = _Stretch(start, text, list(self._redactor.replacements(text)))
        return self._stretches[key]

    def _line(self, place: Place) -> tuple[int, int]:
        """Start and end of the first line of a span, without its line end."""
        index, text = self._index(place), self._text(place)
        line = index.line_column(place.at.start)[0]
        start, end = index.offset(line, 1), index.offset(line + 1, 1)
        while end > start and text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def _index(self, place: Place) -> LineIndex:
        return self._parts.index(place)

    def _text(self, place: Place) -> str:
        return self._parts.text(place)


class _Parts:
    """The texts of one notebook by their places, and their lines."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._texts: dict[int | None, dict[str, str]] = {}
        self._indexes: dict[tuple[int | None, str], LineIndex] = {}

    def index(self, place: Place) -> LineIndex:
        key = (place.cell, place.at.part)
        if key not in self._indexes:
            self._indexes[key] = LineIndex(self.text(place))
        return self._indexes[key]

    def text(self, place: Place) -> str:
        notebook = self._notebook
        cell = notebook.cell(place.cell)
        if cell is not None and place.at.part == cell.part:
            return cell.source
        if place.cell not in self._texts:
            texts = notebook.metadata_texts if place.cell is None or cell is None else cell.texts
            self._texts[place.cell] = {text.part: text.text for text in texts}
        return self._texts[place.cell].get(place.at.part, "")


class _Stretch:
    """A piece of a line, redacted, and where in it the positions of the text are."""

    def __init__(self, start: int, text: str, replacements: Sequence[Replacement]) -> None:
        pieces: list[str] = []
        self._froms, self._tos = [start], [0]  # from each of these on, what is shown is the text itself
        self._starts: list[int] = []  # of what is replaced
        done = shown = 0
        for first, last, mark in replacements:
            pieces += text[done:first], mark
            shown += first - done + len(mark)
            done = last
            self._starts.append(start + first)
            self._froms.append(start + last)
            self._tos.append(shown)
        self._marks = [len(mark) for *_, mark in replacements]
        self.text = "".join((*pieces, text[done:]))

    def before(self, offset: int) -> int:
        """Where a character is shown; of what is replaced, the beginning."""
        number = bisect_right(self._starts, offset) - 1
        if number >= 0 and offset < self._froms[number + 1]:
            return self._tos[number + 1] - self._marks[number]
        return self._tos[number + 1] + offset - self._froms[number + 1]

    def behind(self, offset: int) -> int:
        """Where the character before an offset ends; of what is replaced, the end."""
        number = bisect_left(self._starts, offset) - 1
        return self._tos[number + 1] + max(0, offset - self._froms[number + 1])
