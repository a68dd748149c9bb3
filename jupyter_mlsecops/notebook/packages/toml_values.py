"""The plain values of a TOML text with their places; lenient, for what cannot be read is passed over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]

MAX_DEPTH = 30  # deeper keys and arrays mean nothing to us
_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+")
_BLANK_ON_LINE = re.compile(r"[ \t]*")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_KEY = re.compile(r"[ \t]*(?:([A-Za-z0-9_-]+)|\"((?:[^\"\\\r\n]++|\\.)*+)\"|'([^'\r\n]*)')[ \t]*")
_STRING = re.compile(
    r"\"\"\"(?:\r\n|\n)?(?P<a>(?:[^\"\\]++|\\[\s\S]|\"(?!\"\"))*+\"{0,2})\"\"\""
    r"|'''(?:\r\n|\n)?(?P<b>(?:[^']++|'(?!''))*+'{0,2})'''"
    r"|\"(?P<c>(?:[^\"\\\r\n]++|\\[^\r\n])*+)\"|'(?P<d>[^'\r\n]*)'",
)
_SCALAR = re.compile(r"[^\s,\[\]{}#=\"']+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A string, number, date or truth value; the span leaves quotes out. `path` are the keys to it, numbers in arrays.

    `key_start` is where the last of the keys before it stands.
    """

    path: Path
    text: str
    start: int
    end: int
    key_start: int
    is_string: bool


class _Broken(Exception):  # noqa: N818  # it says where, not what went wrong
    """What stands here is no TOML."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def read_values(text: str) -> Iterator[Value]:
    """All plain values, in order; what is broken is passed over up to the end of its line. Linear in the text."""
    reader = _Reader(text)
    at = _end(_BLANK, text, 0)
    while at < len(text):
        try:
            if text[at] == "[":
                at = reader.read_header(at)
            else:
                yield from reader.read_pair(at)
                at = reader.at
        except _Broken as broken:
            at = _end(_REST_OF_LINE, text, broken.at)
        at = _end(_BLANK, text, at)


class _Reader:
    """Reads statements; `at` is where the last one ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._table: Path = ()
        self._rows: dict[Path, int] = {}

    def read_header(self, at: int) -> int:
        """`[table]` or `[[row]]`; its end."""
        is_row = self.text.startswith("[[", at)
        self._table = ()
        path, at = self._keys(at + 1 + is_row, ())
        if not self.text.startswith("]]" if is_row else "]", at):
            raise _Broken(at)
        if is_row:
            number = self._rows[path] = self._rows.get(path, -1) + 1
            self._table = (*path, number)
        else:
            row = self._rows.get(path[:-1])
            self._table = path if row is None else (*path[:-1], row, path[-1])
        return at + 1 + is_row

    def read_pair(self, at: int) -> Iterator[Value]:
        """`key = value`, all plain values in it."""
        opened: list[_Open] = []
        key_start = at
        path = self._pair_keys(at, self._table)
        while True:
            mark = self.text[self.at : self.at + 1]
            if mark and mark in "[{":
                if len(opened) >= MAX_DEPTH:
                    raise _Broken(self.at)
                opened.append(_Open(path=path, next=0 if mark == "[" else None))
                self.at += 1
            else:
                yield self._plain(path, key_start)
            self._pass_separators(opened)
            if not opened:
                return
            inner = opened[-1]
            if inner.next is None:
                key_start = self.at
                path = self._pair_keys(self.at, inner.path)
            else:
                path = (*inner.path, inner.next)
                inner.next += 1

    def _pass_separators(self, opened: list[_Open]) -> None:
        """Go on to the next key or value, closing what ends before it."""
        while opened:
            self.at = _end(_BLANK, self.text, self.at)
            mark = self.text[self.at : self.at + 1]
            if mark in ("]", "}"):
                opened.pop()
            elif mark != ",":
                break
            self.at += 1

    def _plain(self, path: Path, key_start: int) -> Value:
        if found := _STRING.match(self.text, self.at):
            self.at = found.end()
            name = found.lastgroup or "d"
            text = found[name] if name in "bd" else _ESCAPE.sub(_unescaped, found[name])
            start, end = found.span(name)
            return Value(path=path, text=text, start=start, end=end, key_start=key_start, is_string=True)
        scalar = _SCALAR.match(self.text, self.at)
        if scalar is None:
            raise _Broken(self.at)
        self.at = scalar.end()
        start, end = scalar.span()
        return Value(path=path, text=scalar[0], start=start, end=end, key_start=key_start, is_string=False)

    def _pair_keys(self, at: int, path: Path) -> Path:
        """The path to the value behind `a.b =`, and the reader at that value."""
        path, at = self._keys(at, path)
        if not self.text.startswith("=", at):
            raise _Broken(at)
        self.at = _end(_BLANK_ON_LINE, self.text, at + 1)
        return path

    def _keys(self, at: int, path: Path) -> tuple[Path, int]:
        while match := _KEY.match(self.text, at):
            bare, quoted, literal = match.groups()
            path = (*path, bare or literal or _ESCAPE.sub(_unescaped, quoted or ""))
            at = match.end()
            if len(path) > MAX_DEPTH:
                break
            if not self.text.startswith(".", at):
                return path, at
            at += 1
        raise _Broken(at)


@dataclass(slots=True, kw_only=True)
class _Open:
    """An array, or an inline table where `next` is None; else that is the number of the next item."""

    path: Path
    next: int | None


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code is None:
        return _ESCAPES.get(match[3], match[3])
    return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
