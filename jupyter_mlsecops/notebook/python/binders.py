"""What each kind of node binds: names, items and attributes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_mlsecops.notebook.python.scopes import Binding, BindingKind, Frame, Position, Scope, dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_TYPE_PARAMETERS = ("TypeVar", "ParamSpec", "TypeVarTuple")  # since Python 3.12


class Binders:
    """Records bindings. `table` has a method for each type of node that binds something."""

    def __init__(self) -> None:
        self._subjects: dict[ast.AST, ast.expr] = {}  # of patterns that take all that is matched

    def bind(self, name: str, frame: Frame, kind: BindingKind, node: ast.AST, at: Position, **facts: Any) -> None:
        """Record that a name gets a value in a frame; `facts` are further fields of Binding."""
        if not frame.dead:
            scope = _owner(frame.scope, name)
            binding = Binding(kind=kind, at=at, scope=scope, node=node, branch=frame.branch, **facts)
            scope.bindings.setdefault(name, []).append(binding)

    def parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, inner: Frame) -> None:
        """Record the parameters of a function in its own namespace, with their defaults."""
        arguments = node.args
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults: dict[ast.arg, ast.expr | None] = dict(
            zip(reversed(plain), reversed(arguments.defaults), strict=False)
        )
        defaults |= zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        for parameter in parameters_of(arguments):
            at = (inner.number, parameter.lineno, parameter.col_offset)
            self.bind(parameter.arg, inner, "parameter", parameter, at, value=defaults.get(parameter))

    # -- one method for each kind of node --------------------------------------------------------------------------

    def _imports(self, node: ast.Import, frame: Frame) -> None:
        for alias in node.names:
            qualified = alias.name if alias.asname else alias.name.partition(".")[0]
            self.bind(alias.asname or qualified, frame, "import", node, _end(node, frame), qualified=qualified)

    def _imports_from(self, node: ast.ImportFrom, frame: Frame) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                if not frame.dead:
                    frame.scope.module.star_imports.append(module)
                continue
            qualified = f"{module}{'' if module.endswith('.') else '.'}{alias.name}"
            self.bind(alias.asname or alias.name, frame, "import", node, _end(node, frame), qualified=qualified)

    def _assigns(self, node: ast.Assign, frame: Frame) -> None:
        for target in node.targets:
            self._target(target, node.value, _Statement(node, frame, _end(node, frame)))

    def _annotates(self, node: ast.AnnAssign, frame: Frame) -> None:
        if node.value is not None:
            self._target(node.target, node.value, _Statement(node, frame, _end(node, frame)))

    def _augments(self, node: ast.AugAssign, frame: Frame) -> None:
        if isinstance(node.target, ast.Name):
            is_sum = isinstance(node.op, ast.Add)
            kind: BindingKind = "value" if is_sum else "unknown"
            self.bind(node.target.id, frame, kind, node, _end(node, frame), value=node.value, augmented=is_sum)

    def _walrus(self, node: ast.NamedExpr, frame: Frame) -> None:
        scope = frame.scope
        while isinstance(scope.node, COMPREHENSIONS) and scope.parent is not None:
            scope = scope.parent
        outer = Frame(scope, frame.number, frame.dead, frame.branch)
        self._target(node.target, node.value, _Statement(node, outer, _end(node, frame)))

    def _loops(self, node: ast.For | ast.AsyncFor | ast.comprehension, frame: Frame) -> None:
        self._target(node.target, node.iter, _Statement(node, frame, _end(node.iter, frame)), "element")

    def _enters(self, node: ast.withitem, frame: Frame) -> None:
        if node.optional_vars is not None:
            at = _end(node.context_expr, frame)
            self._target(node.optional_vars, node.context_expr, _Statement(node, frame, at), "entered")

    def _defines(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, frame: Frame) -> None:
        kind: BindingKind = "class" if isinstance(node, ast.ClassDef) else "function"
        self.bind(node.name, frame, kind, node, _start(node, frame))

    def _globals(self, node: ast.Global, frame: Frame) -> None:
        frame.scope.globals.update(node.names)

    def _nonlocals(self, node: ast.Nonlocal, frame: Frame) -> None:
        frame.scope.nonlocals.update(node.names)

    def _named(self, node: Any, frame: Frame) -> None:
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            self.bind(name, frame, "unknown", node, _start(node, frame))

    def _matches(self, node: ast.Match, frame: Frame) -> None:
        del frame
        self._subjects.update((case.pattern, node.subject) for case in node.cases)

    def _captures(self, node: ast.MatchAs, frame: Frame) -> None:
        subject = self._subjects.get(node)
        if node.name:
            kind: BindingKind = "unknown" if subject is None else "value"
            self.bind(node.name, frame, kind, node, _end(node, frame), value=subject)

    def _returns(self, node: ast.Return, frame: Frame) -> None:
        if node.value is not None and not frame.dead:
            frame.scope.returns.append(node.value)

    def _aliases_type(self, node: Any, frame: Frame) -> None:
        self._target(node.name, node.value, _Statement(node, frame, _end(node, frame)))

    # -- targets ---------------------------------------------------------------------------------------------------

    def _target(self, target: ast.expr, value: ast.expr, statement: _Statement, kind: BindingKind = "value") -> None:
        pending: list[_Target] = [(target, value, kind, ())]
        while pending:
            target, value, kind, path = pending.pop()
            facts: dict[str, Any] = {"value": value}
            if path:
                facts |= {"path": path} if kind == "element" else {"index": path[-1]}
            match target:
                case ast.Name(id=name):
                    self.bind(name, statement.frame, kind, statement.node, statement.at, **facts)
                case ast.Starred(value=inner):
                    pending.append((inner, value, "unknown", ()))
                case ast.Tuple(elts=targets) | ast.List(elts=targets):
                    pending.extend(_unpacked(targets, value, kind, path))
                case ast.Subscript(
                    value=ast.Call(func=ast.Name(id="globals"), args=[]), slice=ast.Constant(value=str() as name)
                ):
                    module = replace(statement.frame, scope=statement.frame.scope.module)
                    self.bind(name, module, kind, statement.node, statement.at, **facts)
                case ast.Subscript(value=owner, slice=ast.Constant(value=str() as key)):
                    _keep(owner, key, statement, kind, facts)
                case ast.Attribute(value=owner, attr=key):
                    _keep(owner, f".{key}", statement, kind, facts)

    # Made once for all programs: it is told who records.
    table: ClassVar[dict[type[ast.AST], Callable[[Any, Any, Frame], None]]] = {
        ast.Import: _imports,
        ast.ImportFrom: _imports_from,
        ast.Assign: _assigns,
        ast.AnnAssign: _annotates,
        ast.AugAssign: _augments,
        ast.NamedExpr: _walrus,
        ast.For: _loops,
        ast.AsyncFor: _loops,
        ast.comprehension: _loops,
        ast.withitem: _enters,
        ast.FunctionDef: _defines,
        ast.AsyncFunctionDef: _defines,
        ast.ClassDef: _defines,
        ast.Global: _globals,
        ast.Nonlocal: _nonlocals,
        ast.ExceptHandler: _named,
        ast.MatchAs: _captures,
        ast.MatchStar: _named,
        ast.MatchMapping: _named,
        ast.Match: _matches,
        ast.Return: _returns,
        **dict.fromkeys([getattr(ast, name) for name in _TYPE_PARAMETERS if hasattr(ast, name)], _named),
    }
    if hasattr(ast, "TypeAlias"):
        table[ast.TypeAlias] = _aliases_type


@dataclass(frozen=True, slots=True, eq=False)
class _Statement:
    """What binds, in which frame, and from when on."""

    node: ast.AST
    frame: Frame
    at: Position


def _keep(owner: ast.expr, key: str, statement: _Statement, kind: BindingKind, facts: dict[str, Any]) -> None:
    """Record what is put under a key or an attribute of a name."""
    name, frame = dotted(owner), statement.frame
    if name and not frame.dead:
        keeper, name = frame.scope.keeper(name)
        binding = Binding(kind=kind, at=statement.at, scope=keeper, node=statement.node, branch=frame.branch, **facts)
        keeper.items.setdefault((name, key), []).append(binding)


_Target = tuple[ast.expr, ast.expr, BindingKind, tuple[int, ...]]


def _unpacked(targets: list[ast.expr], value: ast.expr, kind: BindingKind, path: tuple[int, ...]) -> Iterator[_Target]:
    """The targets of a tuple with what each of them gets."""
    starred = next((index for index, target in enumerate(targets) if isinstance(target, ast.Starred)), len(targets))
    fits = isinstance(value, (ast.Tuple, ast.List)) and (
        len(value.elts) == len(targets) or (starred < len(targets) and len(value.elts) >= len(targets) - 1)
    )
    literal = fits and not any(isinstance(item, ast.Starred) for item in value.elts)  # type: ignore[attr-defined]
    for index, target in enumerate(targets):
        if index >= starred:
            yield target, value, "unknown", ()
        elif kind == "value" and literal:
            yield target, value.elts[index], "value", ()  # type: ignore[attr-defined]
        elif kind == "element":
            yield target, value, "element", (*path, index)
        else:
            yield target, value, "item" if kind == "value" and not path else "unknown", (index,)


def parameters_of(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters of a function."""
    extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def _owner(scope: Scope, name: str) -> Scope:
    """The namespace that a name is bound in where it is bound in this one."""
    if name in scope.globals:
        return scope.module
    if name in scope.nonlocals:
        outer = scope.parent
        while outer is not None and outer.parent is not None:
            if outer.kind == "function" and name in outer.bindings:
                return outer
            outer = outer.parent
    return scope


def _start(node: Any, frame: Frame) -> Position:
    return frame.number, node.lineno, node.col_offset


def _end(node: Any, frame: Frame) -> Position:
    # A name is bound when its statement is over: in `x = f(x)` the right-hand x is the old one.
    return frame.number, node.end_lineno, node.end_col_offset
