"""What can be done about a secret at a place: read it from the environment, clear the output, or revoke it by hand."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.credential_positions import positions
from jupyter_mlsecops.credential_positions.position import Position, Rewrite
from jupyter_mlsecops.environment_fix import read_from_environment
from jupyter_mlsecops.findings import ClearOutput, Fix, Safety
from jupyter_mlsecops.notebook.parts import steps

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Notebook, Text


class SecretFixes:
    """The fixes for the secrets of one notebook."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._positions: dict[Code, list[Position]] = {}

    def of(self, text: Text, start: int, end: int, *, variable: str, revoke: str = "") -> tuple[Fix, ...]:
        """The fixes for the secret at a span of a text; `variable` is the one that the provider's tools read."""
        by_hand = revoking(revoke)
        step = steps(text.part)
        if text.cell is not None and step[:1] == ["outputs"]:
            clear = ClearOutput(cell=text.cell, part=f"/outputs/{step[1]}")
            return Fix(title="Clear this output", safety=Safety.SAFE, edits=(clear,)), by_hand
        fix = self._in_code(text, start, end, variable) if text.part == "/source" else None
        return (fix, by_hand) if fix else (by_hand,)

    def _in_code(self, text: Text, start: int, end: int, variable: str) -> Fix | None:
        """The fix for a literal in Python, where it is nothing but the secret."""
        for code in self._codes(text, start, end):
            span = start - code.start, end - code.start
            position = next((each for each in self._positions_in(code) if span in each.pieces), None)
            if position is not None and position.rewrite is not None and len(position.pieces) == 1:
                name = variable if position.generic or not position.variable else position.variable
                return read_from_environment(code, position.rewrite, name)
            if literal := _literal_at(code, span):
                rewrite = Rewrite(start=literal[0], end=literal[1])
                return read_from_environment(code, rewrite, variable)
        return None

    def _codes(self, text: Text, start: int, end: int) -> list[Code]:
        codes = (code for code in self._notebook.codes if code.cell == text.cell and code.kind == "python")
        return [code for code in codes if code.start <= start and end <= code.start + len(code.text)]

    def _positions_in(self, code: Code) -> list[Position]:
        if code not in self._positions:
            self._positions[code] = [position for position in positions(code) if position.code is code]
        return self._positions[code]


def revoking(where: str = "") -> Fix:
    """What no tool can do."""
    title = f"Revoke it at the provider ({where}): it has been seen" if where else "Revoke or change it: it has been seen"
    return Fix(title=title, safety=Safety.MANUAL)


def _literal_at(code: Code, span: tuple[int, int]) -> tuple[int, int] | None:
    """The span of the whole literal whose text is at a span; None where there is no such literal."""
    for node in code.nodes(ast.Constant):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and code.literal_span(node) == span:
            return code.span(node)
    return None
