"""Where each character of a string literal's value stands in the source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.fstrings import Field, closing_quote, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = re.compile(r"([rRbBuUfFtT]{0,2})('''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"\\(?:(?P<line>\r\n|\r|\n)|[0-7]{1,3}|x[0-9a-fA-F]{2}|(?P<wide>u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\})|.)",
    re.DOTALL,
)
_BETWEEN = re.compile(r"(?:[\s()]|\\(?:\r\n|\r|\n)|#[^\r\n]*)+")
_KNOWN_ESCAPES = frozenset("\\'\"abfnrtvx01234567")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_LAST_CHARACTER = 0x10FFFF
# Each character costs an entry of a list.
MAX_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """One literal: its prefix in lower case, the span of its body, and its replacement fields."""

    prefix: str
    start: int
    end: int
    quote: str
    fields: list[Field]

    @property
    def is_template(self) -> bool:
        return "f" in self.prefix or "t" in self.prefix


def literal_positions(source: str, start: int, end: int) -> list[int] | None:
    r"""Offsets in `source` of the value of a literal (of several adjacent ones) at a span.

    One offset for each character of the value and one for the end of the last; a `\N{…}` or `\x41` counts at its
    backslash. None where the span is no literal, or a huge one. Of an f-string the raw text between the quotes is meant.
    """
    pieces = _pieces(source, start, end)
    if pieces is None:
        return None
    offsets: list[int] = []
    for piece in pieces:
        is_raw = piece.is_template or "r" in piece.prefix
        offsets.extend(
            at for at, _ in _characters(source, piece.start, piece.end, is_raw=is_raw, is_bytes="b" in piece.prefix)
        )
    return [*offsets, pieces[-1].end if pieces else start]


def template(source: str, start: int, end: int) -> tuple[str, list[int]] | None:
    """The text of an f-string (of several adjacent literals) with its fields as `{expression}`, and where it stands.

    One offset for each character and one for the end. A brace that is text is doubled; `{x!r}` becomes `{repr(x)}`, and
    a field with a format specification `{format(x)}`. None where the span is no literal, or a huge one.
    """
    pieces = _pieces(source, start, end)
    if pieces is None:
        return None
    text: list[str] = []
    offsets: list[int] = []
    for piece in pieces:
        for at, shown in _template_pieces(source, piece):
            text.append(shown)
            offsets.extend([at] * len(shown))
    return "".join(text), [*offsets, pieces[-1].end if pieces else start]


def _template_pieces(source: str, piece: _Piece) -> Iterator[tuple[int, str]]:
    at = piece.start
    for field in [*piece.fields, None]:
        stop = piece.end if field is None else field.start
        skip = False
        for offset, character in _characters(
            source, at, stop, is_raw="r" in piece.prefix, is_bytes="b" in piece.prefix
        ):
            is_brace = character in "{}"
            # In an f-string a brace that is text is written twice already.
            if not (skip and is_brace):
                yield offset, character * 2 if is_brace else character
            skip = is_brace and piece.is_template and not skip
        if field is not None:
            yield field.start, _shown(source, field)
            at = field.end


def _shown(source: str, field: Field) -> str:
    expression = " ".join(source[field.start + 1 : field.expression_end].split())
    label = expression + "=" if field.equals else ""
    if expression.startswith("{"):
        expression = f" {expression}"  # two braces would be one
    if field.is_formatted:
        expression = f"format({expression})"
    elif field.conversion in ("r", "a") or (field.equals and not field.conversion):
        expression = f"repr({expression})"
    return f"{label}{{{expression}}}"


def _pieces(source: str, start: int, end: int) -> list[_Piece] | None:
    """The literals at a span; None where something else stands there, or too much."""
    found: list[_Piece] = []
    at = start if end - start <= MAX_CHARACTERS else -1
    while 0 <= at < end:
        if between := _BETWEEN.match(source, at, end):
            at = between.end()
            continue
        opening = _PREFIX.match(source, at, end)
        if opening is None:
            return None
        prefix, quote, body = opening[1].lower(), opening[2], opening.end()
        if "f" in prefix or "t" in prefix:
            fields, last = fields_of(source, body, end, opening[0])
        else:
            fields, last = [], closing_quote(source, body, end, quote)
        found.append(_Piece(prefix=prefix, start=body, end=last, quote=quote, fields=fields))
        at = last + len(quote)
    return found if at >= 0 else None


def _characters(source: str, at: int, end: int, *, is_raw: bool, is_bytes: bool) -> Iterator[tuple[int, str]]:
    """The characters of a literal's body with their offsets; an escaped one stands at its backslash."""
    while at < end:
        character = source[at]
        escape = _ESCAPE.match(source, at, end) if character == "\\" and not is_raw else None
        if character == "\r":  # Python reads every line end as one character
            yield at, "\n"
            at += 2 if source[at + 1 : min(at + 2, end)] == "\n" else 1
        elif escape is None:
            yield at, character
            at += 1
        elif escape["line"]:
            at = escape.end()
        elif escape[0][1] in _KNOWN_ESCAPES or (escape["wide"] and not is_bytes):
            yield at, _decoded(escape[0])
            at = escape.end()
        else:  # an escape that Python does not know stays two characters
            yield at, "\\"
            at += 1


def _decoded(escape: str) -> str:
    """The character of an escape; `?` for one that is named."""
    kind, digits = escape[1], escape[2:]
    if kind.isdecimal():
        return chr(int(escape[1:], 8))
    if kind in "xuU" and digits:
        number = int(digits, 16)
        return chr(number) if number <= _LAST_CHARACTER else "?"
    return "?" if kind == "N" else _SIMPLE.get(kind, kind)
