"""The string literals that an expression hands on, put together and followed through names."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.python.literals import literal_positions
from jupyter_mlsecops.notebook.shell.model import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code

_MOST_STEPS = 40
_QUOTES = re.compile(r"[\"'][^\"']*[\"']")


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A string that is written in the program: `node` is its whole expression, `value` its text."""

    code: Code
    node: ast.expr
    value: str
    is_bytes: bool = False

    def pieces(self, skip: int = 0) -> tuple[tuple[int, int], ...]:
        """The spans of the value's text without its first `skip` characters, one for each literal it is put together of."""
        spans: list[tuple[int, int]] = []
        leaves: list[ast.expr] = [*_leaves(self.node)] or [self.node]
        for leaf in leaves:
            spans.extend(_spans(self.code, leaf, skip))
            skip = max(0, skip - len(str(leaf.value))) if isinstance(leaf, ast.Constant) else 0
        return tuple(spans) or (self.code.span(self.node),)


def literals(code: Code, node: ast.expr) -> Iterator[Literal]:
    """The literals that an expression may be; names are followed, other cells included."""
    pending = [node]
    for _ in range(_MOST_STEPS):
        if not pending:
            return
        current = pending.pop()
        match current:
            case ast.Constant(value=str() | bytes()):
                yield from _literal(code, current)
            case ast.JoinedStr() | ast.BinOp(op=ast.Add()) | ast.Name() | ast.Attribute():
                yield from _put_together(code, current)
            case ast.BoolOp(values=values):
                pending.extend(values)
            case ast.IfExp(body=body, orelse=orelse):
                pending += (body, orelse)
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                pending.append(value)
            case ast.Call():
                pending.extend(_handed_on(current))


def _handed_on(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments that a call gives back as they are, or nearly so."""
    match call.func:
        case ast.Attribute(value=value, attr=attribute) if attribute in _names("through"):
            yield value
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in _names("wrappers"):
            yield from call.args[:1]
            yield from (keyword.value for keyword in call.keywords if keyword.arg in ("default", "value"))


def _literal(code: Code, node: ast.Constant) -> Iterator[Literal]:
    owner = _owner(code, node)
    value = node.value
    if owner is None:
        return
    if isinstance(value, bytes):
        yield Literal(code=owner, node=node, value=value.decode("latin-1"), is_bytes=True)
    elif isinstance(value, str):
        yield Literal(code=owner, node=node, value=value)


def _put_together(code: Code, node: ast.expr) -> Iterator[Literal]:
    match node:
        case ast.Name() | ast.Attribute():
            defined = code.program.value(node)
            if isinstance(defined, ast.Constant):
                yield from _literal(code, defined)
        case ast.BinOp():
            if _leaves(node) and (owner := _owner(code, node)):
                yield Literal(code=owner, node=node, value="".join(str(leaf.value) for leaf in _leaves(node)))
        case ast.JoinedStr():
            text = code.program.text(node)
            if text and HOLE not in text and all(isinstance(part, ast.Constant) for part in node.values):
                yield Literal(code=code, node=node, value=text)


def _leaves(node: ast.expr) -> list[ast.Constant]:
    """The literals that are added up; none where something else is added too."""
    leaves: list[ast.Constant] = []
    pending = [node]
    for _ in range(_MOST_STEPS):
        if not pending:
            return leaves
        match pending.pop():
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                pending += (right, left)
            case ast.Constant(value=str()) as leaf:
                leaves.append(leaf)
            case _:
                return []
    return []


def _owner(code: Code, node: ast.expr) -> Code | None:
    """The program text that holds a node of the same session."""
    number = code.program.number_of(node)
    return (code.session.code(number) if number is not None else None) or code


def _spans(code: Code, node: ast.expr, skip: int) -> Iterator[tuple[int, int]]:
    """The spans between the quotes of a literal; adjacent literals are several."""
    start, end = code.span(node)
    positions = literal_positions(code.text, start, end)
    if not positions or skip >= len(positions):
        return
    first = skip
    for index in range(skip, len(positions) - 2):
        if _QUOTES.search(code.text, positions[index] + 1, positions[index + 1]):
            yield positions[first], positions[index] + 1
            first = index + 1
    yield positions[first], positions[-1]


@cache
def _names(kind: str) -> frozenset[str]:
    return frozenset(table("credentials")["method"][kind])
