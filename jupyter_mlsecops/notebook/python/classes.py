"""The classes that a notebook defines: what is an instance of one, and what their members are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.scopes import SELF

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.python.program import Program
    from jupyter_mlsecops.notebook.python.scopes import Binding

_MOST_BASES = 20


def class_of(program: Program, node: ast.expr) -> tuple[ast.ClassDef, bool] | None:
    """The class of the notebook that an expression is, or (True) is an instance of."""
    if not program.has_classes:
        return None
    node = program.value(node)
    instance = isinstance(node, ast.Call)
    if isinstance(node, ast.Call):
        node = program.value(node.func)
    binding = program.binding(node) if isinstance(node, ast.Name) else None
    if binding is None:
        return None
    if isinstance(binding.node, ast.ClassDef):
        return binding.node, instance
    if binding.kind == "entered" and binding.value is not None and not instance:
        found = _class_of_call(program, binding.value)
        return (found, True) if found else None
    if (
        binding.kind == "parameter"
        and isinstance(node, ast.Name)
        and binding.scope.receiver == node.id
        and not instance
    ):
        owner = binding.scope.parent.node if binding.scope.parent else None
        return (owner, not _is_class_method(binding.scope.node)) if isinstance(owner, ast.ClassDef) else None
    return None


def _is_class_method(function: ast.AST | None) -> bool:
    decorators = getattr(function, "decorator_list", ())
    return any(isinstance(decorator, ast.Name) and decorator.id == "classmethod" for decorator in decorators)


def _class_of_call(program: Program, node: ast.expr) -> ast.ClassDef | None:
    function = program.value(node.func) if isinstance(node, ast.Call) else None
    binding = program.binding(function) if isinstance(function, ast.Name) else None
    return binding.node if binding is not None and isinstance(binding.node, ast.ClassDef) else None


def member(program: Program, owner: ast.expr, attribute: str) -> Binding | None:
    """What the class of an expression keeps under an attribute."""
    found = class_of(program, owner)
    return find_member(program, found[0], attribute)[0] if found else None


def find_member(program: Program, owner: ast.ClassDef, attribute: str) -> tuple[Binding | None, list[ast.expr]]:
    """The binding of a member in a class and its bases; and the bases that stand outside the notebook."""
    foreign: list[ast.expr] = []
    pending = [owner]
    for _ in range(_MOST_BASES):
        if not pending:
            break
        each = pending.pop(0)
        scope = program.scope_of(each)
        if scope is not None:
            own = scope.bindings.get(attribute) or scope.items.get((SELF, f".{attribute}"))
            if own:
                return own[-1], foreign
        for base in each.bases[:_MOST_BASES]:
            found = class_of(program, base)
            if found is None:
                foreign.append(base)
            elif found[0] is not owner:
                pending.append(found[0])
    return None, foreign
