"""From a place to offsets, lines and columns in a file that is plain text, some of it behind comment signs."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.lines import LineIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_mlsecops.notebook.model import Place


@dataclass(slots=True)
class Excerpt:
    """Decoded text put together from pieces of a longer one, without what stands between them.

    `prefix` is what every line of it begins with in the longer text.
    """

    source: str = field(repr=False)
    prefix: str = ""
    text: str = ""
    _starts: list[int] = field(default_factory=list)  # in the decoded text
    _places: list[int] = field(default_factory=list)  # of the same pieces, in the source

    @classmethod
    def of(cls, source: str, spans: list[tuple[int, int]], *, prefix: str = "") -> Excerpt:
        """The excerpt of these spans, in order; empty ones may be among them."""
        excerpt = cls(source=source, prefix=prefix)
        length = 0
        for start, end in spans:
            excerpt._starts.append(length)
            excerpt._places.append(start)
            length += end - start
        excerpt.text = "".join(source[start:end] for start, end in spans)
        return excerpt

    def without_start(self, length: int) -> Excerpt:
        """The same without its first characters."""
        first = max(bisect_right(self._starts, length) - 1, 0)
        starts = [max(start - length, 0) for start in self._starts[first:]]
        places = self._places[first:]
        if places:
            places[0] += length - self._starts[first]
        return Excerpt(self.source, self.prefix, self.text[length:], starts, places)

    def cut(self, length: int) -> Excerpt:
        """Its first characters."""
        return Excerpt(self.source, self.prefix, self.text[:length], self._starts, self._places)

    def position(self, offset: int) -> int:
        """Where a character of the decoded text stands."""
        if not self._starts:
            return 0
        piece = bisect_right(self._starts, offset) - 1
        return self._places[piece] + offset - self._starts[piece]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the decoded text stands: to its last character, not to the beginning of what follows."""
        first = self.position(start)
        return (first, self.position(end - 1) + 1) if start < end else (first, first)


class TextMap:
    """Places ⇄ positions in one text file; `parts` are its excerpts, by cell and part."""

    def __init__(self, file_text: str, parts: Mapping[tuple[int | None, str], Excerpt]) -> None:
        self.file_text = file_text
        self._parts = parts

    def span(self, place: Place) -> tuple[int, int] | None:
        """Where a span of decoded text stands in the file; None where the file has no such part."""
        excerpt = self.excerpt(place)
        return excerpt.span(place.at.start, place.at.end) if excerpt else None

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset in the file."""
        return self._lines.line_column(offset)

    def excerpt(self, place: Place) -> Excerpt | None:
        """The whole part that a place is in."""
        return self._parts.get((place.cell, place.at.part))

    @cached_property
    def _lines(self) -> LineIndex:
        return LineIndex(self.file_text)
