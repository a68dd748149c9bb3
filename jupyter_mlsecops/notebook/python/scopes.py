"""The namespaces of a program, and what is bound in them."""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Position = tuple[int, int, int]  # number of the source, line, column

BindingKind = Literal["import", "value", "item", "entered", "element", "parameter", "function", "class", "unknown"]

SELF = "<self>"  # under this name a class keeps what its methods put into their instance
_LONGEST_CHAIN = 12
_MOST_ARMS = 20


@dataclass(slots=True, kw_only=True, eq=False)  # frozen, it would take three times as long to make, and there are many
class Binding:
    """One place where a name gets a value; nobody changes it.

    "value": the value of `value`; "item": its item number `index`; "entered": what `with value` gives;
    "element": one of what iterating over `value` gives, and of that the item at `path`; "import": the thing called
    `qualified`; "parameter": whatever is handed in, by default `value`. `augmented` keeps the old value in it (`x += value`).
    """

    kind: BindingKind
    at: Position
    scope: Scope
    node: ast.AST
    value: ast.expr | None = None
    qualified: str = ""
    index: int = 0
    path: tuple[int, ...] = ()
    augmented: bool = False
    branch: Branch | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Scope:
    """One namespace. Bindings are in order of their positions once all sources are walked.

    `items` holds what is put under a constant key or attribute of a name: `("a.b", "key")`, `("a.b", ".attribute")`.
    `receiver` is the first parameter of a method. `returns`: what a function gives.
    """

    kind: Literal["global", "function", "class"]
    parent: Scope | None = None
    node: ast.AST | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    items: dict[tuple[str, str], list[Binding]] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    star_imports: list[str] = field(default_factory=list)
    returns: list[ast.expr] = field(default_factory=list)
    receiver: str = ""

    def visible(self, name: str) -> list[Binding] | None:
        """The bindings that a name has as seen from here: those of the innermost namespace that has any."""
        scope: Scope | None = self
        while scope is not None:
            # A class body is seen from itself alone, not from the functions in it.
            if scope.kind != "class" or scope is self:
                if name in scope.globals:
                    scope = scope.module
                found = scope.bindings.get(name)
                if found:
                    return found
            scope = scope.parent
        return None

    @property
    def module(self) -> Scope:
        """The namespace around all."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def keeper(self, name: str) -> tuple[Scope, str]:
        """Where items of a dotted name are kept, and under which name: those of an instance with its class."""
        root, dot, rest = name.partition(".")
        scope: Scope | None = self
        while scope is not None:
            if root == scope.receiver and scope.parent is not None:
                return scope.parent, SELF + dot + rest
            scope = None if root in scope.bindings else scope.parent
        return self, name


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """One arm of a statement of which one arm alone is run, and the arm that this statement stands in."""

    statement: ast.AST
    arm: int
    outer: Branch | None = None

    def arms(self) -> dict[ast.AST, int]:
        """The statements around, the innermost first, with the arm of each."""
        found: dict[ast.AST, int] = {}
        branch: Branch | None = self
        while branch is not None and len(found) < _MOST_ARMS:
            found[branch.statement] = branch.arm
            branch = branch.outer
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """Where a node stands: in which scope, and when."""

    scope: Scope
    at: Position


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What nodes that stand side by side share. `dead`: they never run. `at`: when, where they do not tell it themselves."""

    scope: Scope
    number: int
    dead: bool = False
    branch: Branch | None = None
    at: Position | None = None


position_of = attrgetter("at")
"""The key by which bindings are in order."""


def nearest(bindings: Sequence[Binding], at: Position) -> int:
    """The index of the last binding above a position; of the first below where there is none above."""
    return max(bisect_right(bindings, at, key=position_of) - 1, 0)


def reaching(bindings: Sequence[Binding], at: Position, branch: Branch | None) -> list[Binding]:
    """The bindings that may hold at a position in a branch: the nearest, and those in other arms of the same statement."""
    index = nearest(bindings, at) if len(bindings) > 1 else 0
    chosen = bindings[index]
    if chosen.branch is None or len(bindings) == 1:
        return [chosen]
    arms = chosen.branch.arms()
    for statement in branch.arms() if branch is not None else ():
        arms.pop(statement, None)
    above = reversed(bindings[max(index - _MOST_ARMS, 0) : index])
    others = above if chosen.at <= at else bindings[index + 1 : index + _MOST_ARMS]
    found = [chosen]
    for other in others:
        theirs = other.branch.arms() if other.branch is not None else {}
        shared = next((statement for statement in arms if statement in theirs), None)
        if shared is None:
            break
        overwritten = any(
            each.branch is not None and theirs.get(each.branch.statement) == each.branch.arm for each in found
        )
        if arms[shared] != theirs[shared] and not overwritten:
            found.append(other)
    return found


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of plain names, `a.b[c]` where a constant key stands in it; "" for anything else."""
    parts: list[str] = []
    for _ in range(_LONGEST_CHAIN):
        match node:
            case ast.Name(id=name):
                return "".join([name, *reversed(parts)])
            case ast.Attribute(value=owner, attr=attribute):
                parts.append(f".{attribute}")
            case ast.Subscript(value=owner, slice=ast.Constant(value=str() as key)) if len(key) < 100:
                parts.append(f".[{key}]")
            case _:
                return ""
        node = owner
    return ""
