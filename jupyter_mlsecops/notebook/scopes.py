"""Which names are bound where: one walk over the trees of all cells, in order."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.python import PythonSource

Position = tuple[int, int, int]  # number of the source, line, column

BindingKind = Literal["import", "value", "item", "entered", "element", "parameter", "function", "class", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binding:
    """One place where a name gets a value.

    "value": the value of `value`; "item": its item number `index`; "entered": what `with value` gives;
    "element": one of what iterating over `value` gives; "import": the thing called `qualified`.
    `augmented` keeps the old value in it (`x += value`).
    """

    kind: BindingKind
    at: Position
    scope: Scope
    node: ast.AST
    value: ast.expr | None = None
    qualified: str = ""
    index: int = 0
    augmented: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Scope:
    """One namespace. `items` holds what is put under a constant key or attribute: `(name, key)`."""

    kind: Literal["global", "function", "class"]
    parent: Scope | None = None
    node: ast.AST | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    items: dict[tuple[str, str], list[Binding]] = field(default_factory=lambda: defaultdict(list))
    globals: set[str] = field(default_factory=set)
    star_imports: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """Where a name or a call stands: in which scope, and when."""

    scope: Scope
    at: Position


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Walk:
    """Walks one source after the other with an explicit stack; expressions may be as deep as they like."""

    def __init__(self) -> None:
        self.module = Scope(kind="global")
        self.homes: dict[ast.AST, Home] = {}
        self.dead: set[ast.AST] = set()  # what can never run: the body of `if False`
        self.scopes: dict[ast.AST, Scope] = {}  # of functions and classes

    def source(self, source: PythonSource, number: int) -> tuple[ast.AST, ...]:
        """Record the bindings of one source; returns its nodes in document order."""
        nodes: list[ast.AST] = []
        stack: list[tuple[ast.AST, Scope, bool]] = [(tree, self.module, False) for tree in reversed(source.trees)]
        while stack:
            node, scope, dead = stack.pop()
            nodes.append(node)
            if isinstance(node, (ast.Name, ast.Call, ast.stmt)):
                at = (number, getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
                self.homes[node] = Home(scope, at)
            if dead:
                self.dead.add(node)
            if binder := _BINDERS.get(type(node)):
                binder(self, node, scope, number)
            stack.extend(reversed(list(self._children(node, scope, dead=dead))))
        return tuple(nodes)

    def adopt(self, expression: ast.expr, at: Position) -> None:
        """Give the names of an expression that stands outside the sources a home in the global scope."""
        for node in ast.walk(expression):
            if isinstance(node, (ast.Name, ast.Call)):
                self.homes[node] = Home(self.module, at)

    def _children(self, node: ast.AST, scope: Scope, *, dead: bool) -> Iterator[tuple[ast.AST, Scope, bool]]:
        if isinstance(node, _FUNCTIONS):
            yield from self._function(node, scope, dead=dead)
        elif isinstance(node, ast.ClassDef):
            inner = self._open("class", node, scope)
            outside = [*node.decorator_list, *node.bases, *node.keywords]
            yield from ((child, scope, dead) for child in outside)
            yield from ((child, inner, dead) for child in node.body)
        elif isinstance(node, _COMPREHENSIONS):
            inner = self._open("function", node, scope)
            yield from ((child, inner, dead) for child in node.generators)
            yield from ((child, inner, dead) for child in ast.iter_child_nodes(node) if not isinstance(child, ast.comprehension))
        elif isinstance(node, (ast.If, ast.While)) and isinstance(node.test, ast.Constant):
            yield node.test, scope, dead
            yield from ((child, scope, dead or not node.test.value) for child in node.body)
            yield from ((child, scope, dead or bool(node.test.value)) for child in node.orelse)
        else:
            yield from ((child, scope, dead) for child in ast.iter_child_nodes(node))

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, *, dead: bool
    ) -> Iterator[tuple[ast.AST, Scope, bool]]:
        inner = self._open("function", node, scope)
        arguments = node.args
        defaults = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
        outside: list[ast.AST] = [*getattr(node, "decorator_list", []), *defaults]
        yield from ((child, scope, dead) for child in outside)
        yield from ((parameter, inner, dead) for parameter in _parameters(arguments))
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        yield from ((child, inner, dead) for child in body)

    def _open(self, kind: Literal["function", "class"], node: ast.AST, parent: Scope) -> Scope:
        scope = self.scopes[node] = Scope(kind=kind, parent=parent, node=node)
        return scope

    # -- one method for each kind of node that binds names ---------------------------------------------------------

    def _bind(self, name: str, scope: Scope, binding: Binding) -> None:
        (self.module if name in scope.globals else scope).bindings[name].append(binding)

    def _imports(self, node: ast.Import, scope: Scope, number: int) -> None:
        for alias in node.names:
            qualified = alias.name if alias.asname else alias.name.partition(".")[0]
            at = _end(node, number)
            binding = Binding(kind="import", at=at, scope=scope, node=node, qualified=qualified)
            self._bind(alias.asname or qualified, scope, binding)

    def _imports_from(self, node: ast.ImportFrom, scope: Scope, number: int) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.module.star_imports.append(module)
                continue
            qualified = f"{module}{'' if module.endswith('.') else '.'}{alias.name}"
            binding = Binding(kind="import", at=_end(node, number), scope=scope, node=node, qualified=qualified)
            self._bind(alias.asname or alias.name, scope, binding)

    def _assigns(self, node: ast.Assign, scope: Scope, number: int) -> None:
        for target in node.targets:
            self._target(target, node, node.value, scope, _end(node, number))

    def _annotates(self, node: ast.AnnAssign, scope: Scope, number: int) -> None:
        if node.value is not None:
            self._target(node.target, node, node.value, scope, _end(node, number))

    def _augments(self, node: ast.AugAssign, scope: Scope, number: int) -> None:
        if isinstance(node.target, ast.Name):
            is_sum = isinstance(node.op, ast.Add)
            binding = Binding(
                kind="value" if is_sum else "unknown",
                at=_end(node, number), scope=scope, node=node, value=node.value, augmented=is_sum,
            )  # fmt: skip
            self._bind(node.target.id, scope, binding)

    def _walrus(self, node: ast.NamedExpr, scope: Scope, number: int) -> None:
        self._target(node.target, node, node.value, scope, _end(node, number))

    def _loops(self, node: ast.For | ast.AsyncFor | ast.comprehension, scope: Scope, number: int) -> None:
        self._target(node.target, node, node.iter, scope, _end(node.iter, number), kind="element")

    def _enters(self, node: ast.withitem, scope: Scope, number: int) -> None:
        if node.optional_vars is not None:
            at = _end(node.context_expr, number)
            self._target(node.optional_vars, node, node.context_expr, scope, at, kind="entered")

    def _defines(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: Scope, number: int) -> None:
        kind: BindingKind = "class" if isinstance(node, ast.ClassDef) else "function"
        at = (number, node.lineno, node.col_offset)
        self._bind(node.name, scope, Binding(kind=kind, at=at, scope=scope, node=node))

    def _parameter(self, node: ast.arg, scope: Scope, number: int) -> None:
        at = (number, node.lineno, node.col_offset)
        self._bind(node.arg, scope, Binding(kind="parameter", at=at, scope=scope, node=node))

    def _globals(self, node: ast.Global, scope: Scope, _number: int) -> None:
        scope.globals.update(node.names)

    def _excepts(self, node: ast.ExceptHandler, scope: Scope, number: int) -> None:
        if node.name:
            at = (number, node.lineno, node.col_offset)
            self._bind(node.name, scope, Binding(kind="unknown", at=at, scope=scope, node=node))

    def _target(
        self, target: ast.expr, node: ast.AST, value: ast.expr, scope: Scope, at: Position, *, kind: BindingKind = "value"
    ) -> None:
        pending: list[tuple[ast.expr, ast.expr, BindingKind, int]] = [(target, value, kind, 0)]
        while pending:
            target, value, kind, index = pending.pop()
            match target:
                case ast.Name(id=name):
                    self._bind(name, scope, Binding(kind=kind, at=at, scope=scope, node=node, value=value, index=index))
                case ast.Starred(value=inner):
                    pending.append((inner, value, "unknown", 0))
                case ast.Tuple(elts=targets) | ast.List(elts=targets):
                    pending.extend(_unpacked(targets, value, kind))
                case ast.Subscript(value=ast.expr() as owner, slice=ast.Constant(value=str() as key)):
                    self._item(owner, key, Binding(kind=kind, at=at, scope=scope, node=node, value=value, index=index))
                case ast.Attribute(value=owner, attr=key):
                    self._item(owner, f".{key}", Binding(kind=kind, at=at, scope=scope, node=node, value=value, index=index))

    @staticmethod
    def _item(owner: ast.expr, key: str, binding: Binding) -> None:
        name = dotted(owner)
        if name:
            binding.scope.items[name, key].append(binding)


def _unpacked(targets: list[ast.expr], value: ast.expr, kind: BindingKind) -> Iterator[tuple[ast.expr, ast.expr, BindingKind, int]]:
    starred = any(isinstance(target, ast.Starred) for target in targets)
    if kind == "value" and not starred and isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(targets):
        yield from ((target, item, "value", 0) for target, item in zip(targets, value.elts, strict=True))
        return
    for index, target in enumerate(targets):
        yield target, value, "item" if kind == "value" and not starred else "unknown", index


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def _end(node: ast.AST, number: int) -> Position:
    # A name is bound when its statement is over: in `x = f(x)` the right-hand x is the old one.
    return number, getattr(node, "end_lineno", 0) or 0, getattr(node, "end_col_offset", 0) or 0


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of plain names; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


_BINDERS: dict[type[ast.AST], object] = {
    ast.Import: Walk._imports,
    ast.ImportFrom: Walk._imports_from,
    ast.Assign: Walk._assigns,
    ast.AnnAssign: Walk._annotates,
    ast.AugAssign: Walk._augments,
    ast.NamedExpr: Walk._walrus,
    ast.For: Walk._loops,
    ast.AsyncFor: Walk._loops,
    ast.comprehension: Walk._loops,
    ast.withitem: Walk._enters,
    ast.FunctionDef: Walk._defines,
    ast.AsyncFunctionDef: Walk._defines,
    ast.ClassDef: Walk._defines,
    ast.arg: Walk._parameter,
    ast.Global: Walk._globals,
    ast.ExceptHandler: Walk._excepts,
}
