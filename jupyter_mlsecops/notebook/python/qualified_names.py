"""The qualified names that expressions may stand for: `torch.load`, `requests.Session().get`."""

from __future__ import annotations

import ast
import builtins
from itertools import islice
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.notebook.python.classes import class_of, find_member
from jupyter_mlsecops.notebook.python.defined_values import given_attribute
from jupyter_mlsecops.notebook.python.literal_items import elements, item_of
from jupyter_mlsecops.notebook.python.unknown import UNKNOWN
from jupyter_mlsecops.notebook.shell.model import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_mlsecops.notebook.python.program import Program
    from jupyter_mlsecops.notebook.python.scopes import Binding

LOCAL = "<notebook>"  # the module of what the notebook itself defines
GLOBALS = "<globals>"  # what globals() gives
MAX_ALTERNATIVES = 20

# What people call a module whose import we cannot see (it stands in a file that the notebook runs).
CONVENTIONAL = {"np": "numpy", "pd": "pandas", "tf": "tensorflow", "th": "torch"}

_IMPORTERS = frozenset({"importlib.import_module", "__import__", "importlib.__import__"})
_WRAPPERS = frozenset({
    "functools.partial", "functools.partialmethod", "functools.cache", "functools.lru_cache", "staticmethod", "classmethod",
})  # fmt: skip
_NAMESPACES = frozenset({"globals", "vars", "locals"})
_LOOK_UPS = frozenset({"get", "pop", "setdefault", "__getitem__"})
_ATTRIBUTE_LOOK_UPS = frozenset({"__getattribute__", "__getattr__"})
_BUILTINS = frozenset({"builtins", "__builtins__", "builtins.__dict__", "__builtins__.__dict__"})
_BUILTIN_NAMES = frozenset(dir(builtins))

Names = tuple[str, ...]


def names_of(program: Program, node: ast.expr) -> Names:
    """The names of one expression; sub-expressions are asked of the program, which remembers and bounds."""
    resolve = _RESOLVERS.get(type(node))
    return () if resolve is None else resolve(program, node)


def inner_of(program: Program, node: ast.expr) -> ast.expr | None:
    """The expression whose names those of another are made from, where that can go on and on."""
    if type(node) is ast.Name:
        binding = program.binding(node)
        return binding.value if binding is not None and binding.kind in ("value", "entered") else None
    inner = _INNER.get(type(node))
    return None if inner is None else getattr(node, inner)


_INNER = {
    ast.Call: "func", ast.Attribute: "value", ast.Subscript: "value", ast.NamedExpr: "value", ast.Await: "value", ast.Starred: "value",
}  # fmt: skip


def union(program: Program, nodes: Iterable[ast.expr]) -> Names:
    """The names of several expressions of which each may be the one."""
    names = (name for node in islice(nodes, MAX_ALTERNATIVES) for name in program.names(node))
    return tuple(islice(dict.fromkeys(names), MAX_ALTERNATIVES))


def _merged(several: Iterable[Names]) -> Names:
    return tuple(islice(dict.fromkeys(name for names in several for name in names), MAX_ALTERNATIVES))


# -- names and what they are bound to ----------------------------------------------------------------------------------


def _of_name(program: Program, node: ast.Name) -> Names:
    found = program.bindings(node)
    if not found:
        return _unbound(program, node.id)
    names = (
        names_of_binding(program, found[0])
        if len(found) == 1
        else _merged(names_of_binding(program, each) for each in found)
    )
    if node.id in _BUILTIN_NAMES and found[0].scope is program.module:
        home = program.home(node)
        if home is not None and home.at < found[0].at:
            return (node.id, *names)  # it is the builtin until that cell has run
    return names


def _unbound(program: Program, name: str) -> Names:
    starred = [f"{module}.{name}" for module in program.module.star_imports[:MAX_ALTERNATIVES]]
    own = name if name in _BUILTIN_NAMES else CONVENTIONAL.get(name, name)
    return (own, *starred)


