"""What stands in literals: the item under a key, and the elements that a loop runs over."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_mlsecops.notebook.program import Program

MAX_STEPS = 50
MAX_ELEMENTS = 1_000

_SAME_ELEMENTS = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"})
_PROGRESS = ("tqdm.", "tqdm_notebook", "rich.progress.track", "fastprogress.", "alive_progress.alive_it")


def item_of(program: Program, owner: ast.expr, key: object) -> ast.expr | None:
    """The expression under a constant key or index of a literal; the last one wins, as in Python."""
    if not isinstance(key, (str, int, bytes)):
        return None
    pending = [owner]
    for _ in range(MAX_STEPS):
        if not pending:
            return None
        match program.value(pending.pop()):
            case ast.List(elts=items) | ast.Tuple(elts=items) if isinstance(key, int):
                return _indexed(items, key)
            case ast.Dict(keys=keys, values=values):
                if (found := _under_key(program, keys, values, key, pending)) is not None:
                    return found
            case ast.Call(func=ast.Name(id="dict"), args=arguments, keywords=keywords):
                if (found := _keyword(keywords, key, pending)) is not None:
                    return found
                pending[:0] = arguments[:1]
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                pending += (left, right)
    return None


def _indexed(items: list[ast.expr], index: int) -> ast.expr | None:
    known = -len(items) <= index < len(items) and not any(isinstance(item, ast.Starred) for item in items)
    return items[index] if known else None


def _under_key(
    program: Program, keys: list[ast.expr | None], values: list[ast.expr], key: object, pending: list[ast.expr]
) -> ast.expr | None:
    spread: list[ast.expr] = []
    for own, value in zip(reversed(keys), reversed(values), strict=True):
        if own is None:
            spread.append(value)
        elif program.constant(own) == key:
            return value
    pending.extend(reversed(spread[:MAX_STEPS]))
    return None


def _keyword(keywords: list[ast.keyword], key: object, pending: list[ast.expr]) -> ast.expr | None:
    for keyword in keywords:
        if keyword.arg == key:
            return keyword.value
    pending.extend(keyword.value for keyword in keywords[:MAX_STEPS] if keyword.arg is None)
    return None


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
    for node in list(nodes)[:MAX_ELEMENTS]:
        item: ast.expr | None = node
        for index in path:
            item = None if item is None else item_of(program, item, index)
        if item is not None:
            found.append(item)
    return found
