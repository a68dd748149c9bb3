"""Edits of a notebook spliced into the text of its file; every other byte stays."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.parts import steps
from jupyter_mlsecops.notebook.source_map import SourceMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jupyter_mlsecops.notebook.formats.json_spans import Span
    from jupyter_mlsecops.notebook.formats.json_text import JsonText
    from jupyter_mlsecops.notebook.model import Place

_ESCAPED_NON_ASCII = re.compile(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NEWLINES = (r"\n", r"\u000a", r"\u000A")
_OVERLAP = "the edits overlap"
_LONE_SURROGATES = re.compile(r"[\ud800-\udfff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Put `text` where a place is; an empty place is an insertion."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOutput:
    """Remove one output of a cell; `part` is `/outputs/N`. Asked for twice, it is removed once."""

    cell: int
    part: str


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` in the place of a span of the file's text."""

    start: int
    end: int
    text: str


def apply(file_text: str, edits: Sequence[Replace | RemoveOutput]) -> str:
    """The file with all edits made.

    Insertions at one place are made in the order given. ValueError where edits overlap, or one names a place that
    the file does not have.
    """
    positions = SourceMap(file_text)
    replacements = [edit for edit in edits if isinstance(edit, Replace)]
    removals = {edit for edit in edits if isinstance(edit, RemoveOutput)}
    splices = [*_replacements(positions, replacements), *_removals(positions, removals)]
    return spliced(file_text, splices)


def spliced(text: str, splices: list[Splice]) -> str:
    """The text with all splices made; ValueError where they overlap."""
    splices.sort(key=lambda splice: (splice.start, splice.end))
    if any(before.end > after.start for before, after in pairwise(splices)):
        raise ValueError(_OVERLAP)
    pieces: list[str] = []
    done = 0
    for splice in splices:
        pieces += text[done : splice.start], splice.text
        done = splice.end
    return "".join((*pieces, text[done:]))


def _replacements(positions: SourceMap, edits: Iterable[Replace]) -> Iterator[Splice]:
    escaped = _escaper(positions.file_text)

    def part(edit: Replace) -> tuple[int, str]:
        return (-1 if edit.place.cell is None else edit.place.cell, edit.place.at.part)

    for (cell, name), group in groupby(sorted(edits, key=part), key=part):
        text = positions.text(None if cell < 0 else cell, name)
        if text is None:
            msg = f"no text at {name}"
            raise ValueError(msg)
        for start, end, new in coalesced(group, text.length):
            yield _replacement(positions.file_text, text, Splice(start, end, new), escaped)


def coalesced(edits: Iterable[Replace], length: int) -> list[tuple[int, int, str]]:
    """(start, end, text) in decoded text, in order; those that touch become one."""
    merged: list[tuple[int, int, str]] = []
    for edit in sorted(edits, key=lambda edit: (edit.place.at.start, edit.place.at.end)):
        start, end, text = edit.place.at.start, edit.place.at.end, edit.text
        if not 0 <= start <= end <= length:
            msg = f"a place lies outside {edit.place.at.part}"
            raise ValueError(msg)
        if start == end and not text:
            continue
        if merged and start < merged[-1][1]:
            raise ValueError(_OVERLAP)
        if merged and start == merged[-1][1]:
            start, text = merged[-1][0], merged.pop()[2] + text
        merged.append((start, end, text))
    return merged


def _replacement(file_text: str, target: JsonText, edit: Splice, escaped: Callable[[str], str]) -> Splice:
    start, end = target.span(edit.start, edit.end)
    if not target.is_list or target.join:
        return Splice(start, end, escaped(edit.text))
    if not target.items:
        return Splice(target.value.start + 1, target.value.end - 1, _quoted(edit.text, escaped))
    return _Lines(file_text, target).replacement(edit, escaped)


def _quoted(text: str, escaped: Callable[[str], str]) -> str:
    return ", ".join(f'"{escaped(line)}"' for line in _lines(text))


