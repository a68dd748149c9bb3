"""In which ways a statement runs: once for each call of the function it stands in, and for each turn of its loops."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from jupyter_mlsecops.notebook.program import LOCAL, Program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jupyter_mlsecops.notebook.code import Code, Session
    from jupyter_mlsecops.notebook.scopes import Binding, Home, Position, Scope

# When something runs: the position of the call of its function, then its own. Earlier is smaller.
Moment: TypeAlias = tuple[int, ...]
Values: TypeAlias = "dict[Binding, ast.expr]"

MAX_CALLS = 200  # of one function
MAX_TURNS = 200  # of one loop
MAX_NODES = 400  # that are looked at to see what decides one statement
MAX_NESTING = 3  # calls in functions that are themselves called
MAX_MOMENTS = 8
MAX_ROOM = 8_000  # characters of names and texts that are worked out for one run
MAX_RUNS = 20_000  # of all statements of one namespace, beside the first of each

_SAME_ITEMS = frozenset({"list", "tuple", "sorted", "reversed", "set", "iter"})
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One way in which a statement runs: what its names stand for then, and when.

    `call` is the call of the function that it stands in, where that decides what names stand for.
    """

    program: Program
    moment: Moment
    call: ast.Call | None = None


class Functions:
    """The functions of one namespace and the calls of them."""

    def __init__(self, session: Session) -> None:
        self._program = session.program
        self._calls: dict[str, list[ast.Call]] = defaultdict(list)
        self._moments: dict[Scope, tuple[Moment, ...]] = {}
        self._returns: dict[str, list[ast.expr]] = {}
        self._loops: dict[Scope, dict[tuple[ast.AST, str], Binding]] = {}
        self.runs_left = MAX_RUNS
        for code in session.codes:
            for call in code.calls:
                for name in call.names:
                    if name.startswith(LOCAL):
                        self._calls[name].append(call.node)

    def calls(self, function: ast.AST) -> Sequence[ast.Call]:
        """The calls of a function or method of the notebook; by name, for that is all that can be told."""
        name = f"{LOCAL}.{getattr(function, 'name', '')}"
        return self._calls.get(name, ())[:MAX_CALLS]

    def named(self, name: str) -> ast.AST | None:
        """The last function of a name."""
        binding = self._program.global_binding(name)
        return binding.node if binding is not None and isinstance(binding.node, _Function) else None

    def returns(self, name: str) -> list[ast.expr]:
        """What the last function of a name returns or yields."""
        if name not in self._returns:
            self._returns[name] = self._read_returns(name)
        return self._returns[name]

    def _read_returns(self, name: str) -> list[ast.expr]:
        function = self.named(name)
        nodes = ast.walk(function) if function else ()
        return [node.value for node in nodes if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None]

    def handed(self, call: ast.Call, function: _Function, name: str) -> ast.expr | None:
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
            if 0 <= position < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args[: position + 1]):
                return call.args[position]
            defaults = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
            return defaults.get(name)
        only = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        return next((default for parameter, default in only if parameter.arg == name), None)

    def within(self, call: ast.Call, function: ast.AST) -> Program:
        """The program as a function sees it in one call: its parameters are what that call hands in."""
        scope = self._program.scope_of(function)
        if scope is None or not isinstance(function, _Function):
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

    def bound(self, loop: ast.AST, scope: Scope, target: ast.expr, item: ast.expr) -> Values:
        """What the names in the target of a loop stand for when it comes to an item."""
        match target, item:
            case ast.Name(id=name), _:
                binding = self._targets(scope).get((loop, name))
                return {binding: item} if binding is not None else {}
            case (ast.Tuple(elts=targets) | ast.List(elts=targets)), (ast.Tuple(elts=parts) | ast.List(elts=parts)):
                values: Values = {}
                for inner, part in zip(targets, parts, strict=False):
                    values |= self.bound(loop, scope, inner, part)
                return values
        return {}

    def _targets(self, scope: Scope) -> dict[tuple[ast.AST, str], Binding]:
        """The names that loops bind in a scope."""
        if scope not in self._loops:
            pairs = ((name, binding) for name, bindings in scope.bindings.items() for binding in bindings)
            self._loops[scope] = {(b.node, name): b for name, b in pairs if isinstance(b.node, _LOOPS)}
        return self._loops[scope]

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
    while scope is not None and not isinstance(scope.node, _Function):
        scope = scope.parent
    return scope


def runs(code: Code, node: ast.AST, read: Iterable[ast.expr]) -> list[Run]:
    """The ways in which a call or statement runs that reads some expressions; at least one."""
    program, known = code.program, functions(code.session)
    home = program.home(node)
    at, scope = (home.at, home.scope) if home else ((code.number, 0, 0), None)
    if known.runs_left <= 0:
        return [Run(program=program, moment=at)]
    loops, parameters = _deciding(program, read)
    turns: list[Values] = [{}]
    for loop, scope_of_loop in loops.items():
        more = _turns(program, known, loop, scope_of_loop)
        turns = list(islice((one | other for one in turns for other in more), MAX_TURNS)) or turns
    found: list[Run] = []
    for call, values, moments in _calls(program, known, parameters, at, scope):
        for turn in turns:
            seen = Variant(program, values | turn) if values or turn else program
            found += [Run(program=seen, moment=moment, call=call) for moment in moments]
    known.runs_left -= len(found) - 1
    return found


def _calls(
    program: Program, known: Functions, parameters: list[Binding], at: Position, scope: Scope | None
) -> Iterator[tuple[ast.Call | None, Values, tuple[Moment, ...]]]:
    """The calls of the function whose parameters decide, with what they hand in."""
    function = parameters[0].scope.node if parameters else None
    found = False
    for call in known.calls(function) if isinstance(function, _Function) else ():
        values = {
            binding: argument
            for binding in parameters
            if isinstance(function, _Function)
            and binding.scope.node is function
            and (argument := known.handed(call, function, getattr(binding.node, "arg", ""))) is not None
        }
        home = program.home(call)
        if home is not None and values:
            found = True
            yield call, values, tuple((*moment, *at) for moment in known.moments(home.at, home.scope))
    if not found:
        yield None, {}, known.moments(at, scope)


class Variant(Program):
    """A program in which some names stand for something else."""

    def __init__(self, program: Program, values: Mapping[Binding, ast.expr]) -> None:
        self.__dict__.update(vars(program))
        self._decided = dict(values)
        # What was worked out for the program does not hold here.
        self._names = {}
        self._texts = {}
        self._values = {}
        self.sums = {}
        self._room = min(self._room, MAX_ROOM)

    def bindings(self, name: ast.Name) -> list[Binding]:
        """The bindings of a name; what they give is decided by the variant."""
        found = super().bindings(name)
        decided = [binding for binding in found if binding in self._decided]
        return [replace(binding, kind="value", value=self._decided[binding]) for binding in decided] or found


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


def _turns(program: Program, known: Functions, loop: ast.AST, scope: Scope) -> list[Values]:
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
    elif not _SAME_ITEMS.isdisjoint(names) or any(name.rpartition(".")[2] in ("tqdm", "trange", "track") for name in names):
        yield from _items(program, inner, depth + 1)
