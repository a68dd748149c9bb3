"""The texts that functions and methods of strings and paths give."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin

from jupyter_mlsecops.notebook.python.text_pieces import MAX_LENGTH, added, joined_path, put_together, short_text, shown
from jupyter_mlsecops.notebook.python.text_templates import braces
from jupyter_mlsecops.notebook.shell.model import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_mlsecops.notebook.python.program import Program

MAX_JOINED = 1_000
_SURROGATES = 0xD800

_SAME_METHODS = frozenset(
    {"as_posix", "resolve", "absolute", "expanduser", "__str__", "__fspath__", "encode", "decode"}
)
_PLAIN_METHODS: dict[str, Callable[..., str]] = {
    name: getattr(str, name)
    for name in ("strip", "lstrip", "rstrip", "lower", "upper", "title", "removeprefix", "removesuffix")
}
_SPLITTERS: dict[str, Callable[..., object]] = {
    name: getattr(str, name) for name in ("split", "rsplit", "partition", "rpartition", "splitlines")
}


# -- functions ---------------------------------------------------------------------------------------------------------


def _path(program: Program, parts: list[ast.expr]) -> str | None:
    return joined_path([program.text(part) for part in _unpacked(program, parts[:MAX_JOINED])])


def _unpacked(program: Program, parts: list[ast.expr]) -> Iterator[ast.expr]:
    for part in parts:
        items = program.value(part.value) if isinstance(part, ast.Starred) else None
        if isinstance(items, (ast.List, ast.Tuple)):
            yield from items.elts[:MAX_JOINED]
        else:
            yield part


def _character(program: Program, node: ast.Call) -> str | None:
    code = program.constant(node.args[0]) if len(node.args) == 1 else None
    return chr(code) if isinstance(code, int) and 0 <= code < _SURROGATES else None


def _joined_path(program: Program, node: ast.Call) -> str | None:
    return _path(program, node.args) if node.args else None


def _path_object(program: Program, node: ast.Call) -> str | None:
    return _path(program, node.args) if node.args else "."


def _same_path(program: Program, node: ast.Call) -> str | None:
    return program.text(node.args[0]) if node.args else None


def _string(program: Program, node: ast.Call) -> str | None:
    return shown(program, node.args[0]) if node.args else None


def _of_path(part: Callable[[str], str]) -> Callable[[Program, ast.Call], str | None]:
    def find(program: Program, node: ast.Call) -> str | None:
        path = short_text(program, node.args[0]) if node.args else None
        return None if path is None else part(path)

    return find


def _url(program: Program, node: ast.Call) -> str | None:
    if len(node.args) != 2:
        return None
    base, relative = short_text(program, node.args[0]), short_text(program, node.args[1])
    if base is None or relative is None:
        return added([base, relative])
    try:
        return urljoin(base, relative)
    except ValueError:
        return None


def _variable(program: Program, node: ast.Call) -> str | None:
    return environment(program, node, node.args[0]) if node.args else None


def environment(program: Program, node: ast.expr, key: ast.expr) -> str | None:
    """The variable of the environment that an expression asks for."""
    name, home = program.text(key), program.home(node)
    return program.environment_variable(name, home.at) if name and home else None


FUNCTIONS: dict[str, Callable[[Program, ast.Call], str | None]] = {
    **dict.fromkeys(("os.path.join", "posixpath.join"), _joined_path),
    **{f"pathlib.{name}": _path_object for name in ("Path", "PurePath", "PosixPath", "PurePosixPath")},
    **{f"os.path.{name}": _same_path for name in ("abspath", "expanduser", "expandvars", "normpath", "realpath")},
    **dict.fromkeys(("os.fspath", "os.fsdecode", "textwrap.dedent", "inspect.cleandoc"), _same_path),
    "str": _string,
    "chr": _character,
    "os.path.basename": _of_path(posixpath.basename),
    "os.path.dirname": _of_path(posixpath.dirname),
    "urllib.parse.urljoin": _url,
    **{f"urllib.parse.{name}": _of_path(quote) for name in ("quote", "quote_plus")},
    **{f"urllib.parse.{name}": _of_path(unquote) for name in ("unquote", "unquote_plus")},
    **dict.fromkeys(("os.getenv", "os.environ.get", "os.environ.setdefault"), _variable),
}


# -- methods -----------------------------------------------------------------------------------------------------------


def of_method(program: Program, node: ast.Call, method: str, receiver: str) -> str | None:
    """What a method of a string or a path gives."""
    if method in _SAME_METHODS:
        return receiver
    if len(receiver) > MAX_LENGTH:
        return None
    if method in _PLAIN_METHODS:
        return _plain(program, node, method, receiver)
    find = _METHODS.get(method)
    return None if find is None else find(program, node, receiver)


def _plain(program: Program, node: ast.Call, method: str, receiver: str) -> str | None:
    arguments = _known_texts(program, node)
    if HOLE in receiver:
        return None
    try:
        return HOLE if arguments is None else _PLAIN_METHODS[method](receiver, *arguments)
    except TypeError:
        return None


def _known_texts(program: Program, node: ast.Call) -> list[str] | None:
    """The positional arguments, where all of them are known."""
    texts = [short_text(program, argument) for argument in node.args[:4]]
    known = [text for text in texts if text is not None and HOLE not in text]
    return known if len(known) == len(node.args) else None


def _replaced(program: Program, node: ast.Call, receiver: str) -> str | None:
    arguments = _known_texts(program, node)
    if HOLE in receiver:
        return None
    if arguments is None or len(arguments) != 2:
        return HOLE
    old, new = arguments
    return receiver.replace(old, new) if receiver.count(old) * len(new) <= MAX_LENGTH else None


def _format_map(program: Program, node: ast.Call, receiver: str) -> str | None:
    if len(node.args) != 1:
        return None
    return braces(
        program, receiver, ast.Call(func=node.func, args=[], keywords=[ast.keyword(arg=None, value=node.args[0])])
    )


def _joinpath(program: Program, node: ast.Call, receiver: str) -> str | None:
    return joined_path([receiver, *(program.text(part) for part in _unpacked(program, node.args[:MAX_JOINED]))])


def _with_suffix(program: Program, node: ast.Call, receiver: str) -> str | None:
    return (
        posixpath.splitext(receiver)[0] + (short_text(program, node.args[0]) or HOLE) if len(node.args) == 1 else None
    )


def _with_name(program: Program, node: ast.Call, receiver: str) -> str | None:
    return (
        posixpath.join(posixpath.dirname(receiver), short_text(program, node.args[0]) or HOLE)
        if len(node.args) == 1
        else None
    )


def _joined(program: Program, node: ast.Call, receiver: str) -> str | None:
    if len(node.args) != 1:
        return None
    items = program.value(node.args[0])
    if not isinstance(items, (ast.List, ast.Tuple)) or len(items.elts) > MAX_JOINED:
        return HOLE
    pieces = (piece for item in items.elts for piece in (receiver, shown(program, item)))
    next(pieces, None)
    return put_together(pieces)


_METHODS: dict[str, Callable[[Program, ast.Call, str], str | None]] = {
    "format": lambda program, node, receiver: braces(program, receiver, node),
    "format_map": _format_map,
    "replace": _replaced,
    "join": _joined,
    "joinpath": _joinpath,
    "with_suffix": _with_suffix,
    "with_name": _with_name,
}


def split(program: Program, node: ast.expr) -> list[str] | None:
    """The pieces of `"a/b".split("/")`, where only the last can have no hole; None where they cannot be known."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in _SPLITTERS:
        return None
    whole = short_text(program, node.func.value)
    arguments = [program.constant(argument) for argument in node.args[:3]]
    if whole is None or node.keywords or not all(isinstance(each, (str, int)) for each in arguments):
        return None
    try:
        found = _SPLITTERS[node.func.attr](whole, *arguments)
    except (TypeError, ValueError, OverflowError):
        return None
    return [str(piece) for piece in found] if isinstance(found, (list, tuple)) else None
