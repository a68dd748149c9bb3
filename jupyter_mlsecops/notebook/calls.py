"""Calls as rules see them: what may be called, with which arguments, and where."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.literal_items import item_of
from jupyter_mlsecops.notebook.python.unknown import UNKNOWN

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Place
    from jupyter_mlsecops.notebook.python.scopes import Position

_MOST_STARRED = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """One Python call. `names` are the qualified names of what may be called; positions are in `code.text`."""

    code: Code = field(repr=False)
    node: ast.Call
    names: tuple[str, ...]

    @cached_property
    def span(self) -> tuple[int, int]:
        """Start and end."""
        return self.code.span(self.node)

    @property
    def start(self) -> int:
        """Where the call begins."""
        return self.span[0]

    @property
    def end(self) -> int:
        """The offset behind the call."""
        return self.span[1]

    @property
    def name(self) -> str:
        """The most likely qualified name; "" where none is known."""
        return self.names[0] if self.names else ""

    @property
    def place(self) -> Place:
        """The whole call."""
        return self.code.place(*self.span)

    @property
    def at(self) -> Position:
        """When the call runs, as far as the order of the cells tells."""
        home = self.code.program.home(self.node)
        return home.at if home else (0, 0, 0)

    def keyword(self, name: str) -> ast.keyword | None:
        """The keyword argument as written in this call."""
        return next((keyword for keyword in self.node.keywords if keyword.arg == name), None)

    def argument(self, name: str, position: int | None = None) -> ast.expr | None:
        """The argument by name or position; looks into `*args` and `**kwargs` that are known, and into functools.partial."""
        if keyword := self.keyword(name):
            return keyword.value
        partial = self._partial()
        given = [*partial.args[1:], *self.node.args] if partial else self.node.args
        found = self._positional(given, position)
        if found is None:
            found = self._unpacked(name, self.node)
        if found is None and partial is not None:
            own = next((keyword.value for keyword in partial.keywords if keyword.arg == name), None)
            found = own if own is not None else self._unpacked(name, partial)
        return found

    def constant(self, name: str, position: int | None = None) -> object:
        """The constant that an argument gives; UNKNOWN where it is missing or cannot be known."""
        value = self.argument(name, position)
        return UNKNOWN if value is None else self.code.program.constant(value)

    def text(self, name: str, position: int | None = None) -> str | None:
        """The text that an argument gives, unknown parts as HOLE; None where it is missing or unknown."""
        value = self.argument(name, position)
        return None if value is None else self.code.program.text(value)

    def _positional(self, arguments: list[ast.expr], position: int | None) -> ast.expr | None:
        if position is None or not arguments:
            return None
        if not any(isinstance(argument, ast.Starred) for argument in arguments[: position + 1]):
            return arguments[position] if position < len(arguments) else None
        given: list[ast.expr] = []
        for argument in arguments[:_MOST_STARRED]:
            items = self.code.program.value(argument.value) if isinstance(argument, ast.Starred) else None
            if items is None:
                given.append(argument)
            elif isinstance(items, (ast.List, ast.Tuple)):
                given.extend(items.elts[:_MOST_STARRED])
            else:
                break
            if position < len(given):
                return None if isinstance(given[position], ast.Starred) else given[position]
        return None

    def _unpacked(self, name: str, call: ast.Call) -> ast.expr | None:
        """The argument in a `**kwargs`."""
        program = self.code.program
        for keyword in call.keywords:
            if keyword.arg is None:
                later = program.item(keyword.value, name)
                if later is not None and later.kind == "value" and later.value is not None:
                    return later.value
                if (found := item_of(program, keyword.value, name)) is not None:
                    return found
        return None

    def _partial(self) -> ast.Call | None:
        made = self.code.program.value(self.node.func)
        is_partial = isinstance(made, ast.Call) and "functools.partial" in self.code.program.names(made.func)
        return made if is_partial and isinstance(made, ast.Call) else None
