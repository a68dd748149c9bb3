"""The statements of a source one by one: which of them an edit keeps, and which names each uses and binds."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.python.source import PythonSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A source in which the first statements are those of the one before; how many, and line and column of their end."""

    source: PythonSource
    count: int
    end: tuple[int, int]


def keep_statements(old: PythonSource, new: PythonSource) -> Kept:
    """The new source with the trees of the old one for all statements that stand above the first difference."""
    if not (old.complete and new.complete and len(old.trees) == len(new.trees) == 1):
        return Kept(source=new, count=0, end=(0, 0))
    before, after = old.trees[0].body, new.trees[0].body
    same = _shared(old.text, new.text)
    count, end = 0, (0, 0)
    for one, other in zip(before, after, strict=False):
        place = one.end_lineno or 0, one.end_col_offset or 0
        if (
            place != (other.end_lineno, other.end_col_offset)
            or type(one) is not type(other)
            or new.offset(*place) > same
        ):
            break
        count, end = count + 1, place
    tree = ast.Module(body=[*before[:count], *after[count:]], type_ignores=[])
    return Kept(source=replace(new, trees=(tree,)), count=count, end=end)


def _shared(one: str, other: str) -> int:
    """How many characters two texts share at their beginning; found by halving, for comparing slices is fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class Uses(NamedTuple):
    """The names that stand in a statement, and those to which it may give something."""

    names: frozenset[str]
    given: frozenset[str]


def uses(source: PythonSource) -> Iterator[Uses]:
    """What the statements of a source use and give, one by one; names of inner namespaces are among them."""
    for tree in source.trees:
        for statement in tree.body:
            names: set[str] = set()
            given: set[str] = set()
            for node in ast.walk(statement):
                match node:
                    case ast.Name(id=name):
                        names.add(name)
                        if not isinstance(node.ctx, ast.Load):
                            given.add(name)
                    case ast.Attribute(value=owner) | ast.Subscript(value=owner) if not isinstance(node.ctx, ast.Load):
                        given.add(_root(owner))
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                        given.add(name)
                    case ast.alias(name=name, asname=asname):
                        given.add(asname or name.partition(".")[0])
                    case ast.Global(names=several) | ast.Nonlocal(names=several):
                        given.update(several)
                    case (
                        ast.ExceptHandler(name=str() as name)
                        | ast.MatchAs(name=str() as name)
                        | ast.MatchStar(name=str() as name)
                    ):
                        given.add(name)
                    case ast.MatchMapping(rest=str() as name):
                        given.add(name)
            yield Uses(frozenset(names | given), frozenset(given))


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