def names_of_binding(program: Program, binding: Binding) -> Names:
    """The names of what is bound."""
    value = binding.value
    match binding.kind:
        case "import":
            return (_plain(binding.qualified),)
        case "function":
            return (f"{LOCAL}.{getattr(binding.node, 'name', '')}",)
        case "class":
            return (f"{LOCAL}.{getattr(binding.node, 'name', '')}", *union(program, getattr(binding.node, "bases", ())))
        case "parameter" if value is not None:
            return program.names(value)
        case "value" | "entered" if value is not None and not binding.augmented:
            return program.names(value)
        case "item" if value is not None:
            item = item_of(program, value, binding.index)
            return (
                program.names(item)
                if item is not None
                else tuple(f"{name}[{binding.index}]" for name in program.names(value))
            )
        case "element" if value is not None:
            return _of_element(program, value, binding.path)
    return ()


def _of_element(program: Program, iterable: ast.expr, path: tuple[int, ...]) -> Names:
    if found := elements(program, iterable, path):
        return union(program, found)
    items = "".join(f"[{index}]" for index in path)
    return tuple(f"{name}[]{items}" for name in program.names(iterable))


def _plain(name: str) -> str:
    """The name of a builtin function without its module."""
    return name.removeprefix("builtins.")


# -- attributes --------------------------------------------------------------------------------------------------------


def _of_attribute(program: Program, node: ast.Attribute) -> Names:
    if (stored := program.item(node.value, f".{node.attr}")) and (names := names_of_binding(program, stored)):
        return names
    given = given_attribute(program, node.value, node.attr)
    return attribute_names(program, node.value, node.attr) if given is None else program.names(given)


def attribute_names(program: Program, owner: ast.expr, attribute: str) -> Names:
    """The names of an attribute of an expression."""
    if found := class_of(program, owner):
        return _of_member(program, *found, attribute)
    return _below(program.names(owner), attribute)


def _below(owners: Names, attribute: str) -> Names:
    is_name = attribute != "__dict__"
    return tuple(attribute if is_name and owner in _BUILTINS else f"{owner}.{attribute}" for owner in owners)


def _of_member(program: Program, owner: ast.ClassDef, instance: bool, attribute: str) -> Names:  # noqa: FBT001
    binding, foreign = find_member(program, owner, attribute)
    if binding is not None and (names := names_of_binding(program, binding)):
        return names
    call = "()" if instance else ""
    return tuple(f"{base}{call}.{attribute}" for base in union(program, foreign))


# -- calls -------------------------------------------------------------------------------------------------------------


def _of_call(program: Program, node: ast.Call) -> Names:
    names = program.names(node.func)
    for special in _SPECIAL_CALLS:
        found = special(program, node, names)
        if found is not None:
            return found
    made = tuple(f"{name}()" for name in names)
    returned = _returned(program, node.func)
    return _merged([made, union(program, returned)]) if returned else made


def _returned(program: Program, function: ast.expr) -> list[ast.expr]:
    """What a function of the notebook gives."""
    function = program.value(function)
    if isinstance(function, ast.Lambda):
        return [function.body]
    binding = program.binding(function) if isinstance(function, ast.Name) else None
    if binding is None or binding.kind != "function":
        return []
    scope = program.scope_of(binding.node)
    return scope.returns if scope else []


def _imported(program: Program, node: ast.Call, names: Names) -> Names | None:
    if _IMPORTERS.isdisjoint(names):
        return None
    given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "name")]
    module = program.text(given[0]) if given else None
    if not module or HOLE in module:
        return ()
    # __import__("a.b") gives a, unless names are asked of it.
    gives_parent = (
        "__import__" in names and len(node.args) < 4 and not any(each.arg == "fromlist" for each in node.keywords)
    )
    return (module.partition(".")[0] if gives_parent else module,)


def _got(program: Program, node: ast.Call, names: Names) -> Names | None:
    """`getattr(module, "name")`, `module.__getattribute__("name")`, `operator.attrgetter("name")(module)`."""
    function = node.func
    if "getattr" in names and len(node.args) >= 2:
        owner, key = node.args[:2]
    elif isinstance(function, ast.Attribute) and function.attr in _ATTRIBUTE_LOOK_UPS and node.args:
        owner, key = function.value, node.args[0]
    elif "operator.attrgetter()" in names and node.args:
        getter = program.value(function)
        owner = node.args[0]
        key = getter.args[0] if isinstance(getter, ast.Call) and getter.args else owner
    else:
        return None
    attribute = program.text(key)
    return attribute_names(program, owner, attribute) if attribute and HOLE not in attribute else ()


