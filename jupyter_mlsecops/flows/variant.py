"""A program in which some names stand for something else: as a function sees it in one call, a loop in one turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.program import Program

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from jupyter_mlsecops.notebook.python.scopes import Binding

MAX_ROOM = 8_000  # characters of names and texts that are worked out for one variant


class Variant(Program):
    """A program in which some names stand for something else."""

    def __init__(self, program: Program, values: Mapping[Binding, ast.expr]) -> None:
        self.__dict__.update(vars(program))
        self._decided = dict(values)
        # What was worked out for the program does not hold here.
        self._names = {}
        self._texts = {}
        self._values = {}
        self.sums = {}
        self._room = min(self._room, MAX_ROOM)

    def bindings(self, name: ast.Name) -> list[Binding]:
        """The bindings of a name; what they give is decided by the variant."""
        found = super().bindings(name)
        decided = [binding for binding in found if binding in self._decided]
        return [replace(binding, kind="value", value=self._decided[binding]) for binding in decided] or found
