"""Expressions under a name in Python, whatever the syntax that names them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.python.scopes import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code

Role = OneOf["value", "environment", "default", "compared"]
_SELF = frozenset({"self", "cls", "this"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An expression and the name it stands under.

    `dotted` is the whole target where it has dots; `variable` the environment variable that a table names; `whole` the
    expression that the value is a default in.
    """

    name: str
    value: ast.expr
    role: Role = "value"
    dotted: str = ""
    variable: str = ""
    whole: ast.expr | None = None


def named_expressions(code: Code) -> Iterator[Named]:
    """Every expression of a program text that stands under a name."""
    for node in code.nodes(
        ast.Assign,
        ast.AnnAssign,
        ast.NamedExpr,
        ast.Call,
        ast.Dict,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.Lambda,
        ast.Compare,
    ):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _assigned(code, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                yield from _assigned(code, target, value)
            case ast.Call():
                yield from _arguments(code, node)
            case ast.Dict():
                yield from _items(node, _role_of_dict(code, node))
            case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments) | ast.Lambda(args=arguments):
                yield from _defaults(arguments)
            case ast.Compare():
                yield from _compared(node)


def _assigned(code: Code, target: ast.expr, value: ast.expr) -> Iterator[Named]:
    match target, value:
        case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), (ast.Tuple(elts=values) | ast.List(elts=values))):
            if len(targets) == len(values):
                for one, its in zip(targets, values, strict=True):
                    if not isinstance(one, (ast.Tuple, ast.List)):
                        yield from _assigned(code, one, its)
        case (ast.Subscript(value=owner, slice=ast.Constant(value=str() as key)), _):
            yield Named(name=key, value=value, role="environment" if _is_environment(code, owner) else "value")
        case ((ast.Name() | ast.Attribute()), _):
            yield _target(target, value)


def _target(target: ast.expr, value: ast.expr, role: Role = "value") -> Named:
    name = dotted(target) or (target.attr if isinstance(target, ast.Attribute) else "")
    root, _, rest = name.partition(".")
    return Named(name=name.rpartition(".")[2], value=value, dotted=rest if root in _SELF and rest else name, role=role)


def _is_environment(code: Code, node: ast.expr) -> bool:
    return "os.environ" in code.program.names(node)


def _role_of_dict(code: Code, node: ast.Dict) -> Role:
    return "environment" if node in code.once(_environment_updates) else "value"


def _environment_updates(code: Code) -> Iterator[ast.AST]:
    """The dict literals that are handed to `os.environ.update`."""
    updates = (call for call in code.calls_of({"update"}) if "os.environ.update" in call.names)
    return (argument for call in updates for argument in call.node.args)


def _items(node: ast.Dict, role: Role) -> Iterator[Named]:
    pairs = [
        (key.value, value) for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)
    ]
    for key, value in pairs:
        if isinstance(key, str):
            yield Named(name=key, value=value, role=role)
    yield from _name_and_value({str(key).lower(): value for key, value in pairs})


def _name_and_value(members: dict[str, ast.expr]) -> Iterator[Named]:
    """`{"name": "API_KEY", "value": "…"}`, as containers take their environment."""
    name, value = members.get("name") or members.get("key"), members.get("value")
    if value is not None and isinstance(name, ast.Constant) and isinstance(name.value, str):
        yield Named(name=name.value, value=value)


def _defaults(arguments: ast.arguments) -> Iterator[Named]:
    positional = [*arguments.posonlyargs, *arguments.args]
    if arguments.defaults:
        for argument, value in zip(positional[-len(arguments.defaults) :], arguments.defaults, strict=True):
            yield Named(name=argument.arg, value=value)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield Named(name=argument.arg, value=default)


def _compared(node: ast.Compare) -> Iterator[Named]:
    if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        return
    left, right = node.left, node.comparators[0]
    for name, value in ((left, right), (right, left)):
        match name:
            case ast.Name() | ast.Attribute():
                yield _target(name, value, "compared")
            case ast.Subscript(slice=ast.Constant(value=str() as key)):
                yield Named(name=key, value=value, role="compared")


# -- calls ---------------------------------------------------------------------------------------------------------


def _arguments(code: Code, node: ast.Call) -> Iterator[Named]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "update" and _is_environment(code, getattr(node.func, "value", node.func)):
        yield from (Named(name=own.arg, value=own.value, role="environment") for own in node.keywords if own.arg)
        return
    if name == "login" and len(node.args) == 2:
        yield Named(name="password", value=node.args[1])
    yield from _keywords(node, name)
    yield from _after_its_name(code, node, name)
    for row in _rows(code.program.names(node.func)):
        yield from _positional(node, row)


def _keywords(node: ast.Call, name: str) -> Iterator[Named]:
    for keyword in node.keywords:
        if keyword.arg == "auth" and isinstance(keyword.value, ast.Tuple) and len(keyword.value.elts) == 2:
            yield Named(name="password", value=keyword.value.elts[1])
        elif keyword.arg:
            yield Named(name=keyword.arg, value=keyword.value)
            if keyword.arg == "value" and "password" in name.lower():
                yield Named(name="password", value=keyword.value)
    members = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    yield from _name_and_value(members)
    first = node.args[0] if node.args else None
    if "default" in members and isinstance(first, ast.Constant) and isinstance(first.value, str):
        yield Named(name=first.value.lstrip("-"), value=members["default"])


def _after_its_name(code: Code, node: ast.Call, name: str) -> Iterator[Named]:
    """`setenv("NAME", value)`, `get("NAME", default)`."""
    methods = table("credentials")["method"]
    stores, reads = name in methods["stores"], name in methods["defaults"]
    if not (stores or reads):
        return
    owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    environment = name in ("setdefault", "putenv", "setenv") and (name != "setdefault" or _is_environment(code, owner))
    default = {"os.getenv", "os.environ.get", "os.environ.pop"}.intersection(code.program.names(node.func))
    role: Role = "environment" if environment else "default" if default else "value"
    for before, value in zip(node.args, node.args[1:], strict=False):
        if isinstance(before, ast.Constant) and isinstance(before.value, str):
            yield Named(name=before.value, value=value, role=role, whole=node if role == "default" else None)


def _positional(node: ast.Call, row: dict[str, Any]) -> Iterator[Named]:
    position: int = row["position"]
    before = node.args[: position + 1]
    if len(before) > position and not any(isinstance(argument, ast.Starred) for argument in before):
        yield Named(name=row["name"], value=before[position], variable=row["variable"])
    for keyword in node.keywords:
        if keyword.arg == row.get("keyword"):
            yield Named(name=row["name"], value=keyword.value, variable=row["variable"])


def _rows(names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The rows of the table for a call; it may be named by the end of a qualified name."""
    for name in names:
        for wanted, row in _positional_calls().get(name.rpartition(".")[2], ()):
            if name == wanted or name.endswith(f".{wanted}"):
                yield row


@cache
def _positional_calls() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The rows by the last part of their names; a call that takes a password takes a chosen value too."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for row in table("credentials")["call"]:
        named = row | {"name": "password" if "PASSWORD" in row["variable"] else "api_key"}
        for name in row["names"]:
            found.setdefault(name.rpartition(".")[2], []).append((name, named))
    return found
