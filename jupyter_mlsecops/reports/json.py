"""The wire's JSON as a report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from jupyter_mlsecops.wire import Document

# JSON's own escapes stop at U+001F; these would still reach a terminal, or reorder what stands around them.
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def render(document: Document) -> str:
    """Version 1 of the contract, with a line end."""
    return readable(msgspec.json.encode(document))


def readable(encoded: bytes) -> str:
    """Indented JSON in which every invisible character is escaped."""
    text = msgspec.json.format(encoded, indent=2).decode()
    return _UNSEEN.sub(_escaped, text) + "\n"


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
