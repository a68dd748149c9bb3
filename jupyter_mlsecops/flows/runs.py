"""In which ways a statement runs: once for each call of the function it stands in, and for each turn of its loops."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from jupyter_mlsecops.flows.functions import MAX_NESTING, MAX_NODES, Function, Functions, Moment, functions
from jupyter_mlsecops.flows.variant import Variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.code import Code, Session
    from jupyter_mlsecops.notebook.python.program import Program
    from jupyter_mlsecops.notebook.python.scopes import Binding, Position, Scope

Values: TypeAlias = "dict[Binding, ast.expr]"

MAX_TURNS = 200  # of one loop
MAX_RUNS = 20_000  # of all statements of one namespace, beside the first of each

_SAME_ITEMS = frozenset({"list", "tuple", "sorted", "reversed", "set", "iter"})
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One way in which a statement runs: what its names stand for then, and when.

    `call` is the call of the function that it stands in, where that decides what names stand for.
    """

    program: Program
    moment: Moment
    call: ast.Call | None = None


class _Loops:
    """The names that the loops of a namespace bind, and how many runs may still be looked at."""

    def __init__(self, session: Session) -> None:
        self.runs_left = MAX_RUNS
        self._program = session.program
        self._version = session.program.version
        self._loops: dict[Scope, dict[tuple[ast.AST, str], Binding]] = {}

    def bound(self, loop: ast.AST, scope: Scope, target: ast.expr, item: ast.expr) -> Values:
        """What the names in the target of a loop stand for when it comes to an item."""
        match target, item:
            case ast.Name(id=name), _:
                binding = self._targets(scope).get((loop, name))
                return {binding: item} if binding is not None else {}
            case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), (ast.Tuple(elts=parts) | ast.List(elts=parts))):
                values: Values = {}
                for inner, part in zip(targets, parts, strict=False):
                    values |= self.bound(loop, scope, inner, part)
                return values
        return {}

    def _targets(self, scope: Scope) -> dict[tuple[ast.AST, str], Binding]:
        """The names that loops bind in a scope."""
        if self._version != self._program.version:
            self._version = self._program.version
            self._loops.clear()
        if scope not in self._loops:
            pairs = ((name, binding) for name, bindings in scope.bindings.items() for binding in bindings)
            self._loops[scope] = {(b.node, name): b for name, b in pairs if isinstance(b.node, _LOOPS)}
        return self._loops[scope]


def runs(code: Code, node: ast.AST, read: Iterable[ast.expr]) -> list[Run]:
    """The ways in which a call or statement runs that reads some expressions; at least one."""
    program, known, found_loops = code.program, functions(code.session), code.session.once(_Loops)
    home = program.home(node)
    at, scope = (home.at, home.scope) if home else ((code.number, 0, 0), None)
    if found_loops.runs_left <= 0:
        return [Run(program=program, moment=at)]
    loops, parameters = _deciding(program, read)
    turns: list[Values] = [{}]
    for loop, scope_of_loop in loops.items():
        more = _turns(program, found_loops, loop, scope_of_loop)
        turns = list(islice((one | other for one in turns for other in more), MAX_TURNS)) or turns
    found: list[Run] = []
    for call, values, moments in _calls(program, known, parameters, at, scope):
        for turn in turns:
            seen = Variant(program, values | turn) if values or turn else program
            found += [Run(program=seen, moment=moment, call=call) for moment in moments]
    found_loops.runs_left -= len(found) - 1
    return found


def _calls(
    program: Program, known: Functions, parameters: list[Binding], at: Position, scope: Scope | None
) -> Iterator[tuple[ast.Call | None, Values, tuple[Moment, ...]]]:
    """The calls of the function whose parameters decide, with what they hand in."""
    function = parameters[0].scope.node if parameters else None
    found = False
    for call in known.calls(function) if isinstance(function, Function) else ():
        values = {
            binding: argument
            for binding in parameters
            if isinstance(function, Function)
            and binding.scope.node is function
            and (argument := known.handed(call, function, getattr(binding.node, "arg", ""))) is not None
        }
        home = program.home(call)
        if home is not None and values:
            found = True
            yield call, values, tuple((*moment, *at) for moment in known.moments(home.at, home.scope))
    if not found:
        yield None, {}, known.moments(at, scope)


def _deciding(program: Program, read: Iterable[ast.expr]) -> tuple[dict[ast.AST, Scope], list[Binding]]:
    """The loops (each with its scope) and the parameters that decide what expressions give."""
    loops: dict[ast.AST, Scope] = {}
    parameters: dict[Binding, None] = {}
    pending: list[ast.AST] = list(read)
    seen: set[ast.AST] = set()
    for _ in range(MAX_NODES):
        if not pending:
            break
        node = pending.pop()
        pending.extend(islice(ast.iter_child_nodes(node), MAX_NODES))
        binding = program.binding(node) if isinstance(node, ast.Name) else None
        if binding is None or binding.node in seen:
            continue
        if isinstance(binding.node, _LOOPS):
            loops[binding.node] = binding.scope
        elif binding.kind == "parameter":
            parameters[binding] = None
        elif binding.kind == "value" and binding.value is not None:
            seen.add(binding.node)
            pending.append(binding.value)
    return dict(islice(loops.items(), MAX_NESTING)), list(parameters)


def _turns(program: Program, known: _Loops, loop: ast.AST, scope: Scope) -> list[Values]:
    """What the targets of a loop stand for in each turn, as far as its items stand in the notebook."""
    if not isinstance(loop, _LOOPS):
        return []
    found = [known.bound(loop, scope, loop.target, item) for item in islice(_items(program, loop.iter), MAX_TURNS)]
    return [values for values in found if values]


def _items(program: Program, node: ast.expr, depth: int = 0) -> Iterator[ast.expr]:
    """The items that iterating over an expression gives, where they stand in the notebook."""
    value = program.value(node)
    match value:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            yield from items
        case ast.Dict(keys=keys):
            yield from (key for key in keys if key is not None)
        case ast.Call(func=ast.Attribute(value=owner, attr="items" | "keys" | "values" as view), args=[]):
            yield from _view(program.value(owner), view)
        case ast.Call(args=[inner, *_] as arguments) if depth < MAX_NESTING:
            yield from _wrapped(program, program.names(value.func), arguments, inner, depth)


def _view(value: ast.expr, view: str) -> Iterator[ast.expr]:
    if not isinstance(value, ast.Dict):
        return
    for key, item in zip(value.keys, value.values, strict=True):
        if key is not None:
            yield key if view == "keys" else item if view == "values" else ast.Tuple(elts=[key, item], ctx=ast.Load())


def _wrapped(
    program: Program, names: tuple[str, ...], arguments: list[ast.expr], inner: ast.expr, depth: int
) -> Iterator[ast.expr]:
    if "enumerate" in names:
        for number, item in enumerate(_items(program, inner, depth + 1)):
            yield ast.Tuple(elts=[ast.Constant(value=number), item], ctx=ast.Load())
    elif "zip" in names:
        for items in zip(*(_items(program, argument, depth + 1) for argument in arguments), strict=False):
            yield ast.Tuple(elts=list(items), ctx=ast.Load())
    elif not _SAME_ITEMS.isdisjoint(names) or any(
        name.rpartition(".")[2] in ("tqdm", "trange", "track") for name in names
    ):
        yield from _items(program, inner, depth + 1)
