"""The strings and paths that expressions give, as far as reading can tell; unknown parts are holes."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from jupyter_mlsecops.notebook.shell_model import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_mlsecops.notebook.program import Program

MAX_LENGTH = 100_000
MAX_ALTERNATIVES = 50

_PERCENT = re.compile(r"%(?:\((\w+)\))?[#0\- +]*(?:\d+|\*)?(?:\.\d+)?([diouxXeEfFgGcrsa%])")
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:![rsa])?(:[^{}]*)?\}")

_PATHS = frozenset(f"pathlib.{name}" for name in ("Path", "PurePath", "PosixPath", "PurePosixPath"))
_JOINS = frozenset({"os.path.join", "posixpath.join", "os.path.os.path.join"})
_SAME_TEXT = frozenset(
    {"str", "os.fspath", "os.fsdecode", "textwrap.dedent"}
    | {f"os.path.{name}" for name in ("abspath", "expanduser", "expandvars", "normpath", "realpath")}
)
_SAME_METHODS = frozenset({"as_posix", "resolve", "absolute", "expanduser", "__str__", "__fspath__", "encode", "decode"})
_TEXT_METHODS: dict[str, Callable[..., str]] = {
    name: getattr(str, name)
    for name in ("strip", "lstrip", "rstrip", "lower", "upper", "title", "replace", "removeprefix", "removesuffix")
}


def text_of(program: Program, node: ast.expr) -> str | None:
    """The text of one expression; sub-expressions are asked of the program, which remembers and bounds."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Constant(value=bytes() as raw):
            return raw.decode("latin-1")
        case ast.JoinedStr(values=values):
            return "".join(_formatted(program, value) for value in values)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _sum(program.text(left), program.text(right))
        case ast.BinOp(op=ast.Mod(), left=left, right=right):
            template = program.text(left)
            return None if template is None else _percent(program, template, right)
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return _path(program, left, right)
        case ast.Call():
            return _called(program, node)
        case ast.Name():
            return _named(program, node)
        case ast.IfExp(body=body, orelse=orelse):
            return _either([program.text(body), program.text(orelse)])
        case ast.Attribute() | ast.Subscript() | ast.NamedExpr() | ast.Await():
            value = program.value(node)
            if value is not node:
                return program.text(value)
            return _part(program, node)
    return None


