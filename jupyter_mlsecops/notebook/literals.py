"""Where each character of a string literal's value stands in the source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.fstrings import Field, closing_quote, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = re.compile(r"([rRbBuUfFtT]{0,2})('''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"\\(?:(?P<line>\r\n|\r|\n)|[0-7]{1,3}|x[0-9a-fA-F]{2}|(?P<wide>u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\})|.)", re.DOTALL
)
_BETWEEN = re.compile(r"(?:[\s()]|\\(?:\r\n|\r|\n)|#[^\r\n]*)+")
_KNOWN_ESCAPES = frozenset("\\'\"abfnrtvx01234567")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_LAST_CHARACTER = 0x10FFFF
# Each character costs an entry of a list.
MAX_CHARACTERS = 2_000_000


def literal_positions(source: str, start: int, end: int) -> list[int] | None:
    """Offsets in `source` of the value of a literal (of several adjacent ones) at a span.

    One offset for each character of the value and one for the end of the last; a `\\N{…}` or `\\x41` counts at its
    backslash. None where the span is no literal, or a huge one. Of an f-string the raw text between the quotes is meant.
    """
    if end - start > MAX_CHARACTERS:
        return None
    offsets: list[int] = []
    last = start
    for piece in _pieces(source, start, end):
        if piece is None:
            return None
        prefix, body, last, _ = piece
        is_raw = "r" in prefix or "f" in prefix or "t" in prefix
        offsets.extend(at for at, _ in _characters(source, body, last, is_raw=is_raw, is_bytes="b" in prefix))
    return [*offsets, last]


def template(source: str, start: int, end: int) -> tuple[str, list[int]] | None:
    """The text of an f-string (of several adjacent literals) with its fields as `{expression}`, and where it stands.

    One offset for each character and one for the end. A brace that is text is doubled; `{x!r}` becomes `{repr(x)}`, and
    a field with a format specification `{format(x)}`. None where the span is no literal, or a huge one.
    """
    if end - start > MAX_CHARACTERS:
        return None
    text: list[str] = []
    offsets: list[int] = []
    last = start
    for piece in _pieces(source, start, end):
        if piece is None:
            return None
        prefix, at, last, fields = piece
        for field in [*fields, None]:
            stop = last if field is None else field.start
            for offset, character in _characters(source, at, stop, is_raw="r" in prefix, is_bytes="b" in prefix, is_template="f" in prefix):
                shown = character * 2 if character in "{}" else character
                text.append(shown)
                offsets.extend([offset] * len(shown))
            if field is not None:
                shown = _shown(source, field)
                text.append(shown)
                offsets.extend([field.start] * len(shown))
                at = field.end
    return "".join(text), [*offsets, last]


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


def _pieces(source: str, start: int, end: int) -> Iterator[tuple[str, int, int, list[Field]] | None]:
    """The literals at a span: prefix, start and end of the body, fields; None where something else stands there."""
    at = start
    while at < end:
        if between := _BETWEEN.match(source, at, end):
            at = between.end()
            continue
        opening = _PREFIX.match(source, at, end)
        if opening is None:
            yield None
            return
        prefix, body = opening[1].lower(), opening.end()
        fields: list[Field] = []
        if "f" in prefix or "t" in prefix:
            fields, last = scan(source, body, end, opening[2], raw="r" in prefix)
        else:
            last = closing_quote(source, body, end, opening[2])
        yield prefix, body, last, fields
        at = last + len(opening[2])


def _characters(
    source: str, at: int, end: int, *, is_raw: bool, is_bytes: bool = False, is_template: bool = False
) -> Iterator[tuple[int, str]]:
    """The characters of a literal's body with their offsets; an escaped one stands at its backslash."""
    while at < end:
        character = source[at]
        if character == "\r":  # Python reads every line end as one character
            yield at, "\n"
            at += 2 if source[at + 1 : min(at + 2, end)] == "\n" else 1
        elif is_template and character in "{}" and source[at + 1 : min(at + 2, end)] == character:
            yield at, character
            at += 2
        elif is_raw or character != "\\" or not (escape := _ESCAPE.match(source, at, end)):
            yield at, character
            at += 1
        elif escape["line"]:
            at = escape.end()
        elif escape["wide"] and not is_bytes:
            yield at, _decoded(escape[0])
            at = escape.end()
        elif escape[0][1] in _KNOWN_ESCAPES:
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
    if kind in "xuU":
        number = int(digits, 16)
        return chr(number) if number <= _LAST_CHARACTER else "?"
    return "?" if kind == "N" else _SIMPLE.get(kind, kind)
