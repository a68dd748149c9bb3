r"""Private keys in PEM form, in a file's own lines, in a string with `\\n`, or put together of several strings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "PRIVATE KEY"
_BEGIN = re.compile(r"-----BEGIN (?P<kind>(?:[A-Z0-9]{2,12} ){0,3})PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END ")
_HEADERS = re.compile(r"\s*(?:\\[nr])*(?:[A-Za-z-]{2,30}: [^\r\n\\]{0,200}(?:\\r|\\n|\r|\n)+)+")
_BETWEEN = re.compile(r"(?:\\{1,2}[nrt]|[bBrRfF]{1,2}(?=[\"'])|[\s\"'+,\\()]){0,40}")
_BODY = re.compile(r"(?:[A-Za-z0-9+/]{1,200}={0,2}(?:\\\\?[nr]|[\s\"'+,\\()]){0,40}){1,800}")
_LONGEST = 20_000
_SHORTEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """The body of a private key at a span of a text. `kind` is what its header says: "RSA", "EC", "OPENSSH" or ""."""

    kind: str
    start: int
    end: int
    encrypted: bool


def private_keys(text: str) -> Iterator[PrivateKey]:
    """The private keys of a text whose body is there; a header alone is none."""
    if MARK not in text:
        return
    for begin in _BEGIN.finditer(text):
        end = _END.search(text, begin.end(), begin.end() + _LONGEST)
        last = end.start() if end else min(len(text), begin.end() + _LONGEST)
        headers = _HEADERS.match(text, begin.end(), last)
        start = headers.end() if headers else begin.end()
        body = _body(text, start, last)
        if body:
            encrypted = "ENCRYPTED" in begin["kind"] or (headers is not None and "ENCRYPTED" in headers.group())
            yield PrivateKey(kind=begin["kind"].strip(), start=body[0], end=body[1], encrypted=encrypted)


def _body(text: str, start: int, last: int) -> tuple[int, int] | None:
    """The span of the base64 text, where it is long enough and no ellipsis."""
    between = _BETWEEN.match(text, start, last)
    start = between.end() if between else start
    match = _BODY.match(text, start, last)
    if match is None:
        return None
    letters = re.sub(r"\\\\?[nr]|[^A-Za-z0-9+/]", "", match.group())
    end = start + len(match.group().rstrip("\\nr\"' \t\r\n+,()"))
    return (start, end) if len(letters) >= _SHORTEST and len(set(letters)) >= 20 else None
