"""Where credentials are written: the positions in Python, in shell commands, in magics and in other text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.credential_positions.in_magics import magic_positions
from jupyter_mlsecops.credential_positions.in_python import python_positions
from jupyter_mlsecops.credential_positions.in_shell import shell_positions
from jupyter_mlsecops.credential_positions.in_text import text_positions
from jupyter_mlsecops.credential_positions.position import Position, Rewrite, standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code

__all__ = ["Position", "Rewrite", "positions"]


def positions(code: Code) -> Iterator[Position]:
    """Every literal of a program text that stands under a name: most are no credentials."""
    yield from python_positions(code)
    yield from shell_positions(code)
    yield from magic_positions(code)
    if code.kind == "text":
        yield from (standing(code, found) for found in text_positions(code.text))
