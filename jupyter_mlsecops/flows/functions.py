"""The functions of a notebook: who calls them, when, and what with."""

from __future__ import annotations

import ast
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from jupyter_mlsecops.flows.variant import Variant
from jupyter_mlsecops.notebook.python.program import LOCAL, Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_mlsecops.notebook.code import Code, Session
    from jupyter_mlsecops.notebook.python.scopes import Home, Position, Scope

# When something runs: the position of the call of its function, then its own. Earlier is smaller.
Moment: TypeAlias = tuple[int, ...]
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

MAX_CALLS = 200  # of one function
MAX_NODES = 400  # of one expression that are looked at
MAX_NESTING = 3  # calls in functions that are themselves called
MAX_MOMENTS = 8


def _own_calls(code: Code) -> Iterator[tuple[str, ast.Call]]:
    """The calls of what the notebook itself defines, by its name."""
    for call in code.calls:
        for name in call.names:
            if name.startswith(LOCAL):
                yield name, call.node


class Functions:
    """The functions of one namespace and the calls of them."""

    def __init__(self, session: Session) -> None:
        self._program = session.program
        self._calls: dict[str, list[ast.Call]] = defaultdict(list)
        self._moments: dict[Scope, tuple[Moment, ...]] = {}
        self._returns: dict[str, list[ast.expr]] = {}
        for name, call in session.gather(_own_calls):
            self._calls[name].append(call)

    def calls(self, function: ast.AST) -> Sequence[ast.Call]:
        """The calls of a function or method of the notebook; by name, for that is all that can be told."""
        name = f"{LOCAL}.{getattr(function, 'name', '')}"
        return self._calls.get(name, ())[:MAX_CALLS]

    def named(self, name: str) -> ast.AST | None:
        """The last function of a name."""
        binding = self._program.global_binding(name)
        return binding.node if binding is not None and isinstance(binding.node, Function) else None

    def returns(self, name: str) -> list[ast.expr]:
        """What the last function of a name returns or yields."""
        if name not in self._returns:
            self._returns[name] = self._read_returns(name)
        return self._returns[name]

    def _read_returns(self, name: str) -> list[ast.expr]:
        function = self.named(name)
        nodes = ast.walk(function) if function else ()
        return [node.value for node in nodes if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None]

    def handed(self, call: ast.Call, function: Function, name: str) -> ast.expr | None:
        """What a call hands in for a parameter; its default where it hands nothing in."""
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
        parameters = [*function.args.posonlyargs, *function.args.args]
        names = [parameter.arg for parameter in parameters]
        if name in names:
            # The call of a method hands in no `self`.
            bound = names[:1] in (["self"], ["cls"]) and isinstance(call.func, ast.Attribute)
            position = names.index(name) - bound
            if 0 <= position < len(call.args) and not any(
                isinstance(a, ast.Starred) for a in call.args[: position + 1]
            ):
                return call.args[position]
            defaults = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
            return defaults.get(name)
        only = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        return next((default for parameter, default in only if parameter.arg == name), None)

    def within(self, call: ast.Call, function: ast.AST) -> Program:
        """The program as a function sees it in one call: its parameters are what that call hands in."""
        scope = self._program.scope_of(function)
        if scope is None or not isinstance(function, Function):
            return self._program
        handed = {
            binding: argument
            for name, bindings in scope.bindings.items()
            for binding in bindings[:1]
            if binding.kind == "parameter" and (argument := self.handed(call, function, name)) is not None
        }
        return Variant(self._program, handed) if handed else self._program

    def is_idle(self, scope: Scope | None) -> bool:
        """Whether a scope belongs to a function that nothing in the notebook calls."""
        found = enclosing_function(scope)
        return found is not None and not self.calls(found.node or ast.Pass())

    def moments(self, at: Position, scope: Scope | None) -> tuple[Moment, ...]:
        """When what stands at a position runs: at each call of its function; there, where nothing calls it."""
        found = enclosing_function(scope)
        if found is None:
            return (at,)
        if found not in self._moments:
            self._moments[found] = ()  # a function that calls itself is run by others
            self._moments[found] = tuple(islice(self._called_at(found), MAX_MOMENTS))
        return tuple((*moment, *at) for moment in self._moments[found][:MAX_MOMENTS]) or (at,)

    def _called_at(self, scope: Scope) -> Iterator[Moment]:
        for call in reversed(self.calls(scope.node or ast.Pass())):  # the last ones, where there are many
            home = self._program.home(call)
            if home is not None:
                yield from self.moments(home.at, home.scope) if self._depth(home.scope) < MAX_NESTING else (home.at,)

    def _depth(self, scope: Scope | None) -> int:
        depth = 0
        while (scope := enclosing_function(scope)) is not None and depth < MAX_NESTING:
            depth, scope = depth + 1, scope.parent
        return depth


def functions(session: Session) -> Functions:
    """The functions of a namespace; read once."""
    return session.once(Functions)


def home_of(program: Program, node: ast.AST) -> Home | None:
    """Scope and position of an expression: those of the first name or call in it."""
    for inner in islice(ast.walk(node), MAX_NODES):
        if home := program.home(inner):
            return home
    return None


def enclosing_function(scope: Scope | None) -> Scope | None:
    """The scope of the function with a name that a scope is or stands in."""
    while scope is not None and not isinstance(scope.node, Function):
        scope = scope.parent
    return scope
