"""Where the replacement fields of f-strings stand; Python before 3.12 has no tokens for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DEEPEST = 6
_STRING = re.compile(r"([rRbBuUfFtT]{0,2})('''|\"\"\"|'|\")")
_CLOSINGS = {
    quote: re.compile(rf"\\.|{quote}", re.DOTALL) for quote in ("'", '"', "'''", '"""')
}
_TEXT = {
    (quote, raw): re.compile(
        (r"\\[^{}]" if raw else r"\\N\{[^}]*\}|\\[^{}]") + r"|\{\{|\}\}|\{" + f"|{quote}", re.DOTALL
    )
    for quote in _CLOSINGS
    for raw in (False, True)
}
_IN_FIELD = re.compile(r"(?:\b[rRbBuUfFtT]{1,2})?(?:'''|\"\"\"|'|\")|[(\[{]|[)\]]|\}|![rsa](?=[:}\s])|!=|[=<>:]=|:|=(?=\s*[!:}])")


@dataclass(slots=True, kw_only=True)
class Field:
    """`{expression!r:specification}`; `start` and `end` include the braces. `equals`: it shows its expression, too."""

    start: int
    end: int = -1
    expression_end: int = -1
    conversion: str = ""
    equals: bool = False
    is_formatted: bool = False


def closing_quote(source: str, at: int, end: int, quote: str) -> int:
    """The offset of the quote that ends a plain string whose body begins at `at`; `end` where there is none."""
    for match in _CLOSINGS[quote].finditer(source, at, end):
        if match[0] == quote:
            return match.start()
    return end


def scan(source: str, at: int, end: int, quote: str, *, raw: bool, depth: int = 0) -> tuple[list[Field], int]:
    """The fields of an f-string whose body begins at `at`, and the offset of the quote that ends it."""
    fields: list[Field] = []
    pattern = _TEXT[quote, raw]
    while match := pattern.search(source, at, end):
        at = match.end()
        if match[0] == quote:
            return fields, match.start()
        if match[0] == "{":
            field = Field(start=match.start())
            at = _field(source, at, end, field, quote=quote, depth=depth)
            fields.append(field)
    return fields, end


def _field(source: str, at: int, end: int, field: Field, *, quote: str, depth: int) -> int:
    """Read a field whose expression begins at `at`; returns the offset behind it."""
    brackets = 0
    while match := _IN_FIELD.search(source, at, end):
        token, at = match[0], match.end()
        if token[-1] in "'\"":
            at = _string(source, match.start(), end, depth)
        elif token in "([{":
            brackets += 1
        elif brackets:
            brackets -= token in ")]}"
        elif token == "}":
            return _closed(field, match.start(), at)
        elif token == "=" or token[0] == "!" and token != "!=":
            field.equals |= token == "="
            field.conversion = token[1:] or field.conversion
            _expression_ends(field, match.start())
        elif token in (":", ":="):
            field.is_formatted = True
            _expression_ends(field, match.start())
            return _specification(source, match.start() + 1, end, field, quote)
    return _closed(field, end, end)


def _specification(source: str, at: int, end: int, field: Field, quote: str) -> int:
    """The offset behind a field whose format specification begins at `at`."""
    depth = 1
    for match in re.compile(f"[{{}}]|{quote}").finditer(source, at, end):
        if match[0] == quote and depth == 1:
            return _closed(field, match.start(), match.start())
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return _closed(field, match.start(), match.end())
    return _closed(field, end, end)


def _string(source: str, at: int, end: int, depth: int) -> int:
    """The offset behind a string inside a field."""
    opening = _STRING.match(source, at, end)
    if opening is None:
        return at + 1
    prefix, quote = opening[1].lower(), opening[2]
    if "f" in prefix and depth < _DEEPEST:
        close = scan(source, opening.end(), end, quote, raw="r" in prefix, depth=depth + 1)[1]
    else:
        close = closing_quote(source, opening.end(), end, quote)
    return min(close + len(quote), end)


def _expression_ends(field: Field, at: int) -> None:
    if field.expression_end < 0:
        field.expression_end = at


def _closed(field: Field, expression_end: int, end: int) -> int:
    _expression_ends(field, expression_end)
    field.end = end
    return end
