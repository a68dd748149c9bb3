"""What can be done about a secret at a place: read it from the environment, clear the output, or revoke it by hand."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import ClearOutput, Fix, Safety
from jupyter_mlsecops.notebook.model import SOURCE, WHOLE, Text
from jupyter_mlsecops.notebook.parts import steps
from jupyter_mlsecops.secrets.environment_fix import read_from_environment
from jupyter_mlsecops.secrets.positions import positions
from jupyter_mlsecops.secrets.positions.position import Position, Rewrite

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Notebook

MOST_FIXES = 2_000  # of one notebook: more are not reported
_Span = tuple[int, int]


class SecretFixes:
    """The fixes for the secrets of one notebook."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._by_cell: dict[int | None, list[Code]] | None = None
        self._positions: dict[Code, dict[_Span, Position]] = {}
        self._literals: dict[Code, dict[_Span, _Span]] = {}
        self._left = MOST_FIXES

    def of(self, text: Text, start: int, end: int, *, variable: str, revoke: str = "") -> tuple[Fix, ...]:
        """The fixes for the secret at a span of a text; `variable` is the one that the provider's tools read."""
        by_hand = revoking(revoke)
        self._left -= 1
        if self._left < 0:
            return (by_hand,)
        step = steps(text.part)
        if text.cell is not None and step[:1] == ["outputs"]:
            clear = ClearOutput(cell=text.cell, part=f"/outputs/{step[1]}")
            return Fix(title="Clear this output", safety=Safety.SAFE, edits=(clear,)), by_hand
        fix = self._in_code(text, start, end, variable) if text.part in (SOURCE, WHOLE) else None
        return (fix, by_hand) if fix else (by_hand,)

    def of_named(self, position: Position) -> tuple[Fix, ...]:
        """The fixes for a named literal in program text."""
        code, variable = position.code, position.variable or "SECRET"
        start, end = code.start + position.start, code.start + position.end
        if self._left <= 0 or code.kind != "python" or position.rewrite is None or len(position.pieces) > 1:
            return self.of(Text(cell=code.cell, part=code.part, text=code.text), start, end, variable=variable)
        self._left -= 1
        fix = read_from_environment(code, position.rewrite, variable)
        return (fix, revoking()) if fix else (revoking(),)

    def _in_code(self, text: Text, start: int, end: int, variable: str) -> Fix | None:
        """The fix for a literal in Python, where it is nothing but the secret."""
        for code in self._codes().get(text.cell, ()):
            if start < code.start or end > code.start + len(code.text):
                continue
            span = start - code.start, end - code.start
            position = self._positions_in(code).get(span)
            if position is not None and position.rewrite is not None and len(position.pieces) == 1:
                name = variable if position.generic or not position.variable else position.variable
                return read_from_environment(code, position.rewrite, name)
            if literal := self._literals_in(code).get(span):
                rewrite = Rewrite(start=literal[0], end=literal[1])
                return read_from_environment(code, rewrite, variable)
        return None

    def _codes(self) -> dict[int | None, list[Code]]:
        """The Python of each cell."""
        if self._by_cell is None:
            self._by_cell = {}
            for code in self._notebook.codes:
                if code.kind == "python":
                    self._by_cell.setdefault(code.cell, []).append(code)
        return self._by_cell

    def _positions_in(self, code: Code) -> dict[_Span, Position]:
        """The named literals by the span of their text."""
        if code not in self._positions:
            found = [position for position in positions(code) if position.code is code]
            self._positions[code] = {piece: position for position in reversed(found) for piece in position.pieces}
        return self._positions[code]

    def _literals_in(self, code: Code) -> dict[_Span, _Span]:
        """The spans of all string literals, by the span of their text."""
        if code not in self._literals:
            nodes = (node for node in code.nodes(ast.Constant) if isinstance(node, ast.Constant))
            strings = (node for node in nodes if isinstance(node.value, str))
            self._literals[code] = {code.literal_span(node): code.span(node) for node in strings}
        return self._literals[code]


def revoking(where: str = "") -> Fix:
    """What no tool can do."""
    title = (
        f"Revoke it at the provider ({where}): it has been seen" if where else "Revoke or change it: it has been seen"
    )
    return Fix(title=title, safety=Safety.MANUAL)
