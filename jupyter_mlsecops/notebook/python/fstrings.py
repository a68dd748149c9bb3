"""Where the replacement fields of f-strings stand; Python before 3.12 has no tokens for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DEEPEST = 6
_CONVERSION = re.compile(r"![rsa]")
_CLOSINGS = {quote: re.compile(rf"\\.|{quote}", re.DOTALL) for quote in ("'", '"', "'''", '"""')}
_TEXT = {
    (quote, raw): re.compile(
        (r"\\[^{}]" if raw else r"\\N\{[^}]*\}|\\[^{}]") + r"|\{\{|\}\}|\{" + f"|{quote}", re.DOTALL
    )
    for quote in _CLOSINGS
    for raw in (False, True)
}
_IN_FIELD = re.compile(
    r"(?:\b[rRbBuUfFtT]{1,2})?(?:'''|\"\"\"|'|\")|[(\[{]|[)\]]|\}|![rsa](?=[:}\s])|!=|[=<>:]=|:|=(?=\s*[!:}])"
)
_IN_SPECIFICATION = {quote: re.compile(f"[{{}}]|{quote}") for quote in _CLOSINGS}


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


def fields_of(source: str, at: int, end: int, opening: str) -> tuple[list[Field], int]:
    """The fields of an f-string whose body begins at `at`, and the offset of the quote that ends it.

    `opening` is its prefix and its quote.
    """
    return _Scanner(source, end).string(at, opening, depth=0)


class _Scanner:
    """Reads one source up to an end; strings within fields within strings are followed to some depth."""

    def __init__(self, source: str, end: int) -> None:
        self._source = source
        self._end = end

    def string(self, at: int, opening: str, depth: int) -> tuple[list[Field], int]:
        prefix, quote = _split_opening(opening)
        pattern = _TEXT[quote, "r" in prefix]
        fields: list[Field] = []
        while match := pattern.search(self._source, at, self._end):
            at = match.end()
            if match[0] == quote:
                return fields, match.start()
            if match[0] == "{":
                field = Field(start=match.start())
                at = self._field(at, field, quote, depth)
                fields.append(field)
        return fields, self._end

    def _field(self, at: int, field: Field, quote: str, depth: int) -> int:
        """Read a field whose expression begins at `at`; returns the offset behind it."""
        brackets = 0
        while match := _IN_FIELD.search(self._source, at, self._end):
            mark, at = match[0], match.end()
            if mark[-1] in "'\"":
                at = self._inner_string(at, mark, depth)
            elif mark in "([{":
                brackets += 1
            elif brackets:
                brackets -= mark in ")]}"
            elif mark == "}":
                return _closed(field, match.start(), at)
            elif mark in (":", ":="):
                field.is_formatted = True
                _expression_ends(field, match.start())
                return self._specification(match.start() + 1, field, quote)
            elif mark == "=" or _CONVERSION.fullmatch(mark):
                field.equals |= mark == "="
                field.conversion = mark[1:]
                _expression_ends(field, match.start())
        return _closed(field, self._end, self._end)

    def _specification(self, at: int, field: Field, quote: str) -> int:
        """The offset behind a field whose format specification begins at `at`."""
        depth = 1
        for match in _IN_SPECIFICATION[quote].finditer(self._source, at, self._end):
            if match[0] == quote and depth == 1:
                return _closed(field, match.start(), match.start())
            depth += {"{": 1, "}": -1}.get(match[0], 0)
            if depth == 0:
                return _closed(field, match.start(), match.end())
        return _closed(field, self._end, self._end)

    def _inner_string(self, at: int, opening: str, depth: int) -> int:
        """The offset behind a string inside a field, whose body begins at `at`."""
        prefix, quote = _split_opening(opening)
        if "f" in prefix and depth < _DEEPEST:
            close = self.string(at, opening, depth + 1)[1]
        else:
            close = closing_quote(self._source, at, self._end, quote)
        return min(close + len(quote), self._end)


def _split_opening(opening: str) -> tuple[str, str]:
    quote = opening.lstrip("rRbBuUfFtT")
    return opening[: -len(quote)].lower(), quote


def _expression_ends(field: Field, at: int) -> None:
    if field.expression_end < 0:
        field.expression_end = at


def _closed(field: Field, expression_end: int, end: int) -> int:
    _expression_ends(field, expression_end)
    field.end = end
    return end
