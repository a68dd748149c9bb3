"""What stands around a match: word boundaries as people see them, and payloads that only contain a token by chance."""

from __future__ import annotations

import re
import string

WORD = frozenset(string.ascii_letters + string.digits + "_-")
BASE64 = frozenset(string.ascii_letters + string.digits + "+/=")
# A letter before a token may belong to an escape: `\n`, `\x27`, `\u0027`, `%22`, or the end of a colour (`ESC[31m`).
_ESCAPE_END = re.compile(
    r"(?:(?<!\\)(?:\\\\){0,8}\\(?:[nrtfvb0]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})|%[0-9a-fA-F]{2}|\x1b\[[0-9;]{0,16}m)\Z"
)
_PAYLOAD = 60
_FARTHEST = 200


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether neither neighbour of a span continues its word."""
    return begins_fresh(text, start) and (end == len(text) or text[end] not in WORD)


def begins_fresh(text: str, start: int) -> bool:
    """Whether a word may begin here: the character before is none of a word's, or ends an escape."""
    if start == 0 or text[start - 1] not in WORD:
        return True
    return bool(_ESCAPE_END.search(text[max(0, start - 20) : start]))


def in_payload(text: str, start: int, end: int) -> bool:
    """Whether a span is a piece of a long base64 text: image data, an archive, a certificate."""
    if not BASE64.issuperset(text[start:end]):
        return False
    left, right = _left_edge(text, start), _right_edge(text, end)
    around = (start - left) + (right - end)
    return around >= _PAYLOAD or _long_line(text, left - 1, left) or _long_line(text, right, right)


def _left_edge(text: str, start: int) -> int:
    lowest = max(0, start - _FARTHEST)
    while start > lowest and text[start - 1] in BASE64:
        start -= 1
    return start


def _right_edge(text: str, end: int) -> int:
    highest = min(len(text), end + _FARTHEST)
    while end < highest and text[end] in BASE64:
        end += 1
    return end


def _long_line(text: str, newline: int, toward: int) -> bool:
    """Whether the line on the other side of a line break is a whole line of base64."""
    if not 0 <= newline < len(text) or text[newline] != "\n":
        return False
    if toward > newline:  # looking back
        return newline - _left_edge(text, newline) >= _PAYLOAD
    return _right_edge(text, newline + 1) - newline - 1 >= _PAYLOAD
