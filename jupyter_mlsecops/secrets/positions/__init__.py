"""Where credentials are written: the positions in Python, in shell commands, in magics and in other text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.secrets.positions.in_magics import magic_positions
from jupyter_mlsecops.secrets.positions.in_python import python_positions
from jupyter_mlsecops.secrets.positions.in_shell import shell_positions
from jupyter_mlsecops.secrets.positions.in_text import text_positions
from jupyter_mlsecops.secrets.positions.position import Position, Rewrite, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_mlsecops.notebook.code import Code

__all__ = ["Position", "Rewrite", "positions"]


def any_name(_name: str) -> bool:
    """Every name is wanted."""
    return True


def positions(code: Code, *, wanted: Callable[[str], bool] = any_name) -> Iterator[Position]:
    """The literals of a program text that stand under a name; of those in Python only under a wanted one."""
    yield from python_positions(code, wanted=wanted)
    yield from shell_positions(code)
    yield from magic_positions(code)
    if code.kind == "text":
        yield from (standing(code, found) for found in text_positions(code.text))
