"""What a program puts into the environment of its process."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.notebook.python.scopes import Binding, position_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.python.program import Program

_SETTERS = frozenset({"os.putenv", "os.environ.setdefault", "os.environ.__setitem__"})
_METHODS = frozenset({"putenv", "setdefault", "__setitem__", "update"})


def written_variables(program: Program) -> dict[str, list[Binding]]:
    """The variables that a program sets, each with its values in order."""
    found: dict[str, list[Binding]] = {}
    for name, binding in (*_items(program), *_calls(program)):
        found.setdefault(name, []).append(binding)
    for bindings in found.values():
        bindings.sort(key=position_of)
    return found


def _items(program: Program) -> Iterator[tuple[str, Binding]]:
    """`os.environ["NAME"] = value`."""
    for scope in program.scopes:
        for (_, key), bindings in scope.items.items():
            for binding in bindings if not key.startswith(".") else ():
                for target in getattr(binding.node, "targets", ()):
                    if isinstance(target, ast.Subscript) and "os.environ" in program.names(target.value):
                        yield key, binding


def _calls(program: Program) -> Iterator[tuple[str, Binding]]:
    """`os.environ.update(NAME=value)`, `os.environ.setdefault("NAME", value)`, `os.putenv("NAME", value)`."""
    for nodes, by_type in zip(program.nodes, program.by_type, strict=True):
        for index in by_type.get(ast.Call, ()):
            node = nodes[index]
            if not isinstance(node, ast.Call) or program.is_dead(node) or _last_name(node.func) not in _METHODS:
                continue
            names = program.names(node.func)
            for name, value in _pairs(program, node, names):
                home = program.home(node)
                if name and home is not None:
                    yield name, Binding(kind="value", at=home.at, scope=home.scope, node=node, value=value)


def _last_name(function: Any) -> str:
    return str(getattr(function, "attr", None) or getattr(function, "id", ""))


def _pairs(program: Program, call: ast.Call, names: tuple[str, ...]) -> Iterator[tuple[str | None, ast.expr]]:
    if not _SETTERS.isdisjoint(names) and len(call.args) == 2:
        yield program.text(call.args[0]), call.args[1]
    elif "os.environ.update" in names:
        yield from ((keyword.arg, keyword.value) for keyword in call.keywords)
        literal = program.value(call.args[0]) if call.args else None
        if isinstance(literal, ast.Dict):
            pairs = zip(literal.keys, literal.values, strict=True)
            yield from ((program.text(key), value) for key, value in pairs if key is not None)
