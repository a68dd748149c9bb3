"""The strings and paths that expressions give, as far as reading can tell; unknown parts are holes."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.notebook.python import text_methods, text_templates
from jupyter_mlsecops.notebook.python.literal_items import elements, item_of
from jupyter_mlsecops.notebook.python.text_pieces import added, either, joined_path, put_together, short_text, shown
from jupyter_mlsecops.notebook.shell.model import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_mlsecops.notebook.python.program import Program
    from jupyter_mlsecops.notebook.python.scopes import Binding

MAX_ALTERNATIVES = 50

_KNOWN = {
    "os.sep": "/",
    "os.path.sep": "/",
    "posixpath.sep": "/",
    "sys.executable": "python",
    "os.curdir": ".",
    "os.pardir": "..",
}
_PATH_PARTS: dict[str, Callable[[str], str]] = {
    "parent": posixpath.dirname,
    "name": posixpath.basename,
    "stem": lambda path: posixpath.splitext(posixpath.basename(path))[0],
    "suffix": lambda path: posixpath.splitext(path)[1],
}


def text_of(program: Program, node: ast.expr) -> str | None:
    """The text of one expression; sub-expressions are asked of the program, which remembers and bounds."""
    resolve = _RESOLVERS.get(type(node))
    return None if resolve is None else resolve(program, node)


def inner_of(program: Program, node: ast.expr) -> ast.expr | None:
    """The expression whose text that of another begins with, where that can go on and on."""
    match node:
        case ast.BinOp(left=inner):
            return inner
        case ast.Call(func=ast.Attribute(value=inner)):
            return inner
        case ast.Name():
            binding = program.binding(node)
            return binding.value if binding is not None and binding.kind == "value" else None
    return None


def text_of_constant(node: ast.Constant) -> str | None:
    """The text of a literal; bytes as the characters that they would be one by one."""
    if isinstance(node.value, str):
        return node.value
    return node.value.decode("latin-1") if isinstance(node.value, bytes) else None


# -- strings that are put together -------------------------------------------------------------------------------------


def _of_fstring(program: Program, node: ast.JoinedStr) -> str | None:
    return put_together(_of_piece(program, value) for value in node.values)


def _of_piece(program: Program, node: ast.expr) -> str:
    if not isinstance(node, ast.FormattedValue):
        return program.text(node) or ""
    if node.format_spec is None and node.conversion in (-1, ord("s")):
        return shown(program, node.value)
    specification = "" if node.format_spec is None else program.text(node.format_spec)
    constant = program.constant(node.value)
    return text_templates.formatted(constant, specification, is_repr=node.conversion in (ord("r"), ord("a")))


def _of_operation(program: Program, node: ast.BinOp) -> str | None:
    match node.op:
        case ast.Add():
            return added([program.text(node.left), program.text(node.right)])
        case ast.Mod():
            template = short_text(program, node.left)
            return None if template is None else text_templates.percent(program, template, node.right)
        case ast.Div():
            return joined_path([program.text(node.left), program.text(node.right)])
    return None


def _of_alternatives(program: Program, node: ast.IfExp) -> str | None:
    return either([short_text(program, node.body), short_text(program, node.orelse)])


# -- names -------------------------------------------------------------------------------------------------------------


def _of_name(program: Program, node: ast.Name) -> str | None:
    binding = program.binding(node)
    return None if binding is None or binding.value is None else _of_binding(program, node.id, binding)


def _of_binding(program: Program, name: str, binding: Binding) -> str | None:
    value = binding.value
    if value is None:
        return None
    if binding.kind == "element":
        items = elements(program, value, binding.path)
        return either([short_text(program, item) for item in items]) if 0 < len(items) <= MAX_ALTERNATIVES else None
    if binding.kind == "item":
        item = item_of(program, value, binding.index)
        return None if item is None else program.text(item)
    if binding.kind != "value":
        return None
    return _of_augmented(program, name, binding) if binding.augmented else program.text(value)


def _of_augmented(program: Program, name: str, binding: Binding) -> str | None:
    """`x = "a"`, `x += "b"`: all that was added, from the first on."""
    pending = [binding]
    while pending[-1].augmented and pending[-1].node not in program.sums:
        before = program.binding_before(name, pending[-1])
        if before is None:
            break
        pending.append(before)
    texts = [_of_summand(program, name, each) for each in reversed(pending)]
    found = program.sums[binding.node] = added(texts)
    return found


def _of_summand(program: Program, name: str, binding: Binding) -> str | None:
    if binding.augmented:
        known = program.sums.get(binding.node)
        return known if known is not None or binding.value is None else program.text(binding.value)
    return _of_binding(program, name, binding)


def _of_defined(program: Program, node: ast.expr) -> str | None:
    value = program.value(node)
    return None if value is node else program.text(value)


def _of_attribute(program: Program, node: ast.Attribute) -> str | None:
    """A value of a known name, or a part of a path that has a name of its own."""
    value = program.value(node)
    if value is not node:
        return program.text(value)
    if node.attr in _PATH_PARTS:
        path = short_text(program, node.value)
        return None if path is None else _PATH_PARTS[node.attr](path)
    if node.attr == "value" and program.value(node.value) is not node.value:  # of a member of an enumeration
        return program.text(node.value)
    names = program.names(node) if node.attr in _KNOWN_ATTRIBUTES else ()
    return _KNOWN.get(names[0]) if names else None


_KNOWN_ATTRIBUTES = frozenset(name.rpartition(".")[2] for name in _KNOWN)


def _of_subscript(program: Program, node: ast.Subscript) -> str | None:
    """A value of a literal, a variable of the environment, or a part of a string."""
    value = program.value(node)
    if value is not node:
        return program.text(value)
    if "os.environ" in program.names(node.value):
        return text_methods.environment(program, node, node.slice)
    pieces = text_methods.split(program, program.value(node.value))
    if pieces is not None:
        index = program.constant(node.slice)
        known = isinstance(index, int) and -len(pieces) <= index < len(pieces)
        # An unknown part may hold any number of separators: only the last piece is sure.
        known = known and (index == -1 or not any(HOLE in piece for piece in pieces))
        return pieces[index] if known and isinstance(index, int) else HOLE
    whole = short_text(program, node.value)
    return None if whole is None else _cut(program, whole, node.slice)


def _cut(program: Program, whole: str, key: ast.expr) -> str:
    """`text[3:-4]`, `text[0]`."""
    if HOLE in whole:
        return HOLE
    if not isinstance(key, ast.Slice):
        index = program.constant(key)
        return whole[index] if isinstance(index, int) and -len(whole) <= index < len(whole) else HOLE
    bounds = [program.constant(bound) for bound in (key.lower, key.upper, key.step) if bound is not None]
    if not all(isinstance(bound, int) for bound in bounds) or (key.step is not None and bounds[-1] == 0):
        return HOLE
    numbers = iter(bound for bound in bounds if isinstance(bound, int))
    return whole[slice(*(None if bound is None else next(numbers) for bound in (key.lower, key.upper, key.step)))]


# -- calls -------------------------------------------------------------------------------------------------------------


def _of_call(program: Program, node: ast.Call) -> str | None:
    names = program.names(node.func)
    for name in names[:1]:
        if name in text_methods.FUNCTIONS:
            return text_methods.FUNCTIONS[name](program, node)
    if isinstance(node.func, ast.Attribute):
        receiver = program.text(node.func.value)
        if receiver is not None:
            return text_methods.of_method(program, node, node.func.attr, receiver)
    return None


_RESOLVERS: dict[type[ast.expr], Callable[[Program, Any], str | None]] = {
    ast.JoinedStr: _of_fstring, ast.BinOp: _of_operation, ast.Call: _of_call, ast.Name: _of_name, ast.IfExp: _of_alternatives,
    ast.Attribute: _of_attribute, ast.Subscript: _of_subscript, ast.NamedExpr: _of_defined, ast.Await: _of_defined,
}  # fmt: skip
