"""What stands in literals: the item under a key, and the elements that a loop runs over."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.unknown import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_mlsecops.notebook.python.program import Program

MAX_STEPS = 50
MAX_ELEMENTS = 1_000

_SAME_ELEMENTS = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"})
_PROGRESS = ("tqdm.", "tqdm_notebook", "rich.progress.track", "fastprogress.", "alive_progress.alive_it")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteralIndex:
    """The items of a literal by key, and the expressions whose items are spread into it, the first to ask first."""

    items: dict[object, ast.expr]
    spread: list[ast.expr]


def item_of(program: Program, owner: ast.expr, key: object) -> ast.expr | None:
    """The expression under a constant key or index of a literal; the last one wins, as in Python."""
    if not isinstance(key, (str, int, bytes)):
        return None
    pending = [owner]
    for _ in range(MAX_STEPS):
        if not pending:
            return None
        value = program.value(pending.pop())
        match value:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                # Behind a starred item nobody knows the index.
                if isinstance(key, int) and -len(items) <= key < len(items) and not _index(program, value).spread:
                    return items[key]
            case ast.Dict() | ast.Call(func=ast.Name(id="dict")):
                index = _index(program, value)
                if key in index.items:
                    return index.items[key]
                pending.extend(reversed(index.spread))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                pending += (left, right)
    return None


def keyword_of(program: Program, call: ast.Call, name: str) -> ast.expr | None:
    """The keyword argument of a call."""
    return _index(program, call).items.get(name) if call.keywords else None


def _index(program: Program, literal: ast.expr) -> LiteralIndex:
    """The index of a literal; made once, for a large one may be asked for often."""
    known = program.indices.get(literal)
    if known is None:
        known = program.indices[literal] = LiteralIndex(items={}, spread=[])  # for whoever asks in between
        known = program.indices[literal] = _read_index(program, literal)
    return known


def _read_index(program: Program, literal: ast.expr) -> LiteralIndex:
    items: dict[object, ast.expr] = {}
    spread: list[ast.expr] = []
    match literal:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is None:
                    spread.append(value)
                elif (constant := program.constant(key)) is not UNKNOWN:
                    items[constant] = value
        case ast.Call(args=arguments, keywords=keywords):
            items = {keyword.arg: keyword.value for keyword in keywords if keyword.arg is not None}
            spread = [*arguments[:1], *(keyword.value for keyword in keywords if keyword.arg is None)]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            spread = [element for element in elements if isinstance(element, ast.Starred)]
    return LiteralIndex(items=items, spread=spread[-MAX_STEPS:][::-1])


def elements(program: Program, iterable: ast.expr, path: tuple[int, ...] = ()) -> list[ast.expr]:
    """What iterating over an expression gives, and of each the item at `path`; [] where that is not known."""
    for _ in range(MAX_STEPS):
        node = program.value(iterable)
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return _items(program, items, path)
            case ast.Dict(keys=keys):
                return _items(program, (key for key in keys if key is not None), path)
            case ast.Call(func=ast.Attribute(value=owner, attr="items" | "values" | "keys" as method), args=[]):
                return _of_dict(program, owner, method, path)
            case ast.Call(args=[first, *_] as arguments):
                names = program.names(node.func)
                if "enumerate" in names and path[:1] == (1,):
                    iterable, path = first, path[1:]
                elif "zip" in names and path and path[0] < len(arguments):
                    iterable, path = arguments[path[0]], path[1:]
                elif not _SAME_ELEMENTS.isdisjoint(names) or any(name.startswith(_PROGRESS) for name in names):
                    iterable = first
                else:
                    return []
            case _:
                return []
    return []


def _of_dict(program: Program, owner: ast.expr, method: str, path: tuple[int, ...]) -> list[ast.expr]:
    literal = program.value(owner)
    if not isinstance(literal, ast.Dict) or (method == "items" and not path):
        return []
    wanted = method if method != "items" else ("keys", "values")[path[0]] if path[0] in (0, 1) else ""
    parts: dict[str, Iterable[ast.expr | None]] = {"keys": literal.keys, "values": literal.values}
    found = (part for part in parts.get(wanted, ()) if part is not None)
    return _items(program, found, path[1:] if method == "items" else path)


def _items(program: Program, nodes: Iterable[ast.expr], path: tuple[int, ...]) -> list[ast.expr]:
    found: list[ast.expr] = []
    for node in islice(nodes, MAX_ELEMENTS):
        item: ast.expr | None = node
        for index in path:
            item = None if item is None else item_of(program, item, index)
        if item is not None:
            found.append(item)
    return found
