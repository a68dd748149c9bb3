"""Tells what people write in place of a secret, and what is no secret by its shape, from what may be one."""

from __future__ import annotations

import math
import re
from collections import Counter

from jupyter_mlsecops.findings import Confidence
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.secrets.shapes.made_up import monotonous
from jupyter_mlsecops.secrets.shapes.names import NameKind, kind_of_name, words_of

SHORTEST = 8
_LONGEST = 4_096
# Parts of a value that say "not the real one", wherever they stand.
_PARTS = re.compile(
    r"\.\.\.|…|\*\*\*|(?-i:xxx|XXX)|<|>|\{|\}|\[|\]|your|example|change.?me|replace|placeholder|dummy|sample|redacted|insert.?here"
    r"|abc123|1234567|abcdef|qwerty|asdfgh|foobar",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\$[A-Za-z_({]|%\(|%.+%\Z|@\w+@\Z")
_WORDS = frozenset(table("credentials")["placeholder"])
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_LOWER_NAME = re.compile(r"[a-z]+(?:[_.-][a-z]+)+")
_REPOSITORY = re.compile(r"[\w.~-]+(?:[/\\][\w.~@:-]+)+/?")
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,15}://", re.IGNORECASE)
_FILE = re.compile(
    r"\.(?:json|pem|txt|ya?ml|toml|ini|cfg|env|key|crt|csv|py|ipynb|html?|md|sh|png|jpg|com|org|net|io|ai)\Z",
    re.IGNORECASE,
)
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_NO_PASSWORD = re.compile(
    r"--?[A-Za-z][\w.=-]*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+.*|\W+[A-Za-z.]+\W*|[A-Z]?[a-z]+\W"
)
_JOINTS = re.compile(r"[-_./:=@]")
_SPOKEN = re.compile(r"[bcdfghjklmnpqrstvwxyz]{0,3}(?:[aeiouy]{1,2}[bcdfghjklmnpqrstvwxz]{0,3})+", re.IGNORECASE)


def is_placeholder(value: str) -> bool:
    """Whether a value stands for a secret that is not written: empty, a template, a word, a name, a path, a run."""
    if len(value) < SHORTEST or len(value) > _LONGEST or any(map(str.isspace, value)) or not value.isprintable():
        return True
    if _TEMPLATE.match(value) or _PARTS.search(value) or _CAPITALS.fullmatch(value) or _LOWER_NAME.fullmatch(value):
        return True
    return _is_address(value) or _WORDS.issuperset(words_of(value)) or monotonous(value)


def likeness(value: str, name: NameKind) -> Confidence | None:
    """How sure it is that the value of a name of this kind is a secret; None where it is none.

    A random value is one under any credential's name; a chosen one only under a password's.
    """
    if name is NameKind.OTHER or is_placeholder(value):
        return None
    if is_random(value):
        return Confidence.HIGH
    return Confidence.MEDIUM if name is NameKind.PASSWORD and is_chosen(value) else None


def is_random(value: str) -> bool:
    """Whether a machine drew this value: long, from a large alphabet, and not to be spoken."""
    if len(value) < 16:
        return False
    if _UUID.fullmatch(value):
        return True
    if max(map(len, _JOINTS.split(value))) < 12 or spoken(value):
        return False
    if _HEX.fullmatch(value):
        return len(value) >= 32 and entropy(value) >= 3.0
    kinds = _kinds(value)
    if kinds >= 3:
        return entropy(value) >= 3.0
    return len(value) >= 24 and kinds == 2 and bool(_BASE64.fullmatch(value)) and entropy(value) >= 3.5


def is_chosen(value: str) -> bool:
    """Whether this may be a password that somebody thought of: letters with digits or signs, no name, option or e-mail address."""
    letters = any(map(str.isalpha, value))
    digits = any(map(str.isdigit, value))
    signs = any(not char.isalnum() and char not in "_-./:\\" for char in value)
    named = not signs and kind_of_name(value) is not NameKind.OTHER
    return letters and (digits or signs) and not named and not _NO_PASSWORD.fullmatch(value)


def spoken(value: str) -> bool:
    """Whether most of a value is made of syllables, as names and identifiers are."""
    pieces = [piece for piece in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", value) if len(piece) >= 3]
    return sum(len(piece) for piece in pieces if _SPOKEN.fullmatch(piece)) * 10 >= len(value) * 7


def entropy(value: str) -> float:
    """Shannon entropy of the characters, in bits each."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)


def _kinds(value: str) -> int:
    """How many of lower case, upper case, digits and signs occur; what joins words is no sign."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum() and char not in "_-./: ")
    return sum(any(map(kind, value)) for kind in kinds)


def _is_address(value: str) -> bool:
    """Whether a value is a path, a file, a URL or the id of a repository."""
    if _URL.match(value) or _FILE.search(value) or value[0] in "/~." or value[1:3] in (":\\", ":/"):
        return not _is_base64(value)
    return bool(_REPOSITORY.fullmatch(value)) and not _is_base64(value)


def _is_base64(value: str) -> bool:
    """Whether slashes are those of a base64 text, not of a path."""
    kinds = (str.islower, str.isupper, str.isdigit)
    whole = len(value) >= 24 and bool(re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value))
    return whole and all(any(map(kind, value)) for kind in kinds) and entropy(value) >= 4.0 and not spoken(value)
