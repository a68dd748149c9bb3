"""Bytes of a text file to text: UTF-8, or what a Python file says it is."""

from __future__ import annotations

import re

from jupyter_mlsecops.notebook.formats.json_input import BYTE_ORDER_MARK, TOO_LARGE, UNREADABLE, Unreadable

MAX_TEXT_BYTES = 10_000_000
"""Nobody writes more by hand, and a parser needs a hundred times as much memory."""

_FOREIGN_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# PEP 263: in the first line, or in the second if the first is blank or a comment.
_COOKIE = re.compile(
    rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)",
)
_UTF_8 = re.compile(rb"utf-?8(?:-.*)?|u8|ascii|us-ascii|646")
_LATIN_1 = re.compile(rb"(?:latin-?1|iso-?8859-1|iso-latin-1|l1|cp819|iso8859)(?:-.*)?")


def decode_text(content: bytes, *, max_bytes: int, is_python: bool = False) -> tuple[str, str]:
    """The file's text without a byte-order mark, and its encoding; raises Unreadable and nothing else."""
    limit = min(max_bytes, MAX_TEXT_BYTES)
    if len(content) > limit:
        raise Unreadable(TOO_LARGE, f"The file has {len(content):,} bytes; the limit is {limit:,}.")
    if content.startswith(_FOREIGN_MARKS):
        raise Unreadable(UNREADABLE, "The file is UTF-16 or UTF-32; only UTF-8 is read.")
    if (nul := content.find(0)) >= 0:
        raise Unreadable(UNREADABLE, f"The file is no text: a NUL stands in line {_line(content, nul)}.")
    if content.startswith(BYTE_ORDER_MARK):
        return _decoded(content.removeprefix(BYTE_ORDER_MARK)), "utf-8"
    if is_python and _is_latin_1(content):
        return content.decode("latin-1"), "latin-1"
    return _decoded(content), "utf-8"


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = _line(content, error.start)
        raise Unreadable(UNREADABLE, f"Not UTF-8: invalid byte {error.start} (line {line}).") from None


def _is_latin_1(content: bytes) -> bool:
    """Whether a Python file says that it is Latin-1. Raises Unreadable where it says that it is neither this nor UTF-8."""
    cookie = _COOKIE.match(content)
    if cookie is None:
        return False
    name = cookie[1].lower().replace(b"_", b"-")
    if _UTF_8.fullmatch(name):
        return False
    if _LATIN_1.fullmatch(name):
        return True
    raise Unreadable(UNREADABLE, "The file declares an encoding other than UTF-8 and Latin-1.")


def _line(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1
