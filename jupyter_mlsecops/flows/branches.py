"""Which statements run only sometimes, and which of them a place stands in."""

from __future__ import annotations

import ast
from bisect import bisect_right
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code

# (statement, one of its bodies): equal for places that run or do not run together.
Branch: TypeAlias = tuple[ast.AST, str]

_MAX_DEPTH = 30


class Branches:
    """The branches of one text, looked up by offset."""

    def __init__(self, code: Code) -> None:
        found = [(*_span(code, body), branch) for branch, body in _bodies(code)]
        found.sort(key=lambda one: (one[0], -one[1]))
        self._starts = [start for start, _, _ in found]
        self._ends = [end for _, end, _ in found]
        self._branches = [branch for _, _, branch in found]
        self._parents: list[int] = []
        open_: list[int] = []
        for number, (start, _, _) in enumerate(found):
            while open_ and self._ends[open_[-1]] <= start:
                open_.pop()
            self._parents.append(open_[-1] if open_ else -1)
            open_.append(number)

    def of(self, offset: int) -> frozenset[Branch]:
        """All branches that a place stands in."""
        number = bisect_right(self._starts, offset) - 1
        while number >= 0 and self._ends[number] <= offset:
            number = self._parents[number]
        found: list[Branch] = []
        while number >= 0 and len(found) < _MAX_DEPTH:
            found.append(self._branches[number])
            number = self._parents[number]
        return frozenset(found)


def branches(code: Code) -> Branches:
    """The branches of a text; read once."""
    return code.once(_read)[0]


def _read(code: Code) -> tuple[Branches]:
    return (Branches(code),)


def _span(code: Code, body: list[ast.stmt]) -> tuple[int, int]:
    return code.span(body[0])[0], code.span(body[-1])[1]


def _bodies(code: Code) -> Iterator[tuple[Branch, list[ast.stmt]]]:
    for node in code.nodes(ast.If, ast.While, ast.Try, ast.For, ast.AsyncFor, ast.match_case):
        match node:
            case ast.If(test=test) if _is_settled(test):
                continue
            case ast.If(body=body, orelse=orelse):
                yield (node, "body"), body
                if orelse:
                    yield (node, "else"), orelse
            case ast.Try(body=body, handlers=handlers):
                yield (node, "body"), body
                yield from (((node, f"except {number}"), handler.body) for number, handler in enumerate(handlers))
            case ast.While(body=body) | ast.For(body=body) | ast.AsyncFor(body=body):
                yield (node, "loop"), body
            case ast.match_case(body=body):
                yield (node, "body"), body


def _is_settled(test: ast.expr) -> bool:
    """Whether a test says nothing: `if True:`, `if __name__ == "__main__":`."""
    match test:
        case ast.Constant():
            return True
        case ast.Compare(left=ast.Name(id="__name__")):
            return True
    return False
