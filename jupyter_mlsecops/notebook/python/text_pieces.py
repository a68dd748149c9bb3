"""How texts are put together from pieces of which some are unknown; nothing grows without bound."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.unknown import UNKNOWN
from jupyter_mlsecops.notebook.shell.model import HOLE

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Sequence

    from jupyter_mlsecops.notebook.python.program import Program

MAX_LENGTH = 20_000  # of a text that is put together; a literal may be of any length
_MOST_BITS = 10_000  # Python refuses to spell longer numbers


def short_text(program: Program, node: ast.expr) -> str | None:
    """The text of an expression, unless it is too long to make others of it."""
    text = program.text(node)
    return text if text is not None and len(text) <= MAX_LENGTH else None


def put_together(pieces: Iterable[str]) -> str | None:
    """The pieces as one text; None where it becomes too long to be worth it."""
    kept: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_LENGTH:
            return None
        kept.append(piece)
    return "".join(kept)


def added(texts: Sequence[str | None]) -> str | None:
    """Texts one after the other, HOLE for what is not known; None where nothing is."""
    if all(text is None for text in texts):
        return None
    return put_together(HOLE if text is None else text for text in texts)


def joined_path(parts: Sequence[str | None]) -> str | None:
    """The parts of a path as one; None where none of them is known."""
    if all(part is None for part in parts) or sum(len(part or "") for part in parts) > MAX_LENGTH:
        return None
    # A URL is not a path, but people build URLs with os.path.join; an unknown head may be anything.
    return posixpath.join(*(HOLE if part is None else part for part in parts))


def either(texts: Sequence[str | None]) -> str | None:
    """What all alternatives have in common: their beginning and their end, with a hole between."""
    known = [text for text in texts if text is not None]
    if not known or len(known) < len(texts):
        return None
    if len(set(known)) == 1:
        return known[0]
    head = posixpath.commonprefix(known)
    tail = posixpath.commonprefix([text[len(head) :][::-1] for text in known])[::-1]
    return f"{head}{HOLE}{tail}"


def spelled(constant: object) -> str | None:
    """A number, True or False as Python prints it; None for anything else, and for numbers that are too long."""
    if isinstance(constant, int) and constant.bit_length() > _MOST_BITS:
        return None
    return str(constant) if isinstance(constant, (int, float)) else None


def shown(program: Program, node: ast.expr) -> str:
    """The text of a value that is put into a string; HOLE where it is not known."""
    constant = program.constant(node)
    if constant is UNKNOWN or isinstance(constant, (str, bytes)):
        text = program.text(node)
        return HOLE if text is None else text
    return spelled(constant) or HOLE