def _formatted(program: Program, node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        if node.format_spec is not None:
            return HOLE
        return shown(program, node.value)
    return program.text(node) or ""


def shown(program: Program, node: ast.expr) -> str:
    """The text of a value that is put into a string; HOLE where it is not known."""
    constant = program.constant(node)
    if isinstance(constant, (int, float)):
        return str(constant)
    text = program.text(node)
    return HOLE if text is None else text


def _sum(left: str | None, right: str | None) -> str | None:
    if left is None and right is None:
        return None
    return (HOLE if left is None else left) + (HOLE if right is None else right)


def _percent(program: Program, template: str, right: ast.expr) -> str:
    values = list(right.elts) if isinstance(right, ast.Tuple) else [right]
    named = right if isinstance(right, ast.Dict) else None

    def fill(match: re.Match[str]) -> str:
        if match[2] == "%":
            return "%"
        if match[1] is not None:
            value = last_item(named, match[1]) if named else None
        else:
            value = values.pop(0) if values else None
        return HOLE if value is None else shown(program, value)

    return _PERCENT.sub(fill, template)


def last_item(container: ast.Dict, key: str) -> ast.expr | None:
    """The value of a constant key of a dict literal; the last one wins, as in Python."""
    for own, value in zip(reversed(container.keys), reversed(container.values), strict=True):
        if isinstance(own, ast.Constant) and own.value == key:
            return value
    return None


def _braces(program: Program, template: str, call: ast.Call) -> str:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    automatic = iter(range(len(call.args)))

    def fill(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[2]:
            return HOLE
        field = match[1] or str(next(automatic, -1))
        if field.isdecimal():
            value = call.args[int(field)] if int(field) < len(call.args) else None
        else:
            value = keywords.get(field)
        return HOLE if value is None else shown(program, value)

    return _BRACES.sub(fill, template)


def _join(parts: Sequence[str | None]) -> str | None:
    if all(part is None for part in parts):
        return None
    known = [HOLE if part is None else part for part in parts]
    # A URL is not a path, but people build URLs with os.path.join; an unknown head may be anything.
    return posixpath.join(*known) if known else None


def _path(program: Program, left: ast.expr, right: ast.expr) -> str | None:
    parts = [program.text(left), program.text(right)]
    return _join(parts)


def _called(program: Program, node: ast.Call) -> str | None:
    names = program.names(node.func)
    arguments = node.args
    if not _JOINS.isdisjoint(names) and arguments:
        return _join([program.text(argument) for argument in arguments])
    if not _PATHS.isdisjoint(names):
        return _join([program.text(argument) for argument in arguments]) if arguments else "."
    if not _SAME_TEXT.isdisjoint(names) and arguments:
        return shown(program, arguments[0]) if "str" in names else program.text(arguments[0])
    if names and names[0] in ("os.path.basename", "os.path.dirname") and arguments:
        path = program.text(arguments[0])
        return None if path is None else getattr(posixpath, names[0].rpartition(".")[2])(path)  # type: ignore[no-any-return]
    if "urllib.parse.urljoin" in names and len(arguments) == 2:
        return _url(program.text(arguments[0]), program.text(arguments[1]))
    if names and names[0] in ("os.getenv", "os.environ.get") and arguments:
        return _environment(program, node, arguments[0])
    if isinstance(node.func, ast.Attribute):
        return _method(program, node, node.func)
    return None


def _url(base: str | None, relative: str | None) -> str | None:
    if base is None or relative is None:
        return _sum(base, relative)
    try:
        return urljoin(base, relative)
    except ValueError:
        return None


def _environment(program: Program, node: ast.expr, key: ast.expr) -> str | None:
    name, home = program.text(key), program.home(node)
    return program.environment_variable(name, home.at) if name and home else None


def _method(program: Program, node: ast.Call, function: ast.Attribute) -> str | None:
    method = function.attr
    receiver = program.text(function.value)
    if receiver is None:
        return None
    if method == "format":
        return _braces(program, receiver, node)
    if method in _SAME_METHODS:
        return receiver
    if method == "joinpath":
        return _join([receiver, *(program.text(argument) for argument in node.args)])
    if method == "with_suffix" and node.args:
        return posixpath.splitext(receiver)[0] + (program.text(node.args[0]) or HOLE)
    if method == "join" and len(node.args) == 1:
        return _joined(program, receiver, program.value(node.args[0]))
    if method in _TEXT_METHODS and HOLE not in receiver:
        values = [program.text(argument) for argument in node.args]
        known = [value for value in values if value is not None and HOLE not in value]
        try:
            return _TEXT_METHODS[method](receiver, *known) if len(known) == len(values) else HOLE
        except TypeError:
            return None
    return None


def _joined(program: Program, separator: str, items: ast.expr) -> str | None:
    if not isinstance(items, (ast.List, ast.Tuple)) or len(items.elts) > 1000:
        return HOLE
    return separator.join(shown(program, item) for item in items.elts)


def _named(program: Program, node: ast.Name) -> str | None:
    binding = program.binding(node)
    if binding is None or binding.value is None:
        return None
    if binding.kind == "element":
        items = program.value(binding.value)
        is_list = isinstance(items, (ast.List, ast.Tuple, ast.Set)) and len(items.elts) <= MAX_ALTERNATIVES
        return _either([program.text(item) for item in items.elts]) if is_list else None  # type: ignore[attr-defined]
    if binding.kind != "value":
        return None
    value = program.text(binding.value)
    if binding.augmented:
        home = program.home(node)
        before = [b for b in binding.scope.bindings[node.id] if b.at < binding.at] if home else []
        old = program.text(before[-1].value) if before and before[-1].value is not None else None
        return _sum(old, value)
    return value


def _either(texts: Sequence[str | None]) -> str | None:
    """What all alternatives have in common: their beginning and their end, with a hole between."""
    known = [text for text in texts if text is not None]
    if not known or len(known) < len(texts):
        return None
    if len(set(known)) == 1:
        return known[0]
    head = posixpath.commonprefix(known)
    tail = posixpath.commonprefix([text[len(head) :][::-1] for text in known])[::-1]
    return f"{head}{HOLE}{tail}"


def _part(program: Program, node: ast.expr) -> str | None:
    """The parts of a path that have names of their own, and variables of the environment."""
    match node:
        case ast.Attribute(value=owner, attr="parent" | "name" | "stem" as attribute):
            path = program.text(owner)
            if path is None:
                return None
            parts = {"parent": posixpath.dirname(path), "name": posixpath.basename(path)}
            return parts.get(attribute, posixpath.splitext(posixpath.basename(path))[0])
        case ast.Subscript(value=owner, slice=key) if "os.environ" in program.names(owner):
            name = program.text(key)
            at = program.home(owner) or (program.home(owner.value) if isinstance(owner, ast.Attribute) else None)
            return program.environment_variable(name, at.at) if name and at else None
    return None
