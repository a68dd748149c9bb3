"""Keys that stand twice in one JSON object: parsers disagree on which of them counts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.formats.json_spans import TOKEN, unquoted
from jupyter_mlsecops.notebook.parts import child

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 100


def duplicate_keys(file_text: str) -> tuple[str, ...]:
    """JSON Pointers, from the root, to members whose key an earlier member has; a hundred at most."""
    return tuple(islice(_pointers(file_text), _MOST)) if _has_any(file_text) else ()


class _FoundError(Exception):
    pass


def _has_any(file_text: str) -> bool:
    """Whether there are any; quicker than telling where."""

    def look(pairs: list[tuple[str, object]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            raise _FoundError

    try:
        json.loads(file_text, object_pairs_hook=look, parse_int=len, parse_float=len)
    except (_FoundError, RecursionError):
        return True
    except json.JSONDecodeError:
        return False
    return False


@dataclass(slots=True)
class _Open:
    """A container whose end has not come yet."""

    is_object: bool
    key: str = ""
    size: int = 0
    awaits_key: bool = True
    seen: set[str] = field(default_factory=set)


def _pointers(file_text: str) -> Iterator[str]:
    containers: list[_Open] = []
    for match in TOKEN.finditer(file_text):
        found = match[0]
        if found in ("]", "}"):
            if containers:
                containers.pop()
            continue
        above = containers[-1] if containers else None
        if above and above.is_object and above.awaits_key:
            above.key, above.awaits_key = unquoted(found), False
            if above.key in above.seen:
                yield _pointer(containers)
            above.seen.add(above.key)
            continue
        if above:
            above.awaits_key = True
            if not above.is_object:
                above.key, above.size = str(above.size), above.size + 1
        if found in ("[", "{"):
            containers.append(_Open(found == "{"))


def _pointer(containers: list[_Open]) -> str:
    pointer = ""
    for container in containers:
        pointer = child(pointer, container.key)
    return pointer
