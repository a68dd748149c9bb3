"""What names and expressions stand for, across all cells of a notebook."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, Final, TypeVar

from jupyter_mlsecops.notebook import text_values
from jupyter_mlsecops.notebook.scopes import Binding, Home, Position, Scope, Walk, dotted
from jupyter_mlsecops.notebook.shell_model import HOLE
from jupyter_mlsecops.notebook.text_values import last_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jupyter_mlsecops.notebook.python import PythonSource

MAX_DEPTH = 40  # how many bindings and sub-expressions are followed from one expression


class Unknown:
    """The value of an expression that cannot be known by reading."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = Unknown()

# What people call a module whose import we cannot see (it stands in a file that the notebook runs).
CONVENTIONAL = {"np": "numpy", "pd": "pandas", "tf": "tensorflow", "th": "torch"}

_IMPORTERS = frozenset({"importlib.import_module", "__import__", "importlib.__import__", "builtins.__import__"})

LOCAL = "<notebook>"  # the module of what the notebook itself defines
GLOBALS = "<globals>"  # what globals() gives
MAX_ALTERNATIVES = 20
MAX_EXPRESSION = 2000

T = TypeVar("T")


class Program:
    """The one namespace that the cells of a notebook share.

    Cells can run in any order: a name means its last binding above the place of use, and where there is none above,
    the first below. Nothing is executed.
    """

    def __init__(self, sources: Sequence[PythonSource], *, environment: Mapping[str, str] | None = None) -> None:
        self.sources = tuple(sources)
        self._environment = environment or {}  # what magics put into the process's environment
        self._walk = Walk()
        self.nodes = tuple(self._walk.source(source, number) for number, source in enumerate(self.sources))
        self.module = self._walk.module
        self._names: dict[ast.AST, tuple[str, ...]] = {}
        self._texts: dict[ast.AST, str | None] = {}
        self._depth = 0

    def is_dead(self, node: ast.AST) -> bool:
        """Whether a node stands where nothing ever runs."""
        return node in self._walk.dead

    def home(self, node: ast.AST) -> Home | None:
        """Scope and position of a name, a call or a statement of this program."""
        return self._walk.homes.get(node)

    def scope_of(self, node: ast.AST) -> Scope | None:
        """The scope that a function or class opens."""
        return self._walk.scopes.get(node)

    # -- bindings --------------------------------------------------------------------------------------------------

    def binding(self, name: ast.Name) -> Binding | None:
        """The binding that a name in the code most likely means."""
        home = self._walk.homes.get(name)
        return None if home is None else self.lookup(name.id, home)

    def lookup(self, name: str, home: Home) -> Binding | None:
        """The binding of a name as seen from a place."""
        scope: Scope | None = home.scope
        innermost = True
        while scope is not None:
            # A class body is seen from itself alone, not from the functions in it.
            visible = scope.kind != "class" or innermost
            found = scope.bindings.get(name) if visible and not (scope.kind != "global" and name in scope.globals) else None
            if found:
                return _nearest(found, home.at)
            innermost = False
            scope = scope.parent
        return None

    def global_binding(self, name: str, at: Position | None = None) -> Binding | None:
        """The binding of a global name, seen from a position or from the end of the notebook."""
        found = self.module.bindings.get(name)
        return _nearest(found, at or (len(self.sources), 0, 0)) if found else None

    def item(self, owner: ast.expr, key: str) -> Binding | None:
        """What was put under a constant key (`"key"`) or attribute (`".key"`) of a plain name."""
        name = dotted(owner)
        root = owner
        while isinstance(root, ast.Attribute):
            root = root.value
        home = self._walk.homes.get(root)
        scope = home.scope if home else None
        while name and scope is not None and home is not None:
            # What is put in later does not count: an item is most often made from its own old value.
            if found := [binding for binding in scope.items.get((name, key), ()) if binding.at <= home.at]:
                return _nearest(found, home.at)
            scope = scope.parent
        return None

    # -- names -----------------------------------------------------------------------------------------------------

    def names(self, node: ast.expr) -> tuple[str, ...]:
        """The qualified names that an expression may stand for; () where nothing is known.

        What a call gives is named after it: `requests.Session().get`; its items: `f()[0]`.
        """
        if node in self._names:
            return self._names[node]
        self._names[node] = ()  # a name that is defined by itself stands for nothing
        found = self._bounded(lambda: self._find_names(node), ())
        self._names[node] = found
        return found

    def _bounded(self, compute: Callable[[], T], otherwise: T) -> T:
        if self._depth >= MAX_DEPTH:
            return otherwise
        self._depth += 1
        try:
            return compute()
        finally:
            self._depth -= 1

    def _find_names(self, node: ast.expr) -> tuple[str, ...]:
        match node:
            case ast.Name():
                return self._names_of_name(node)
            case ast.Attribute():
                return self._names_of_attribute(node)
            case ast.Call():
                return self._names_of_call(node)
            case ast.Subscript():
                return self._names_of_subscript(node)
            case ast.IfExp(body=body, orelse=orelse):
                return self._union([body, orelse])
            case ast.BoolOp(values=values):
                return self._union(values)
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                return self.names(value)
        return ()

    def _union(self, nodes: Iterable[ast.expr]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for node in list(nodes)[:MAX_ALTERNATIVES] for name in self.names(node)))

    def _names_of_name(self, node: ast.Name) -> tuple[str, ...]:
        binding = self.binding(node)
        if binding is not None:
            return self._names_of_binding(binding)
        if hasattr(builtins, node.id):
            return (node.id,)
        starred = [f"{module}.{node.id}" for module in self.module.star_imports[:MAX_ALTERNATIVES]]
        return (CONVENTIONAL.get(node.id, node.id), *starred)

    def _names_of_binding(self, binding: Binding) -> tuple[str, ...]:
        value = binding.value
        match binding.kind:
            case "import":
                return (binding.qualified,)
            case "function" | "class":
                return (f"{LOCAL}.{getattr(binding.node, 'name', '')}",)
            case "value" | "entered" if value is not None and not binding.augmented:
                return self.names(value)
            case "item" if value is not None:
                return tuple(f"{name}[{binding.index}]" for name in self.names(value))
            case "element" if isinstance(value, (ast.List, ast.Tuple)):
                return self._union(value.elts)
            case "element" if value is not None:
                return tuple(f"{name}[]" for name in self.names(value))
        return ()

    def _names_of_attribute(self, node: ast.Attribute) -> tuple[str, ...]:
        if stored := self.item(node.value, f".{node.attr}"):
            if names := self._names_of_binding(stored):
                return names
        if owner := self._class_of(node.value):
            return self._names_of_member(owner, node.attr, instance=isinstance(node.value, ast.Call))
        return tuple(f"{name}.{node.attr}" for name in self.names(node.value))

    def _class_of(self, node: ast.expr) -> ast.ClassDef | None:
        """The class of the notebook that an expression is, or is an instance of."""
        node = self.value(node)
        if isinstance(node, ast.Call):
            node = node.func
        binding = self.binding(node) if isinstance(node, ast.Name) else None
        return binding.node if binding is not None and isinstance(binding.node, ast.ClassDef) else None

    def _names_of_member(self, owner: ast.ClassDef, attribute: str, *, instance: bool) -> tuple[str, ...]:
        scope = self.scope_of(owner)
        if scope is not None and (own := scope.bindings.get(attribute)):
            return self._names_of_binding(own[-1])
        call = "()" if instance else ""
        return tuple(f"{base}{call}.{attribute}" for base in self._union(owner.bases))

    def _names_of_call(self, node: ast.Call) -> tuple[str, ...]:
        names = self.names(node.func)
        arguments = node.args
        if not _IMPORTERS.isdisjoint(names) and arguments:
            module = self.text(arguments[0])
            return (module,) if module and HOLE not in module else ()
        if "getattr" in names and len(arguments) >= 2:
            attribute = self.text(arguments[1])
            return tuple(f"{name}.{attribute}" for name in self.names(arguments[0])) if attribute else ()
        if "functools.partial" in names and arguments:
            return self.names(arguments[0])
        if "globals" in names or "vars" in names or "locals" in names:
            return tuple(f"{name}.__dict__" for name in self.names(arguments[0])) if arguments else (GLOBALS,)
        return tuple(f"{name}()" for name in names)

    def _names_of_subscript(self, node: ast.Subscript) -> tuple[str, ...]:
        container = self.value(node.value)
        if isinstance(container, ast.Dict):
            return self._union(self._chosen(container, node.slice))
        if isinstance(container, (ast.List, ast.Tuple)):
            index = self.constant(node.slice)
            known = isinstance(index, int) and -len(container.elts) <= index < len(container.elts)
            return self._union([container.elts[index]] if known and isinstance(index, int) else container.elts)
        names = self.names(node.value)
        key = self.constant(node.slice)
        if isinstance(key, str):
            if "sys.modules" in names:
                return (key,)
            if GLOBALS in names:
                binding = self.global_binding(key)
                return self._names_of_binding(binding) if binding else ()
            return tuple(f"{name.removesuffix('.__dict__')}.{key}" for name in names if name.endswith(".__dict__"))
        return tuple(f"{name}[{key}]" if isinstance(key, int) else f"{name}[]" for name in names)

    def _chosen(self, container: ast.Dict, key: ast.expr) -> list[ast.expr]:
        """The values of a dict literal that a key may pick."""
        wanted = self.constant(key)
        if wanted is UNKNOWN:
            return container.values
        pairs = zip(container.keys, container.values, strict=True)
        return [value for own, value in pairs if own is not None and self.constant(own) == wanted]

    # -- values ----------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> ast.expr:
        """The expression that defines what a name, an item or an attribute stands for; else the expression itself."""
        for _ in range(MAX_DEPTH):
            binding: Binding | None = None
            match node:
                case ast.Name():
                    binding = self.binding(node)
                case ast.Attribute(value=owner, attr=attribute):
                    binding = self.item(owner, f".{attribute}") or self._class_attribute(owner, attribute)
                case ast.Subscript(value=owner, slice=ast.Constant(value=str() as key)):
                    binding = self.item(owner, key)
                    if binding is None and (chosen := self._item_of_literal(owner, key)):
                        node = chosen
                        continue
                case ast.NamedExpr(value=value) | ast.Await(value=value):
                    node = value
                    continue
            if binding is None or binding.kind != "value" or binding.value is None or binding.augmented:
                return node
            node = binding.value
        return node

    def _class_attribute(self, owner: ast.expr, attribute: str) -> Binding | None:
        binding = self.binding(owner) if isinstance(owner, ast.Name) else None
        if binding is None or not isinstance(binding.node, ast.ClassDef):
            return None
        scope = self.scope_of(binding.node)
        own = scope.bindings.get(attribute) if scope else None
        return own[-1] if own else None

    def _item_of_literal(self, owner: ast.expr, key: str) -> ast.expr | None:
        container = self._bounded(lambda: self.value(owner), owner)
        match container:
            case ast.Dict():
                return last_item(container, key)
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                return next((keyword.value for keyword in keywords if keyword.arg == key), None)
        return None

    def text(self, node: ast.expr) -> str | None:
        """The string (or path) that an expression gives, unknown parts as HOLE; None where it is not known to be one."""
        if node in self._texts:
            return self._texts[node]
        self._texts[node] = None
        found = self._bounded(lambda: text_values.text_of(self, node), None)
        if found is not None and len(found) > text_values.MAX_LENGTH:
            found = None
        self._texts[node] = found
        return found

    def constant(self, node: ast.expr) -> object:
        """The constant that an expression gives: str, bytes, number, bool, None; else UNKNOWN."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                value = self._bounded(lambda: self.constant(operand), UNKNOWN)
                return UNKNOWN if value is UNKNOWN else not value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
        defined = self._bounded(lambda: self.value(node), node)
        if defined is not node:
            return self._bounded(lambda: self.constant(defined), UNKNOWN)
        text = self.text(node)
        return UNKNOWN if text is None or HOLE in text else text

    def shown(self, node: ast.expr) -> str | None:
        """The text that an expression leaves in a string that it is put into; None where nothing of it is known."""
        text = text_values.shown(self, node)
        return None if text == HOLE else text

    def expression(self, text: str, at: Position) -> ast.expr | None:
        """An expression that stands in a shell line at a position, as part of this program; None if it is none."""
        if len(text) > MAX_EXPRESSION:
            return None
        try:
            expression = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        self._walk.adopt(expression, at)
        return expression

    def variable(self, name: str, at: Position) -> str | None:
        """The text of a variable as a shell line at a position would see it; None where it is not known."""
        binding = self.global_binding(name, at)
        if binding is not None and binding.kind == "value" and binding.value is not None:
            value = self.constant(binding.value)
            return str(value) if isinstance(value, (str, int, float)) else self.text(binding.value)
        return None

    def environment_variable(self, name: str, at: Position) -> str | None:
        """What the notebook put into the environment under a name; None where it did not, or it is not known."""
        found = self.module.items.get(("os.environ", name))
        binding = _nearest(found, at) if found else None
        if binding is not None and binding.value is not None:
            return self.text(binding.value)
        return self._environment.get(name)


def _nearest(bindings: Sequence[Binding], at: Position) -> Binding:
    """The last binding above a position; where there is none, the first below."""
    # Bindings are recorded in document order, but a statement's end may lie below an inner one's.
    above = [binding for binding in bindings if binding.at <= at]
    return max(above, key=lambda binding: binding.at) if above else bindings[0]
