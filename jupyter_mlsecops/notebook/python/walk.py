"""One walk over the trees of all cells, in order: who stands where, and what is bound."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from jupyter_mlsecops.notebook.python.binders import COMPREHENSIONS, Binders, parameters_of
from jupyter_mlsecops.notebook.python.scopes import Branch, Frame, Scope, position_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_mlsecops.notebook.python.scopes import Position

# Fields that hold no nodes, or nodes that say nothing: names, operators, contexts.
_NO_CHILDREN = frozenset({
    "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "lineno", "module", "op", "ops", "rest",
    "simple", "tag", "type_comment", "type_ignores",
})  # fmt: skip
_LEAVES = (ast.Constant, ast.Name, ast.Global, ast.Nonlocal, ast.MatchSingleton)

_Stack = list[Any]  # nodes, None for nodes that are not there, and the frame of those that follow


_Binder: TypeAlias = "Callable[[Any, Any, Frame], None]"
_Opener: TypeAlias = "Callable[[Any, Any, Frame], _Stack]"


class _Plans(dict[type[ast.AST], tuple["_Binder | None", "_Opener | None", tuple[str, ...]]]):
    """What is done with a type of node: who records what it binds, who lays out its children, and else their fields."""

    def __init__(self, binders: dict[type[ast.AST], _Binder], openers: dict[type[ast.AST], _Opener]) -> None:
        self._binders, self._openers = binders, openers

    def __missing__(self, kind: type[ast.AST]) -> tuple[_Binder | None, _Opener | None, tuple[str, ...]]:
        # The last field first, for the children go onto a stack.
        names = () if issubclass(kind, _LEAVES) else tuple(f for f in reversed(kind._fields) if f not in _NO_CHILDREN)
        plan = self[kind] = self._binders.get(kind), self._openers.get(kind), names
        return plan


class Walk:
    """Walks one source after the other with an explicit stack; expressions may be as deep as they like."""

    def __init__(self) -> None:
        self.module = Scope(kind="global")
        self.frames: dict[ast.AST, Frame] = {}
        self.scopes: dict[ast.AST, Scope] = {}  # of functions, classes and comprehensions
        self._binders = Binders()

    def source(self, trees: Iterable[ast.AST], number: int) -> list[ast.AST]:
        """Record the bindings of trees that stand in one source; returns their nodes, outer before inner."""
        nodes: list[ast.AST] = []
        frames, plans, binders = self.frames, self._plans, self._binders
        frame = Frame(self.module, number)
        stack: _Stack = [*trees][::-1]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is Frame:
                frame = node
                continue
            if node is None:
                continue
            nodes.append(node)
            frames[node] = frame
            bind, open_, fields = plans[kind]
            if bind is not None:
                bind(binders, node, frame)
            if open_ is not None:
                stack.append(frame)
                stack.extend(open_(self, node, frame)[::-1])
                continue
            for name in fields:
                child = getattr(node, name, None)
                if type(child) is list:
                    stack.extend(child[::-1])
                elif isinstance(child, ast.AST):
                    stack.append(child)
        return nodes

    def enter(self, tree: ast.Module, number: int) -> list[ast.AST]:
        """Record the root of a source whose statements are recorded one by one."""
        self.frames[tree] = Frame(self.module, number)
        return [tree]

    @staticmethod
    def finish(scopes: Iterable[Scope]) -> None:
        """Put all bindings of namespaces in order: a statement ends, and so binds, behind those inside it."""
        for scope in scopes:
            for bindings in (*scope.bindings.values(), *scope.items.values()):
                if len(bindings) > 1:
                    bindings.sort(key=position_of)

    def adopt(self, expression: ast.expr, scope: Scope, at: Position) -> None:
        """Give the nodes of an expression that stands outside the sources a place in the program."""
        frame = Frame(scope, at[0], at=at)
        self.frames.update(dict.fromkeys(ast.walk(expression), frame))

    # -- the children of nodes that open a namespace ---------------------------------------------------------------

    def _open(self, kind: Any, node: ast.AST, outer: Frame, receiver: str = "") -> Frame:
        scope = self.scopes[node] = Scope(kind=kind, parent=outer.scope, node=node, receiver=receiver)
        return Frame(scope, outer.number, outer.dead, outer.branch)

    def _function(self, node: Any, frame: Frame) -> _Stack:
        arguments: ast.arguments = node.args
        inner = self._open("function", node, frame, _receiver(node, frame.scope))
        self._binders.parameters(node, inner)
        outside = [*getattr(node, "decorator_list", ()), *arguments.defaults, *arguments.kw_defaults]
        parameters = [*getattr(node, "type_params", ()), *parameters_of(arguments)]
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        return [*outside, getattr(node, "returns", None), inner, *parameters, *body]

    def _class(self, node: ast.ClassDef, frame: Frame) -> _Stack:
        inner = self._open("class", node, frame)
        return [*node.decorator_list, *node.bases, *node.keywords, inner, *getattr(node, "type_params", ()), *node.body]

    def _comprehension(self, node: Any, frame: Frame) -> _Stack:
        inner = self._open("function", node, frame)
        given = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        # What the first loop runs over is worked out outside.
        return [node.generators[0].iter, inner, *node.generators, *given]

    def _loop_of_comprehension(self, node: ast.comprehension, frame: Frame) -> _Stack:
        whole = frame.scope.node
        is_first = isinstance(whole, COMPREHENSIONS) and whole.generators[0] is node
        return [*([] if is_first else [node.iter]), node.target, *node.ifs]

    # -- the children of nodes of which not all are run ------------------------------------------------------------

    def _if(self, node: ast.If, frame: Frame) -> _Stack:
        truth = _truth(node.test)
        body = _arm(frame, node, 0, dead=truth is False)
        orelse = _arm(frame, node, 1, dead=truth is True)
        return [node.test, body, *node.body, orelse, *node.orelse]

    def _while(self, node: ast.While, frame: Frame) -> _Stack:
        truth = _truth(node.test)
        body = Frame(frame.scope, frame.number, frame.dead or truth is False, frame.branch)
        orelse = Frame(frame.scope, frame.number, frame.dead or truth is True, frame.branch)
        return [node.test, body, *node.body, orelse, *node.orelse]

    def _try(self, node: Any, frame: Frame) -> _Stack:
        children: _Stack = [_arm(frame, node, 0), *node.body]
        for number, handler in enumerate(node.handlers, 1):
            children += [_arm(frame, node, number), handler]
        return [*children, _arm(frame, node, 0), *node.orelse, frame, *node.finalbody]

    def _match(self, node: ast.Match, frame: Frame) -> _Stack:
        children: _Stack = [node.subject]
        for number, case in enumerate(node.cases):
            children += [_arm(frame, node, number), case]
        return children

    # Nodes whose children do not all stand in the frame that they stand in. Made once for all programs: it is told who walks.
    _plans: ClassVar[_Plans] = _Plans(
        Binders.table,
        {
            ast.FunctionDef: _function,
            ast.AsyncFunctionDef: _function,
            ast.Lambda: _function,
            ast.ClassDef: _class,
            ast.comprehension: _loop_of_comprehension,
            ast.If: _if,
            ast.While: _while,
            ast.Try: _try,
            ast.TryStar: _try,
            ast.Match: _match,
            **dict.fromkeys(COMPREHENSIONS, _comprehension),
        },
    )


def by_type(nodes: Iterable[ast.AST]) -> dict[type[ast.AST], list[int]]:
    """The indices of nodes by their type."""
    found: dict[type[ast.AST], list[int]] = defaultdict(list)
    for index, node in enumerate(nodes):
        found[type(node)].append(index)
    return dict(found)


def _receiver(node: ast.AST, outer: Scope) -> str:
    """The name by which a method knows its instance, or its class; "" for any other function."""
    if outer.kind != "class" or isinstance(node, ast.Lambda):
        return ""
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))  # noqa: S101
    parameters = [*node.args.posonlyargs, *node.args.args]
    is_static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
    return parameters[0].arg if parameters and not is_static else ""


def _arm(frame: Frame, statement: ast.AST, number: int, *, dead: bool = False) -> Frame:
    return Frame(frame.scope, frame.number, frame.dead or dead, Branch(statement, number, frame.branch))


def _truth(test: ast.expr) -> bool | None:
    """What a condition always is; None where that depends."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=value)):
            return not value
        case ast.BoolOp(op=ast.And(), values=[ast.Constant(value=value), *_]) if not value:
            return False
    return None
