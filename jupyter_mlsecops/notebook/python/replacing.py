"""Puts another source in the place of one of a program, and tells which global names no longer mean the same."""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from jupyter_mlsecops.notebook.python.scopes import Binding, position_of
from jupyter_mlsecops.notebook.python.statements import Kept, keep_statements, uses
from jupyter_mlsecops.notebook.python.walk import by_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from jupyter_mlsecops.notebook.python.program import Program
    from jupyter_mlsecops.notebook.python.scopes import Position, Scope
    from jupyter_mlsecops.notebook.python.source import PythonSource

_Table: TypeAlias = dict[Any, list[Binding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A global name that no longer means the same, and the numbers of the first and the last source that may see it."""

    name: str
    first: int
    last: int


def holds(program: Program, source: PythonSource) -> bool:
    """Whether statements of a source stand in a program already."""
    return any(statement in program.walk.frames for tree in source.trees for statement in tree.body)


def replace_source(program: Program, number: int, new: PythonSource) -> tuple[PythonSource, list[Change]] | None:
    """Put another source in the place of one; returns it as it stands there now, and what has changed by that.

    What was worked out for other sources that see the changes may not hold any more: let the program forget it. None
    where the program has to be made anew.
    """
    kept = keep_statements(program.sources[number], new)
    roots = kept.source.trees[0].body[kept.count :] if kept.count else kept.source.trees
    first = _index(program, number, kept.count)
    old = program.nodes[number][first:]
    if any(map(_imports_all, chain(old, *map(ast.walk, roots)))):
        return None
    names = {name for source in (program.sources[number], new) for each in uses(source) for name in each.given}
    below = (number, *kept.end)
    before = {name: _meanings(program, name) for name in names}
    taken, given = _take_out(program.module.bindings, names, below), _take_out(program.module.items, None, below)
    wide = _defined(program, names)
    scopes = _walk_again(program, number, kept, first)
    taken |= _put_in_order(program.module.bindings, names, below)
    given |= _put_in_order(program.module.items, None, below)
    wide |= _defined(program, names) | {owner.partition(".")[0] for owner, _ in given}
    program.walk.finish(scopes)
    program.note([number], scopes)
    program.version += 1
    changed = wide & (taken | {owner.partition(".")[0] for owner, _ in given})
    changes = [Change(name=name, first=0, last=len(program.sources)) for name in changed]
    narrow = (name for name in taken - wide if not _is_still_one_import(program, name, before.get(name)))
    return kept.source, changes + [seen_from(program, name, number, frozenset()) for name in narrow]


def seen_from(program: Program, name: str, number: int, owners: AbstractSet[tuple[str, int]]) -> Change:
    """From where it may be seen what one source gives a global name.

    A name means its last binding above, and where there is none above, the first below; functions, classes, and what
    has items put in (`owners`) are used at any time.
    """
    found = program.module.bindings.get(name, ())
    if not found or _is_defined(found) or (name, number) in owners:
        return Change(name=name, first=0, last=len(program.sources))
    others = {each.at[0] for each in found} - {number}
    first = number if any(other < number for other in others) else 0
    return Change(
        name=name, first=first, last=min((other for other in others if other > number), default=len(program.sources))
    )


def _walk_again(program: Program, number: int, kept: Kept, first: int) -> list[Scope]:
    """Record the statements that are not kept; the namespaces in them."""
    walk, nodes = program.walk, program.nodes[number]
    program.forget([number])
    for node in (*nodes[first:], *nodes[:1]):
        walk.frames.pop(node, None)
        walk.scopes.pop(node, None)
    if kept.count:
        (tree,) = kept.source.trees
        added = walk.source(tree.body[kept.count :], number)
        program.nodes[number] = (*walk.enter(tree, number), *nodes[1:first], *added)
    else:
        added = walk.source(kept.source.trees, number)
        program.nodes[number] = tuple(added)
    program.by_type[number] = by_type(program.nodes[number])
    program.starts.pop(number, None)
    return [walk.scopes[node] for node in added if node in walk.scopes]


def _index(program: Program, number: int, statement: int) -> int:
    """The index of the first node of a statement of one source."""
    statements = [each for tree in program.sources[number].trees for each in tree.body]
    if not statement:
        return 0
    nodes = program.nodes[number]
    return nodes.index(statements[statement]) if statement < len(statements) else len(nodes)


def _take_out(table: _Table, keys: Iterable[Any] | None, below: Position) -> set[Any]:
    """Take the bindings of one source behind a place out of a table; the keys of what was taken."""
    taken = set()
    for key in [*table] if keys is None else keys:
        found = table.get(key, ())
        start, end = _behind(found, below)
        if start < end:
            taken.add(key)
            table[key] = [*found[:start], *found[end:]]
            if not table[key]:
                del table[key]
    return taken


def _put_in_order(table: _Table, keys: Iterable[Any] | None, below: Position) -> set[Any]:
    """Put the new bindings of one source where they belong; the keys of those that have any."""
    given = set()
    for key in [*table] if keys is None else keys:
        found = table.get(key)
        if found and any(each.at[0] == below[0] and each.at > below for each in reversed(found)):
            given.add(key)
            found.sort(key=position_of)
    return given


def _behind(found: Sequence[Binding], below: Position) -> tuple[int, int]:
    """The indices of the first binding of one source behind a place, and of the first one of another source."""
    start = bisect_right(found, below, key=position_of)
    return start, bisect_right(found, (below[0] + 1, -1, -1), lo=start, key=position_of)


def _defined(program: Program, names: Iterable[str]) -> set[str]:
    """Those of some global names that functions and classes have: they are used at any time, and from anywhere."""
    return {name for name in names if _is_defined(program.module.bindings.get(name, ()))}


def _is_defined(found: Iterable[Binding]) -> bool:
    return any(each.kind in ("function", "class") for each in found)


def _meanings(program: Program, name: str) -> set[tuple[str, str]]:
    """How a global name is bound, and to which import."""
    return {(each.kind, each.qualified) for each in program.module.bindings.get(name, ())}


def _is_still_one_import(program: Program, name: str, before: set[tuple[str, str]] | None) -> bool:
    """Whether a name was nothing but one import, however often that is written, and is so still."""
    now = _meanings(program, name)
    return now == before and len(now) == 1 and len(program.module.bindings[name]) > 1 and next(iter(now))[0] == "import"


def _imports_all(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names)
