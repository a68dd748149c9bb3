"""Tells whether a name names a credential: `db_password` does, `pad_token` and `secret_name` do not."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import cache, lru_cache

from jupyter_mlsecops.knowledge import table

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# A superset of what the words below make of a key in JSON; and what tells a widget for passwords.
MARK = (
    r"(?i:secret|token|pass|pwd|psw|pw|key|credential|auth|bearer|sas|pat|jwt|cookie|conn)"
    r'(?:[^"\\]|\\.)*"\s*:|Password(?:Model|View)'
)
_LONGEST = 120
# Names written as one word: `PGPASSWORD`, `hftoken`.
_PASSWORD_ENDS = ("password", "passwd", "passphrase")
_SECRET_ENDS = ("token", "apikey", "secretkey", "accesskey")


class NameKind(Enum):
    """What a name promises of its value."""

    SECRET = auto()  # drawn by a machine: long and random
    PASSWORD = auto()  # chosen by a person, perhaps
    OTHER = auto()


def words_of(name: str) -> tuple[str, ...]:
    """The words of a snake, kebab, camel or upper-case name, lower case; digits are left out."""
    return tuple(word.lower() for word in _WORD.findall(name) if not word.isdigit())


@lru_cache(maxsize=4096)
def kind_of_name(name: str) -> NameKind:
    """What the value of a variable, key, argument or option of this name is."""
    if len(name) > _LONGEST:
        return NameKind.OTHER
    words = words_of(name)
    if not words or "_".join(words) in _set("never") or words[-1] in _set("descriptor"):
        return NameKind.OTHER
    if words[-1] == "token" and len(words) > 1 and words[-2] in _set("before_token"):
        return NameKind.OTHER
    text = f" {' '.join(words)} "
    if any(f" {phrase} " in text for phrase in _set("password")) or words[-1].endswith(_PASSWORD_ENDS):
        return NameKind.PASSWORD
    if any(f" {phrase} " in text for phrase in _set("secret")) or words[-1].endswith(_SECRET_ENDS):
        return NameKind.SECRET
    if words[-1] == "key" and len(words) > 1 and words[-2] in _set("before_key"):
        return NameKind.SECRET
    return NameKind.OTHER


@cache
def _set(name: str) -> frozenset[str]:
    return frozenset(table("credentials")[name])
