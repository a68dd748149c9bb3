"""The secret half of an AWS access key: forty characters without a mark of their own, near the half that has one."""

from __future__ import annotations

import re

from jupyter_mlsecops.secrets.shapes.made_up import made_up

_SECRET = re.compile(r"(?<![A-Za-z0-9/+_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_LINES = 5
_FARTHEST = 2_000
_NUCLEIC = frozenset("ACGTUN")


def nucleic(key_id: str) -> bool:
    """Whether the random part of a key id spells DNA or RNA."""
    return _NUCLEIC.issuperset(key_id[4:])


def secret_near(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span of the secret access key within five lines of a key id, the nearest one."""
    first, last = _lines_before(text, start), _lines_after(text, end)
    spans = [match.span() for match in _SECRET.finditer(text, first, last) if random_secret(match.group())]
    return min(spans, key=lambda span: min(abs(span[0] - end), abs(start - span[1])), default=None)


def secret_span(text: str) -> tuple[int, int] | None:
    """The span of a text that is nothing but a secret access key."""
    match = _SECRET.fullmatch(text.strip())
    return (
        (text.index(match.group()), text.index(match.group()) + 40) if match and random_secret(match.group()) else None
    )


def random_secret(value: str) -> bool:
    """Whether forty characters were drawn from the whole alphabet: hashes and paths were not."""
    kinds = (str.isdigit, str.isupper, str.islower)
    return all(any(map(kind, value)) for kind in kinds) and len(set(value)) >= 16 and not made_up(value)


def _lines_before(text: str, start: int) -> int:
    lowest = max(0, start - _FARTHEST)
    for _ in range(_LINES + 1):
        start = text.rfind("\n", lowest, start)
        if start < 0:
            return lowest
    return start + 1


def _lines_after(text: str, end: int) -> int:
    highest = min(len(text), end + _FARTHEST)
    for _ in range(_LINES + 1):
        end = text.find("\n", end, highest) + 1
        if end == 0:
            return highest
    return end
