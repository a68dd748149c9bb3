"""Where each value of a JSON text stands: iterative and linear, and taken apart only where asked."""

from __future__ import annotations

import json
import re
from array import array
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

# Possessive quantifiers: nothing is ever tried twice, whatever the text.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT = rf'(?:[^"\[\]{{}}]++|{_STRING})*+'
_TO_BRACKET = re.compile(rf"{_FLAT}[\[\]{{}}]", re.DOTALL)
# The same, stepping over containers that hold no container: most of a notebook.
_TO_NESTED_BRACKET = re.compile(rf'(?:[^"\[\]{{}}]++|{_STRING}|\[{_FLAT}\]|\{{{_FLAT}\}})*+[\[\]{{}}]', re.DOTALL)
# A string that never ends is one token too, else each escaped quote in it would be tried as its start.
TOKEN = re.compile(rf'{_STRING}?+|[\[\]{{}}]|[^\s,:"\[\]{{}}]++', re.DOTALL)
_STRINGS = re.compile(_STRING, re.DOTALL)
_TO_MEMBER = re.compile(rf"[\s{{,]*({_STRING})\s*:\s*", re.DOTALL)
_TO_ELEMENT = re.compile(r"[\s,]*")


class Span(NamedTuple):
    """Code points of a text, end excluded."""

    start: int
    end: int


NOWHERE = Span(0, 0)


def outline(text: str) -> tuple[dict[str, Span], list[Span]]:
    """The containers in the outermost object, by key, and the containers in its member "cells", by index.

    Of two members with one key the last counts, as in Python's json. A cell that is no container is NOWHERE.
    """
    try:
        return _strict_outline(text)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return _lenient_outline(text)


def _strict_outline(text: str) -> tuple[dict[str, Span], list[Span]]:
    """The same of strict JSON without repeated keys: a parser that steps over values says how long each of them is."""
    members: dict[str, Span] = {}
    cells: list[Span] = []
    end = 0
    for key, value in msgspec.json.decode(text, type=dict[str, msgspec.Raw]).items():
        opening, value_text = _TO_MEMBER.match(text, end), bytes(value).decode()
        if opening is None or unquoted(opening[1]) != key or not text.startswith(value_text, opening.end()):
            raise ValueError(key)
        start, end = opening.end(), opening.end() + len(value_text)
        if value_text[0] in "[{":
            members[key] = Span(start, end)
        if key == "cells" and value_text[0] == "[":
            cells = list(_elements(text, start + 1, msgspec.json.decode(value, type=list[msgspec.Raw])))
    if text[end:].strip() not in ("}", "{}"):
        raise ValueError(end)
    return members, cells


def _elements(text: str, start: int, elements: list[msgspec.Raw]) -> Iterator[Span]:
    for element in map(bytes, elements):
        opening = _TO_ELEMENT.match(text, start)
        first = opening.end() if opening else start
        start = first + len(element.decode())
        yield Span(first, start) if element[0] in b"[{" else NOWHERE


def _lenient_outline(text: str) -> tuple[dict[str, Span], list[Span]]:
    members: dict[str, Span] = {}
    cells: list[Span] = []
    depth = gap = start = cell_start = 0
    key = ""
    match = _TO_BRACKET.match(text)
    while match:
        end = match.end()
        if text[end - 1] in "[{":
            depth += 1
            if depth == 2:
                key, start = _last_string(text, gap, end), end - 1
                cells = [] if key == "cells" else cells
            elif depth == 3 and key == "cells":
                cell_start = end - 1
                cells += [NOWHERE] * _count_scalars(text, gap, cell_start)
        else:
            depth -= 1
            if depth == 2 and key == "cells":
                cells.append(Span(cell_start, end))
            elif depth == 1:
                members[key] = Span(start, end)
        gap = end
        match = (_TO_NESTED_BRACKET if depth > 2 else _TO_BRACKET).match(text, end)
    return members, cells


def _last_string(text: str, start: int, end: int) -> str:
    strings = _STRINGS.findall(text, start, end)
    return unquoted(strings[-1]) if strings else ""


def _count_scalars(text: str, start: int, end: int) -> int:
    return 0 if end - start < 3 else len(TOKEN.findall(text, start, end))


def unquoted(json_string: str) -> str:
    """The value of a JSON string; what is none stands for itself."""
    if "\\" not in json_string and json_string.endswith('"') and len(json_string) > 1:
        return json_string[1:-1]
    try:
        return str(json.loads(json_string, strict=False))
    except ValueError:
        return json_string


class Tree:
    """The values of one JSON value, found by their keys.

    A tape of tokens in order: where each starts and ends, and which token comes after the whole value. It is a few
    times smaller than Python objects would be, and built without recursion.
    """

    def __init__(self, text: str, span: Span) -> None:
        self._text = text
        self._starts, self._ends, self._next = array("q"), array("q"), array("q")
        self._members: dict[int, dict[str, int]] = {}
        self._items: dict[int, list[int]] = {}
        self._read(span)

    def _read(self, span: Span) -> None:
        starts, ends, following, text = self._starts, self._ends, self._next, self._text
        open_tokens: list[int] = []
        for match in TOKEN.finditer(text, span.start, span.end):
            start, end = match.span()
            if text[start] in "]}":
                if open_tokens:
                    token = open_tokens.pop()
                    ends[token], following[token] = end, len(starts)
                continue
            if text[start] in "[{":
                open_tokens.append(len(starts))
            starts.append(start)
            ends.append(end)
            following.append(len(starts))

    def find(self, steps: list[str]) -> int | None:
        """The token of the value at these keys and indices."""
        token = 0 if self._starts else None
        for step in steps:
            if token is None:
                return None
            if self.is_object(token):
                token = self.members(token).get(step)
            else:
                items = self.items(token)
                token = items[int(step)] if _is_index(step) and int(step) < len(items) else None
        return token

    def span(self, token: int) -> Span:
        """Where the value of a token stands."""
        return Span(self._starts[token], self._ends[token])

    def is_object(self, token: int) -> bool:
        """Whether the value is an object."""
        return self._text[self._starts[token]] == "{"

    def is_array(self, token: int) -> bool:
        """Whether the value is an array."""
        return self._text[self._starts[token]] == "["

    def is_string(self, token: int) -> bool:
        """Whether the value is a string."""
        return self._text[self._starts[token]] == '"'

    def items(self, token: int) -> list[int]:
        """The values in an array (in an object: keys and values by turns); none in a scalar."""
        if token not in self._items:
            items: list[int] = []
            at, end = token + 1, self._next[token]
            while at < end:
                items.append(at)
                at = self._next[at]
            self._items[token] = items
        return self._items[token]

    def members(self, token: int) -> dict[str, int]:
        """The values in an object by key; of two with one key the last."""
        if token not in self._members:
            items = self.items(token)
            keys = (unquoted(self._text[slice(*self.span(key))]) for key in items[::2])
            self._members[token] = dict(zip(keys, items[1::2], strict=False))
        return self._members[token]


def _is_index(step: str) -> bool:
    return step.isdecimal() and step.isascii() and len(step) < 10
