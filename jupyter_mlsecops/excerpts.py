"""What may be shown of the text that a place stands in: its lines and columns, and a redacted piece of its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.lines import LineIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_mlsecops.notebook.model import Notebook, Place

Position = tuple[int, int]

# Longer secrets are keys of many lines; what is cut off at the border of a window is never longer than this.
_LONGEST_MARGIN = 20_000
_CONTEXT = 150
_LONGEST_SPAN = 200
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
    """Looks places up in one notebook. All cost is bounded by the span, not by the length of a line."""

    def __init__(self, notebook: Notebook, redact: Callable[[str], str], secrets: Iterable[str]) -> None:
        self._notebook = notebook
        self._redact = redact
        self._margin = min(max(map(len, secrets), default=0), _LONGEST_MARGIN)
        self._texts: dict[int | None, dict[str, str]] = {}
        self._indexes: dict[tuple[int | None, str], LineIndex] = {}

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
        text = self._text(place)
        start, end = self._line(place)
        found = _NOT_BLANK.search(text, start, min(end, start + 10 * limit))
        start = found.start() if found else start
        stop = min(end, start + limit + self._margin)
        shown = self._redact(text[start:stop].rstrip())
        if stop < end:  # half a secret may stand at the border
            shown = shown[: max(0, len(shown) - self._margin)]
        return shown[:limit].strip()

    def marked(self, place: Place) -> Marked:
        """The first line of the span, redacted, with the span marked; a long line is cut around the span."""
        text = self._text(place)
        line_start, line_end = self._line(place)
        start = min(max(place.at.start, line_start), line_end)
        end = min(max(place.at.end, start), line_end, start + _LONGEST_SPAN)
        left = max(line_start, start - _CONTEXT - self._margin)
        right = min(line_end, end + _CONTEXT + self._margin)
        window = text[left:right]
        before, through = (len(self._redact(window[: at - left])) for at in (start, end))
        first = self._margin if left > line_start else 0
        shown = self._redact(window)
        last = len(shown) - (self._margin if right < line_end else 0)
        return Marked(
            text=shown[first:last],
            start=max(0, min(before, last) - first),
            end=max(0, min(through, last) - first),
            cut_before=left > line_start,
            cut_after=right < line_end,
        )

    def _line(self, place: Place) -> tuple[int, int]:
        """Start and end of the first line of a span, without its line end."""
        index, text = self._index(place), self._text(place)
        line = index.line_column(place.at.start)[0]
        start, end = index.offset(line, 1), index.offset(line + 1, 1)
        while end > start and text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def _index(self, place: Place) -> LineIndex:
        key = (place.cell, place.at.part)
        if key not in self._indexes:
            self._indexes[key] = LineIndex(self._text(place))
        return self._indexes[key]

    def _text(self, place: Place) -> str:
        notebook = self._notebook
        cell = notebook.cell(place.cell)
        if cell is not None and place.at.part == cell.part:
            return cell.source
        if place.cell not in self._texts:
            texts = notebook.metadata_texts if place.cell is None or cell is None else cell.texts
            self._texts[place.cell] = {text.part: text.text for text in texts}
        return self._texts[place.cell].get(place.at.part, "")
