"""Where each character of a string literal's value stands in the source."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"([rRbBuUfF]{0,2})('''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"\\(?:(?P<line>\r\n|\r|\n)|(?P<octal>[0-7]{1,3})|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|.)", re.DOTALL
)
_BETWEEN = re.compile(r"(?:[\s()]|\\\r?\n|#[^\r\n]*)+")


def literal_positions(source: str, start: int, end: int) -> list[int] | None:
    """Offsets in `source` of the value of a literal (of several adjacent ones) at a span.

    One offset for each character of the value and one for the end of the last; a `\\N{…}` or `\\x41` counts at its
    backslash. None where the span is no literal. Of an f-string the raw text between the quotes is meant.
    """
    offsets: list[int] = []
    at, last = start, start
    while at < end:
        if between := _BETWEEN.match(source, at, end):
            at = between.end()
            continue
        opening = _PREFIX.match(source, at, end)
        if opening is None:
            return None
        body, at = opening.end(), _closing(source, opening.end(), end, opening[2])
        last = at - len(opening[2])
        raw = "r" in opening[1].lower() or "f" in opening[1].lower()
        _body(source, body, last, offsets, raw=raw)
    return [*offsets, last]


def _closing(source: str, at: int, end: int, quote: str) -> int:
    """The offset after the closing quote."""
    pattern = re.compile(rf"\\.|{quote}", re.DOTALL)
    for match in pattern.finditer(source, at, end):
        if match[0] == quote:
            return match.end()
    return end


def _body(source: str, at: int, end: int, offsets: list[int], *, raw: bool) -> None:
    while at < end:
        if source[at] == "\r" and source[at + 1 : at + 2] == "\n":  # Python reads a line end as one character
            offsets.append(at)
            at += 2
        elif raw or source[at] != "\\" or not (escape := _ESCAPE.match(source, at, end)):
            offsets.append(at)
            at += 1
        else:
            if not escape["line"]:
                # An escape that Python does not know stays two characters.
                known = escape["octal"] or escape[0][1] in "\\'\"abfnrtvxuUN"
                offsets.extend([at] if known else [at, at + 1])
            at = escape.end()
