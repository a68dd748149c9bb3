"""Finds characters that nobody sees, where no script and no emoji needs them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from jupyter_mlsecops.knowledge import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_FLAG = "\U0001f3f4"
_REGION = re.compile("[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,4}\U000e007f")
_JOINER, _BYTE_ORDER_MARK, _TEXT_STYLE, _EMOJI_STYLE = "\u200d", "\ufeff", "\ufe0e", "\ufe0f"
_MARKS = frozenset("\u061c\u200e\u200f")
_SYMBOLS = frozenset({"So", "Sk", "Sm", "Po", "Pd"})
_LINE = 200  # how far on a line a letter is sought that gives a mark of direction its reason

_ZERO_WIDTH = "zero-width"
_MOST_ZERO_WIDTH = 100_000  # of one text: a hostile one may hold millions

# What looks like an encoding: a long run; a shorter one of several characters; or as many strewn over a short stretch.
_LONG_RUN, _MIXED_RUN, _STREWN, _STRETCH = 20, 8, 20, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Neighbouring invisible characters of one kind. `encodes`: zero-width ones in numbers that no text needs."""

    kind: str
    start: int
    end: int
    encodes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A row of characters.toml."""

    name: str
    what: str
    why: str


def invisible_runs(text: str, *, is_code: bool) -> Iterator[Run]:
    """The runs that nothing in the text explains.

    In code each one counts. In other text a lone zero-width character or a stray emoji style means nothing.
    """
    if text.isascii():
        return
    zero_width: list[Run] = []
    for match in _any().finditer(text):
        for run in _split(text, *match.span()):
            if _EXPLAINED[run.kind](text, run.start, run.end, is_code):
                continue
            if run.kind != _ZERO_WIDTH:
                yield run
            elif len(zero_width) < _MOST_ZERO_WIDTH:
                zero_width.append(run)
    encodes = _encodes(text, zero_width)
    if is_code or encodes:
        yield from (replace(run, encodes=encodes) for run in zero_width)


def mark() -> str:
    r"""A pattern of RE2 that finds the characters of all kinds; in JSON they may be escapes, of which `\u00ad` begins like ASCII."""
    characters = "".join("-".join(f"\\x{{{end}}}" for end in ends) for ends in _ranges())
    return rf"[{characters}]|\\u(?:00[aA][dD]|0[1-9a-fA-F]|[1-9a-fA-F])"


@cache
def kinds() -> dict[str, Kind]:
    """The kinds by name."""
    return {
        row["name"]: Kind(name=row["name"], what=row["what"], why=row["why"]) for row in table("characters")["kind"]
    }


def _members(ranges: Iterable[str]) -> frozenset[str]:
    pairs = [piece.partition("-") for piece in ranges]
    return frozenset(chr(code) for low, _, high in pairs for code in range(int(low, 16), int(high or low, 16) + 1))


@cache
def _kind_of() -> dict[str, str]:
    return {character: row["name"] for row in table("characters")["kind"] for character in _members(row["ranges"])}


@cache
def _any() -> re.Pattern[str]:
    ranges = _ranges()
    return re.compile("[" + "".join("-".join(chr(int(end, 16)) for end in ends) for ends in ranges) + "]+")


def _ranges() -> list[list[str]]:
    return [piece.split("-") for row in table("characters")["kind"] for piece in row["ranges"]]


@cache
def _script(name: str) -> frozenset[str]:
    return _members(table("characters")["scripts"][name])


@cache
def _alphabet() -> frozenset[str]:
    return _members(next(row["alphabet"] for row in table("characters")["kind"] if "alphabet" in row))


def _split(text: str, start: int, end: int) -> Iterator[Run]:
    for kind, group in groupby(map(_kind_of().__getitem__, text[start:end])):
        size = sum(1 for _ in group)
        yield Run(kind=kind, start=start, end=start + size)
        start += size


# -- what explains a run -----------------------------------------------------------------------------------------------


def _never(_text: str, _start: int, _end: int, _is_code: bool) -> bool:  # noqa: FBT001
    return False


def _is_flag(text: str, start: int, end: int, _is_code: bool) -> bool:  # noqa: FBT001
    """Flags of regions (Scotland, say) are a black flag and the region's code in tag characters."""
    return text[start - 1 : start] == _FLAG and _REGION.fullmatch(text, start, end) is not None


def _is_jamo(text: str, start: int, end: int, _is_code: bool) -> bool:  # noqa: FBT001
    """Old Korean puts a filler where a syllable lacks its first or second letter."""
    around = (text[start - 1 : start], text[end : end + 1])
    return end - start <= 2 and text[start] in "\u115f\u1160" and any(each in _script("jamo") for each in around)


def _is_variant(text: str, start: int, end: int, is_code: bool) -> bool:  # noqa: FBT001
    """One selector behind a character that has variants."""
    selectors, base = text[start:end], text[start - 1 : start]
    if set(selectors) <= {_EMOJI_STYLE, _TEXT_STYLE} and end - start <= 2:
        # Where an emoji was taken out of a text its style often stays.
        return _is_emoji(base) or base == _JOINER or base in _script("ideographs") or (not is_code and end - start == 1)
    if end - start > 1 or not base:
        return False
    if selectors >= "\U000e0100":
        return base in _script("ideographs")
    return base in _script("ideographs") or base in _script("varying") or unicodedata.category(base) in ("Sm", "So")


def _is_emoji(character: str) -> bool:
    if not character:
        return False
    known = character > "\x7f" and unicodedata.category(character) in _SYMBOLS
    return known or character in _script("emoji") or character == "\U000e007f"


def _is_typography(text: str, start: int, end: int, _is_code: bool) -> bool:  # noqa: FBT001
    """What zero-width characters are for: joining emoji, and letters of scripts that join."""
    if start == 0 and text[:end] == _BYTE_ORDER_MARK:
        return True
    before, after = text[start - 1 : start], text[end : end + 1]
    if end - start > 2:
        return False
    if before in _script("joining") or after in _script("joining"):
        return True
    if text[start:end] == _JOINER:
        return _is_emoji(after) and (_is_emoji(before) or before in (_EMOJI_STYLE, _TEXT_STYLE))
    return _MARKS.issuperset(text[start:end]) and _is_beside_right_to_left(text, start, end)


def _is_beside_right_to_left(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _LINE) : start].rpartition("\n")[2]
    after = text[end : end + _LINE].partition("\n")[0]
    return not _script("right_to_left").isdisjoint(before + after)


_EXPLAINED = {
    "bidi": _never,
    "tags": _is_flag,
    "selectors": _is_variant,
    "fillers": _is_jamo,
    _ZERO_WIDTH: _is_typography,
}


# -- what looks like an encoding ---------------------------------------------------------------------------------------


def _encodes(text: str, runs: Sequence[Run]) -> bool:
    return any(_is_encoded(text[run.start : run.end]) for run in runs) or _are_strewn(text, runs)


def _is_encoded(characters: str) -> bool:
    size = len(characters)
    return size >= _LONG_RUN or (size >= _MIXED_RUN and len(_alphabet().intersection(characters)) > 1)


def _are_strewn(text: str, runs: Sequence[Run]) -> bool:
    alphabet = _alphabet()
    places = [at for run in runs for at in range(run.start, run.end) if text[at] in alphabet]
    changed = -1  # the last of the places before which another character stands
    for number, at in enumerate(places):
        if number and text[places[number - 1]] != text[at]:
            changed = number
        first = number - _STREWN + 1
        if first >= 0 and at - places[first] <= _STRETCH and changed > first:
            return True
    return False
