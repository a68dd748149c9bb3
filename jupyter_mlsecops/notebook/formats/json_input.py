"""Bytes of a hostile file to JSON, with bounds on cost and a precise word on what is wrong; never quotes the file."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Literal

from jupyter_mlsecops.notebook.lines import LineIndex

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.formats.repairs import Repairs

UNREADABLE: Final = "unreadable"
TOO_LARGE: Final = "too-large"

MAX_DEPTH = 500  # deeper JSON exhausts the stack of common parsers, Jupyter's among them
MAX_VALUES = 5_000_000  # a value of Python takes up to 100 bytes, of JSON only two
_MAX_DIGITS = 4_000  # Python refuses to read longer integers

_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}",'))
_STEP = [{"[": 1, "{": 1, "]": -1, "}": -1}.get(chr(code), 0) for code in range(256)]
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?=\s|$)", re.MULTILINE)
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
# The longer ones first: the mark of UTF-32 begins with that of UTF-16.
_FOREIGN_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"),
)  # fmt: skip
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Unreadable(Exception):  # noqa: N818 - the contract's name
    """A file that cannot be read; the message names the cause and holds nothing of the content."""

    def __init__(self, kind: Literal["unreadable", "too-large"], message: str) -> None:
        super().__init__(kind, message)
        self.kind: Literal["unreadable", "too-large"] = kind
        self.message = message

    def __str__(self) -> str:
        return self.message


def decode(content: bytes, *, max_bytes: int, repairs: Repairs) -> str:
    """The file's text without a byte-order mark."""
    if len(content) > max_bytes:
        raise Unreadable(TOO_LARGE, f"The file has {len(content):,} bytes; the limit is {max_bytes:,}.")
    if not content or content.isspace():
        raise Unreadable(UNREADABLE, "The file is empty." if not content else "The file holds nothing but blanks.")
    if foreign := _foreign_encoding(content[:4]):
        raise Unreadable(UNREADABLE, f"The file is {foreign}; a notebook is UTF-8.")
    if content.startswith(BYTE_ORDER_MARK):
        repairs.note("The file begins with a byte-order mark.")
        content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(UNREADABLE, f"Not UTF-8: invalid byte {error.start} (line {line}).") from None


def _foreign_encoding(start: bytes) -> str:
    for mark, encoding in _FOREIGN_MARKS:
        if start.startswith(mark):
            return encoding
    # JSON begins with ASCII, so zeros among the first bytes show the width of a character.
    zeros = start.count(0)
    return "UTF-32" if zeros > 2 else "UTF-16" if zeros else ""


def load(text: str, *, repairs: Repairs) -> Any:
    """What Python's json reads, NaN and lone surrogates included, within bounds of depth and number of values."""
    _check_bounds(text)

    def integer(digits: str) -> int:
        if len(digits) <= _MAX_DIGITS:
            return int(digits)
        repairs.note("The JSON holds an integer of thousands of digits.")
        return 0

    def constant(name: str) -> float:
        repairs.note("The JSON holds NaN or Infinity, which strict JSON has not.")
        return float(name.replace("Infinity", "inf"))

    try:
        value = json.loads(text, parse_int=integer, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise Unreadable(UNREADABLE, _explained(text, error)) from None
    except RecursionError:
        raise _too_deep() from None
    if _LONE_SURROGATE.search(text):
        repairs.note("A string holds half a surrogate pair, which is no character.")
    return value


def _check_bounds(text: str) -> None:
    structure = _structure(text.encode())
    if max(accumulate(map(_STEP.__getitem__, structure)), default=0) > MAX_DEPTH:
        raise _too_deep()
    if len(structure) > MAX_VALUES:
        raise Unreadable(TOO_LARGE, f"The JSON holds more than {MAX_VALUES:,} values.")


def holds_too_many_values(json_bytes: bytes) -> bool:
    """Whether valid JSON would take far more memory as Python values than as text."""
    brackets_and_commas = sum(
        map(json_bytes.count, (b"[", b"{", b","))
    )  # those in strings too: cheap, and mostly enough
    return brackets_and_commas > MAX_VALUES and len(_structure(json_bytes)) > MAX_VALUES


def _structure(json_bytes: bytes) -> bytes:
    """The brackets and commas outside strings."""
    plain = json_bytes.replace(rb"\\", b"").replace(rb"\"", b"")
    return b"".join(plain.translate(None, _NOT_STRUCTURE).split(b'"')[::2])


def _too_deep() -> Unreadable:
    return Unreadable(UNREADABLE, f"The JSON is nested more than {MAX_DEPTH} levels deep.")


def _explained(text: str, error: json.JSONDecodeError) -> str:
    lines = LineIndex(text)
    if conflict := _CONFLICT.search(text):
        line, _ = lines.line_column(conflict.start())
        return f"Not JSON: a merge-conflict marker stands in line {line}; the conflict was never resolved."
    line, column = lines.line_column(error.pos)
    where = f"line {line}, column {column}"
    what = error.msg.partition(":")[0].removesuffix(" at")
    if what.startswith("Unterminated string"):
        return f"Not JSON: the file is cut off inside the string that starts at {where}."
    if error.pos >= len(text.rstrip()):
        return f"Not JSON: the file is cut off; it ends at {where} before the JSON is complete."
    if what == "Extra data":
        return f"Not JSON: more follows after the end of the JSON value ({where})."
    return f"Not JSON: {what[:1].lower()}{what[1:]} ({where})."
