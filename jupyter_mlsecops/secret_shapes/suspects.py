"""A cheap look at program text: most holds nothing that could be a credential, and need not be parsed for one."""

from __future__ import annotations

import re2

from jupyter_mlsecops.secret_shapes.placeholders import SHORTEST, is_chosen, is_placeholder, is_random

# A superset of the words of knowledge/credentials.toml, as parts of words.
_NAMES = re2.compile(
    rb"(?i:secret|token|pass|pwd|psw|key|credential|auth|bearer|sas|pat|jwt|cookie|conn|login|curl|client|experiment|identified|machine)"
)
_PASSWORDS = re2.compile(
    rb"(?i:pass[^a-z]|passw|passph|passc|pwd|psw|auth=|basicauth|curl|mysql|mongo|sshpass|redis-cli|docker|login\(|connect\(|smtp|identified|credential)"
)
# What stands between quotes, and what stands bare; in either there is a digit or a sign.
_VALUES = re2.compile(
    rb"""["'`]([^\s"'`<>{}()\[\]]*[0-9!@#$%^&*+?][^\s"'`<>{}()\[\]]*)|([^\s"'`<>{}()\[\],;=:]*[0-9!@#$%^&*+?][^\s"'`<>{}()\[\],;=:]*={0,2})"""
)
# Pieces of one literal, each of which may be too short to tell.
_PIECES = re2.compile(
    rb"""["'][A-Za-z_+~-]*[0-9][\w+~-]{3,}["']\s{0,80}\+?\s{0,80}[rbfRBF]?["'][A-Za-z_+~-]*[0-9][\w+~-]{3,}["']"""
)


def may_hold_credentials(text: str) -> bool:
    """Whether a program text holds a word for credentials, and a value that could be one."""
    data = text.encode("utf-8", "surrogatepass")
    if _NAMES.search(data) is None:
        return False
    return any(_is_suspicious(data, *match.span(1 if match.start(1) >= 0 else 2)) for match in _VALUES.finditer(data)) or (
        _PIECES.search(data) is not None
    )


def _is_suspicious(data: bytes, start: int, end: int) -> bool:
    """Whether a span may be a secret: a random one anywhere, a chosen one where its line speaks of passwords."""
    if end - start < SHORTEST:
        return False
    value = data[start:end].decode("utf-8", "replace").rstrip("\\,;")
    if is_placeholder(value):
        return False
    return is_random(value) or (is_chosen(value) and _PASSWORDS.search(_line(data, start, end)) is not None)


def _line(data: bytes, start: int, end: int) -> bytes:
    """The line that holds a span, and the one before: a call may be broken there."""
    before = data.rfind(b"\n", 0, max(0, data.rfind(b"\n", 0, start)))
    return data[max(before, start - 400, 0) : end]
