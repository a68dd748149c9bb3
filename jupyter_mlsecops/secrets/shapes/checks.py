"""Offline checks of provider tokens: checksums and inner structure, by the name that knowledge/tokens.toml uses."""

from __future__ import annotations

import base64
import binascii
import string
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Verdict(Enum):
    """What a check says of a match."""

    PASSED = auto()
    FAILED = auto()  # the shape is right and the checksum is not: made up, or mistyped
    NOT_ONE = auto()  # no token at all


def base62_crc32(text: str) -> str:
    """The CRC-32 of ASCII text in base 62, six characters (the scheme of GitHub and npm)."""
    number = binascii.crc32(text.encode("ascii"))
    digits = ""
    while number:
        number, remainder = divmod(number, 62)
        digits = BASE62[remainder] + digits
    return digits.rjust(6, "0")


def crc32(token: str) -> Verdict:
    """The last six characters are the checksum of those between the prefix and them."""
    body = token.partition("_")[2]
    return Verdict.PASSED if base62_crc32(body[:-6]) == body[-6:] else Verdict.FAILED


def mixed_case(token: str) -> Verdict:
    """Letters alone are random only if both cases are frequent: `hf_` begins many names too."""
    letters = token.rpartition("_")[2]
    upper = sum(letter.isupper() for letter in letters)
    return Verdict.PASSED if 4 <= upper <= len(letters) - 4 else Verdict.NOT_ONE


def mixed(token: str) -> Verdict:
    """Digits and letters of both cases stand after the prefix."""
    body = token.partition("-")[2]
    kinds = (str.isdigit, str.isupper, str.islower)
    return Verdict.PASSED if all(any(map(kind, body)) for kind in kinds) else Verdict.NOT_ONE


def long(token: str) -> Verdict:
    """Shorter ones are abbreviations in prose."""
    body = token.partition("-")[2]
    return Verdict.PASSED if len(body) >= 24 and any(map(str.isdigit, body)) else Verdict.NOT_ONE


def neptune(token: str) -> Verdict:
    """The token is JSON that names an address and a key."""
    return Verdict.PASSED if b'"api_key"' in decoded(token) else Verdict.NOT_ONE


def discord(token: str) -> Verdict:
    """The first part is the decimal number of the bot's user."""
    return Verdict.PASSED if decoded(token.partition(".")[0]).isdigit() else Verdict.NOT_ONE


def decoded(text: str) -> bytes:
    """The bytes of base64 text of either alphabet, padded or not; empty where it is none."""
    standard = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


CHECKS: dict[str, Callable[[str], Verdict]] = {
    "crc32": crc32,
    "mixed-case": mixed_case,
    "mixed": mixed,
    "long": long,
    "neptune": neptune,
    "discord": discord,
}