def _lines(text: str) -> list[str]:
    return _LINE.findall(text)


class _Lines:
    """A list of strings, one a line, that is to stay one after an edit."""

    def __init__(self, file_text: str, target: JsonText) -> None:
        self.file_text = file_text
        self.target = target
        self.items = target.items

    def replacement(self, edit: Splice, escaped: Callable[[str], str]) -> Splice:
        """The splice of the file for an edit of the decoded text."""
        start, end = self.target.span(edit.start, edit.end)
        first, last = self._item_at(start), self._item_at(end)
        at_start, at_end = start == self.items[first][0], end == self.items[last][1]
        if not edit.text and at_start and at_end:
            return self._without(first, last)
        cut = self._cut(first)
        text = cut.join(map(escaped, _lines(edit.text)))
        if edit.text.endswith("\n") and not at_end:
            text += cut  # what follows in the item is a line of its own now
        if self._is_line_end(edit.start) and start == self.items[first][1] and not at_start:
            text = cut + text  # behind a last line that is complete
        if at_end and last + 1 < len(self.items) and self._is_line_end(edit.end) and not edit.text.endswith("\n"):
            end = self.items[last + 1][0]  # the line end is gone: the next line belongs to this one
        return Splice(start, end, text)

    def _without(self, first: int, last: int) -> Splice:
        """Whole items go together with one of their commas."""
        if last + 1 < len(self.items):
            return Splice(self.items[first][0], self.items[last + 1][0], "")
        if first > 0:
            return Splice(self.items[first - 1][1], self.items[last][1], "")
        return Splice(self.target.value.start + 1, self.target.value.end - 1, "")

    def _item_at(self, offset: int) -> int:
        return bisect_right(self.items, offset, key=lambda item: item[0]) - 1

    def _is_line_end(self, offset: int) -> bool:
        """Whether the character before an offset of the decoded text is a newline."""
        return offset > 0 and self.file_text[slice(*self.target.span(offset - 1, offset))] in _NEWLINES

    def _cut(self, item: int) -> str:
        """What stands between two items, quotes included, as the file has it nearest to this item."""
        if len(self.items) == 1:
            blanks = self.file_text[self.target.value.start + 1 : self.items[0][0] - 1]
            return f'",{blanks}"'
        before = max(item - 1, 0)
        return self.file_text[self.items[before][1] : self.items[before + 1][0]]


def _removals(positions: SourceMap, edits: Iterable[RemoveOutput]) -> Iterator[Splice]:
    def cell(edit: RemoveOutput) -> int:
        return edit.cell

    for index, group in groupby(sorted(edits, key=cell), key=cell):
        whole, outputs = positions.elements(index, "/outputs")
        removed = {_output_number(edit, len(outputs)) for edit in group}
        if len(removed) == len(outputs):
            yield Splice(whole.start + 1, whole.end - 1, "")
        else:
            yield from _without(outputs, removed)


def _without(elements: list[Span], removed: set[int]) -> Iterator[Splice]:
    """Each element goes with the comma before it; those before the first that stays, with the comma behind."""
    first_kept = next(number for number in range(len(elements)) if number not in removed)
    for number in sorted(removed):
        if number < first_kept:
            yield Splice(elements[number].start, elements[number + 1].start, "")
        else:
            yield Splice(elements[number - 1].end, elements[number].end, "")


def _output_number(edit: RemoveOutput, count: int) -> int:
    match steps(edit.part):
        case ["outputs", number] if number.isdecimal() and len(number) < 10 and int(number) < count:
            return int(number)
    msg = f"no output at {edit.part}"
    raise ValueError(msg)


def _escaper(file_text: str) -> Callable[[str], str]:
    """How this file writes strings: with non-ASCII characters escaped, or as they are."""
    if file_text.isascii() and _ESCAPED_NON_ASCII.search(file_text):
        return lambda text: json.dumps(text)[1:-1]
    return lambda text: _LONE_SURROGATES.sub(
        lambda half: json.dumps(half[0])[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]
    )
