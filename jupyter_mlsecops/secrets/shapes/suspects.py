"""A cheap look at program text: most holds nothing that could be a credential, and need not be parsed for one."""

from __future__ import annotations

import re2

from jupyter_mlsecops.secrets.shapes.placeholders import SHORTEST, is_chosen, is_placeholder, is_random

# A superset of the words of knowledge/credentials.toml, as parts of words.
_NAMES = re2.compile(
    rb"(?i:secret|token|pass|pwd|psw|key|credential|auth|bearer|sas|pat|jwt|cookie|conn|login|curl|client|experiment|identified|machine|mysql|mongo|redis-cli|7z|zip )"
)
_PASSWORDS = re2.compile(
    rb"(?i:pass[^a-z]|pw[^a-z]|passw|passph|passc|pwd|psw|auth=|basicauth|curl|mysql|mongo|sshpass|redis-cli|docker|login\(|connect\(|smtp|identified|credential)"
)
_NO_VALUE = r"""\s"'`<>{}()\[\]"""
_DIGIT_OR_SIGN = "0-9!@#$%^&*+?"


def _marked(no_value: str, least: int) -> str:
    """Values of so many characters and more, among them a digit or a sign: the first one of these may stand anywhere."""
    some, other, mark = f"[^{no_value}]", f"[^{no_value}{_DIGIT_OR_SIGN}]", f"[{_DIGIT_OR_SIGN}]"
    early = [f"{other}{{{at}}}{mark}{some}{{{least - at - 1},}}" for at in range(least)]
    return "|".join([*early, f"{other}{{{least},}}{mark}{some}*"])


# What stands between quotes (with the first one), and what stands bare.
# No groups to capture: with them RE2 is three times slower.
_VALUES = re2.compile(
    f"""["'`](?:{_marked(_NO_VALUE, SHORTEST)})|(?:{_marked(f"{_NO_VALUE},;=:", SHORTEST - 2)})={{0,2}}""".encode()
)
_QUOTES = b"\"'`"
_NEAR = 200
# Pieces of one literal, each of which may be too short to tell.
_PIECES = re2.compile(
    rb"""["'][A-Za-z_+~-]*[0-9][\w+~!@#$%^&*-]{2,}["']\s{0,80}\+?\s{0,80}[rbfRBF]?["'][\w+~!@#$%^&*-]{3,}["']"""
    rb"""|["'][\w+~!@#$%^&*-]{3,}["']\s{0,80}\+?\s{0,80}[rbfRBF]?["'][A-Za-z_+~-]*[0-9][\w+~!@#$%^&*-]{2,}["']"""
)


def names_credentials(text: str) -> bool:
    """Whether a program text holds a word for credentials."""
    return _NAMES.search(text.encode("utf-8", "surrogatepass")) is not None


def may_hold_secret(text: str) -> bool:
    """Whether a program text holds a value that could be a secret."""
    data = text.encode("utf-8", "surrogatepass")
    for match in _VALUES.finditer(data):
        start, end = match.span()
        if end - start >= SHORTEST and _is_suspicious(data, start + (data[start] in _QUOTES), end):
            return True
    return _PIECES.search(data) is not None


def _is_suspicious(data: bytes, start: int, end: int) -> bool:
    """Whether a span may be a secret: a random one anywhere, a chosen one near a word for passwords."""
    value = data[start:end].decode("utf-8", "replace").rstrip("\\,;")
    near = max(0, start - _NEAR), min(len(data), end + _NEAR)
    shape = is_random(value) or (_PASSWORDS.search(data, *near) is not None and is_chosen(value))
    return shape and not is_placeholder(value)
