"""Text from a notebook on a terminal: nothing invisible, nothing that is obeyed, and how wide it is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_COLORS = {
    "critical": "1;97;41",
    "high": "1;31",
    "medium": "1;33",
    "low": "1;36",
    "info": "1;34",
    "bold": "1",
    "dim": "2",
}
# Letters and marks that show nothing.
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """Colours, or none."""

    on: bool

    def __call__(self, style: str, text: str) -> str:
        """The text in a style: a level's word, bold or dim."""
        return f"\x1b[{_COLORS[style]}m{text}\x1b[0m" if self.on and text else text


def visible(text: str) -> str:
    """The text with every control, format and unassigned character as its escape, line ends too; tabs as blanks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    code = ord(character)
    if character == "\t":
        return "    "
    if character in _FILLERS or 0xE0000 <= code <= 0xE0FFF:
        return _escape(code)
    return character if character.isprintable() or unicodedata.category(character) == "Zs" else _escape(code)


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """How many columns a terminal gives to text that is visible."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