def _wrapped(program: Program, node: ast.Call, names: Names) -> Names | None:
    """What calls the function that it is given."""
    return program.names(node.args[0]) if node.args and not _WRAPPERS.isdisjoint(names) else None


def _namespace(program: Program, node: ast.Call, names: Names) -> Names | None:
    if _NAMESPACES.isdisjoint(names):
        return None
    return tuple(f"{name}.__dict__" for name in program.names(node.args[0])) if node.args else (GLOBALS,)


def _super(program: Program, node: ast.Call, names: Names) -> Names | None:
    if "super" not in names:
        return None
    home = program.home(node)
    scope = home.scope if home else None
    while scope is not None and not isinstance(scope.node, ast.ClassDef):
        scope = scope.parent
    return (
        tuple(f"{base}()" for base in union(program, scope.node.bases))
        if scope and isinstance(scope.node, ast.ClassDef)
        else ()
    )


def _looked_up(program: Program, node: ast.Call, _names: Names) -> Names | None:
    """`functions.get("name")`."""
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in _LOOK_UPS or not node.args:
        return None
    found = _under(program, function.value, node.args[0])
    if found is None:
        return None
    return _merged([found, union(program, node.args[1:2])])


_SPECIAL_CALLS: tuple[Callable[[Program, ast.Call, Names], Names | None], ...] = (
    _imported, _got, _wrapped, _namespace, _super, _looked_up,
)  # fmt: skip


# -- items -------------------------------------------------------------------------------------------------------------


def _of_subscript(program: Program, node: ast.Subscript) -> Names:
    found = _under(program, node.value, node.slice)
    if found is not None:
        return found
    key = program.constant(node.slice)
    return tuple(
        f"{name}[{key}]" if type(key) is int and abs(key) < 1 << 30 else f"{name}[]"
        for name in program.names(node.value)
    )


def _under(program: Program, owner: ast.expr, key: ast.expr) -> Names | None:
    """The names of what stands under a key, where the owner is a literal or a namespace; None for anything else."""
    constant = program.constant(key)
    if isinstance(constant, str):
        if (stored := program.item(owner, constant)) and (names := names_of_binding(program, stored)):
            return names
        inside = _of_namespace(program, program.names(owner), constant)
        if inside is not None:
            return inside
    literal = program.value(owner)
    if not isinstance(literal, (ast.Dict, ast.List, ast.Tuple, ast.Call, ast.BinOp)):
        return None
    if constant is not UNKNOWN and (item := item_of(program, literal, constant)) is not None:
        return program.names(item)
    if isinstance(literal, ast.Dict):
        return union(program, literal.values) if constant is UNKNOWN else ()
    return union(program, literal.elts) if isinstance(literal, (ast.List, ast.Tuple)) else None


def _of_namespace(program: Program, owners: Names, key: str) -> Names | None:
    """What a namespace holds: `sys.modules`, `globals()`, `vars(module)`, `module.__dict__`."""
    if "sys.modules" in owners:
        return (key,)
    if GLOBALS in owners:
        binding = program.global_binding(key)
        return names_of_binding(program, binding) if binding else _unbound(program, key)
    inside = tuple(owner for owner in owners if owner.endswith(".__dict__") or owner in _BUILTINS)
    return _below(tuple(owner.removesuffix(".__dict__") for owner in inside), key) if inside else None


# -- what is one of several --------------------------------------------------------------------------------------------


def _of_either(program: Program, node: ast.IfExp) -> Names:
    return union(program, [node.body, node.orelse])


def _of_any(program: Program, node: ast.BoolOp) -> Names:
    return union(program, node.values)


def _of_inner(program: Program, node: ast.NamedExpr | ast.Await | ast.Starred) -> Names:
    return program.names(node.value)


_RESOLVERS: dict[type[ast.expr], Callable[[Program, Any], Names]] = {
    ast.Name: _of_name, ast.Attribute: _of_attribute, ast.Call: _of_call, ast.Subscript: _of_subscript, ast.IfExp: _of_either,
    ast.BoolOp: _of_any, ast.NamedExpr: _of_inner, ast.Await: _of_inner, ast.Starred: _of_inner,
}  # fmt: skip
