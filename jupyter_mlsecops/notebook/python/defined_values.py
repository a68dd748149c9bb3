"""The expressions that define what names, items and attributes stand for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.classes import class_of, member
from jupyter_mlsecops.notebook.python.literal_items import item_of, keyword_of
from jupyter_mlsecops.notebook.python.unknown import UNKNOWN

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.python.program import Program
    from jupyter_mlsecops.notebook.python.scopes import Binding

_MOST_STEPS = 40
# Objects whose attributes are the keyword arguments that they are made with.
_NAMESPACES = ("Namespace", ".AttrDict", ".EasyDict", ".Munch", ".Box", ".DotMap")

DEFINED = (ast.Name, ast.Attribute, ast.Subscript, ast.NamedExpr, ast.Await)
"""The expressions that may stand for others."""


def value_of(program: Program, node: ast.expr) -> ast.expr:
    """The expression that defines what another stands for; else the expression itself."""
    for _ in range(_MOST_STEPS):
        binding: Binding | None = None
        match node:
            case ast.Name():
                binding = program.binding(node)
            case ast.Attribute(value=owner, attr=attribute):
                binding = program.item(owner, f".{attribute}")
                if binding is None and (given := given_attribute(program, owner, attribute)) is not None:
                    node = given
                    continue
                binding = binding or member(program, owner, attribute)
            case ast.Subscript(value=owner, slice=key):
                constant = program.constant(key)
                binding = program.item(owner, constant) if isinstance(constant, str) else None
                if binding is None and (chosen := item_of(program, owner, constant)) is not None:
                    node = chosen
                    continue
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                node = value
                continue
        if binding is not None and binding.kind == "item" and binding.value is not None:
            defined = item_of(program, binding.value, binding.index)
        else:
            is_value = binding is not None and binding.kind == "value" and not binding.augmented
            defined = binding.value if is_value and binding is not None else None
        if defined is None:
            return node
        node = defined
    return node


def given_attribute(program: Program, owner: ast.expr, attribute: str) -> ast.expr | None:
    """What `Namespace(attribute=…)`, or the constructor of a class that declares the attribute, was given for it."""
    if attribute not in program.keyword_names:
        return None
    made = program.value(owner)
    if not isinstance(made, ast.Call):
        return None
    given = keyword_of(program, made, attribute)
    if given is None:
        return None
    found = class_of(program, made)
    scope = program.scope_of(found[0]) if found else None
    is_declared = scope is not None and attribute in scope.bindings
    return given if is_declared or any(name.endswith(_NAMESPACES) for name in program.names(made.func)) else None


def signed_constant(program: Program, node: ast.UnaryOp) -> object:
    """The constant that `not x`, `-x` or `+x` gives; else UNKNOWN."""
    value = program.constant(node.operand)
    if isinstance(node.op, ast.Not):
        return UNKNOWN if value is UNKNOWN else not value
    if not isinstance(value, (int, float)):
        return UNKNOWN
    return -value if isinstance(node.op, ast.USub) else value
