"""What names and expressions stand for, across all cells of a notebook."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_mlsecops.notebook.python import defined_values, qualified_names, text_values
from jupyter_mlsecops.notebook.python.environment_variables import written_variables
from jupyter_mlsecops.notebook.python.parser import parse_python
from jupyter_mlsecops.notebook.python.qualified_names import GLOBALS, LOCAL, MAX_ALTERNATIVES
from jupyter_mlsecops.notebook.python.scopes import (
    Binding,
    Frame,
    Home,
    Position,
    Scope,
    dotted,
    nearest,
    position_of,
    reaching,
)
from jupyter_mlsecops.notebook.python.text_pieces import shown
from jupyter_mlsecops.notebook.python.unknown import UNKNOWN, Unknown
from jupyter_mlsecops.notebook.python.walk import Walk, by_type
from jupyter_mlsecops.notebook.shell.model import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jupyter_mlsecops.notebook.python.literal_items import LiteralIndex
    from jupyter_mlsecops.notebook.python.source import PythonSource

__all__ = ["GLOBALS", "LOCAL", "MAX_ALTERNATIVES", "UNKNOWN", "Program", "Unknown"]

MAX_DEPTH = 40  # how many bindings and sub-expressions are followed from one expression
MAX_EXPRESSION = 2_000
# Of all the names and texts that are put together for one program: a short program can stand for long texts.
MAX_CHARACTERS = 30_000_000
MAX_READ = 200_000
MAX_NAME = 500

NO_NAMES: tuple[str, ...] = ()
NOT_KNOWN: object = UNKNOWN
T = TypeVar("T")


class Program:
    """The one namespace that the cells of a notebook share.

    Cells can run in any order: a name means its last binding above the place of use, and where there is none above,
    the first below. Nothing is executed.
    """

    def __init__(self, sources: Sequence[PythonSource], *, environment: Mapping[str, str] | None = None) -> None:
        self.sources = sources
        self.magic_environment = environment or {}  # what magics put into the process's environment
        self.walk = Walk()
        self.nodes = [tuple(self.walk.source(source.trees, number)) for number, source in enumerate(sources)]
        self.by_type = [by_type(nodes) for nodes in self.nodes]
        self.module = self.walk.module
        self.walk.finish(self.scopes)
        # What may be anywhere: these say where it is worth looking, and may hold more than there is.
        self.has_classes = False
        self.keyword_names: set[str | None] = set()
        self._item_keys: set[str] = set()
        self.note(range(len(sources)), self.scopes)
        self.sums: dict[ast.AST, str | None] = {}  # what is known so far of names that are added to
        self.indices: dict[ast.AST, LiteralIndex] = {}
        self._bindings: dict[ast.Name, list[Binding]] = {}
        self._names: dict[ast.AST, tuple[str, ...]] = {}
        self._texts: dict[ast.AST, str | None] = {}
        self._values: dict[ast.AST, ast.expr] = {}
        self.starts: dict[int, tuple[list[tuple[int, int]], list[Frame]]] = {}
        self.version = 0  # counts the edits
        self._variables: dict[str, list[Binding]] | None = None
        self._whole = self  # a copy that sees some names otherwise leaves what holds for all to the whole
        self._depth = 0
        self._room = MAX_CHARACTERS
        self._unread = MAX_READ + sum(len(source.text) for source in self.sources)

    def note(self, numbers: Iterable[int], scopes: Iterable[Scope]) -> None:
        """Note what some sources and namespaces bring in."""
        for number in numbers:
            nodes, by_type = self.nodes[number], self.by_type[number]
            keywords = (nodes[index] for index in by_type.get(ast.keyword, ()))
            self.keyword_names.update(node.arg for node in keywords if isinstance(node, ast.keyword))
            self.has_classes = self.has_classes or ast.ClassDef in by_type
        self._item_keys.update(key for scope in (self.module, *scopes) for _, key in scope.items)

    @property
    def scopes(self) -> Iterable[Scope]:
        """All namespaces, that of the notebook first."""
        return (self.module, *self.walk.scopes.values())

    def is_dead(self, node: ast.AST) -> bool:
        """Whether a node stands where nothing ever runs."""
        frame = self.walk.frames.get(node)
        return frame is not None and frame.dead

    def home(self, node: ast.AST) -> Home | None:
        """Scope and position of a node of this program."""
        frame = self.walk.frames.get(node)
        return None if frame is None else Home(frame.scope, _position(node, frame))

    def number_of(self, node: ast.AST) -> int | None:
        """The number of the source that a node is written in."""
        frame = self.walk.frames.get(node)
        return None if frame is None or frame.at is not None else frame.number

    def may_read(self, characters: int) -> bool:
        """Whether a text that stands elsewhere may be read once more; a short program can name a long text often."""
        self._unread -= characters
        return self._unread >= 0

    def scope_of(self, node: ast.AST) -> Scope | None:
        """The scope that a function or class opens."""
        return self.walk.scopes.get(node)

    def frame_at(self, at: Position) -> Frame:
        """What the statements at a position share."""
        number = at[0]
        if not 0 <= number < len(self.nodes):
            return Frame(self.module, number)
        if number not in self.starts:
            statements = [
                (node.lineno, node.col_offset, index)
                for index, node in enumerate(self.nodes[number])
                if isinstance(node, ast.stmt)
            ]
            frames = [self.walk.frames[self.nodes[number][index]] for *_, index in sorted(statements)]
            self.starts[number] = [(line, column) for line, column, _ in sorted(statements)], frames
        starts, frames = self.starts[number]
        index = bisect_right(starts, at[1:]) - 1
        return frames[index] if index >= 0 else Frame(self.module, number)

    def release(self) -> None:
        """Let go of everything; nothing can be asked of this program any more."""
        for scope in self.scopes:
            scope.bindings.clear()
            scope.items.clear()
        vars(self.walk).clear()
        vars(self).clear()

    # -- edits -----------------------------------------------------------------------------------------------------

    @property
    def is_spent(self) -> bool:
        """Whether so much was worked out that a program made anew might work out more."""
        return self._room < MAX_CHARACTERS // 2 or self._unread < MAX_READ // 2

    def owners(self) -> set[tuple[str, int]]:
        """The global names that have items or attributes put in, each with the number of a source that does it."""
        items = self.module.items.items()
        return {(owner.partition(".")[0], each.at[0]) for (owner, _), found in items for each in found}

    def forget(self, numbers: Iterable[int]) -> None:
        """Forget what was worked out for the nodes of some sources."""
        self._variables = None
        kept: tuple[dict[Any, Any], ...] = (
            self._bindings,
            self._names,
            self._texts,
            self._values,
            self.sums,
            self.indices,
        )
        for number in numbers:
            for node in self.nodes[number]:
                for each in kept:
                    each.pop(node, None)

    # -- bindings --------------------------------------------------------------------------------------------------

    def binding(self, name: ast.Name) -> Binding | None:
        """The binding that a name in the code most likely means."""
        found = self.bindings(name)
        return found[0] if found else None

    def bindings(self, name: ast.Name) -> list[Binding]:
        """The bindings that a name in the code may mean, the most likely first; none where it is never bound."""
        known = self._bindings.get(name)
        if known is None:
            frame = self.walk.frames.get(name)
            found = None if frame is None else frame.scope.visible(name.id)
            known = reaching(found, _position(name, frame), frame.branch) if found and frame is not None else []
            self._bindings[name] = known
        return known

    def lookup(self, name: str, home: Home) -> Binding | None:
        """The binding of a name as seen from a place."""
        found = home.scope.visible(name)
        return found[nearest(found, home.at)] if found else None

    def global_binding(self, name: str, at: Position | None = None) -> Binding | None:
        """The binding of a global name, seen from a position or from the end of the notebook."""
        found = self.module.bindings.get(name)
        return found[nearest(found, at or (len(self.sources), 0, 0))] if found else None

    def binding_before(self, name: str, binding: Binding) -> Binding | None:
        """The binding of the same name in the same scope that another one adds to."""
        found = binding.scope.bindings.get(name, [])
        index = bisect_left(found, binding.at, key=position_of)
        while index < len(found) and found[index] is not binding:
            index += 1
        return found[index - 1] if 0 < index < len(found) else None

    def item(self, owner: ast.expr, key: str) -> Binding | None:
        """What was put under a constant key (`"key"`) or attribute (`".key"`) of a plain name or a chain of names."""
        if key not in self._item_keys:
            return None
        name, home = dotted(owner), self.home(owner)
        if not name or home is None:
            return None
        scope: Scope | None
        scope, name = home.scope.keeper(name)
        while scope is not None:
            if found := scope.items.get((name, key)):
                chosen = found[nearest(found, home.at)]
                # What is put in later does not count: an item is most often made from its own old value.
                if chosen.at <= home.at or scope.kind == "class":
                    return chosen
            scope = scope.parent
        return None

    # -- names -----------------------------------------------------------------------------------------------------

    def names(self, node: ast.expr) -> tuple[str, ...]:
        """The qualified names that an expression may stand for; () where nothing is known.

        What a call gives is named after it: `requests.Session().get`; its items: `f()[0]`.
        """
        known = self._names.get(node)
        if known is not None:
            return known
        chain: list[ast.expr] = []
        inner: ast.expr | None = node
        while inner is not None and inner not in self._names:
            self._names[inner] = ()  # a name that is defined by itself stands for nothing
            chain.append(inner)
            inner = qualified_names.inner_of(self, inner)
        # The innermost first: chains of calls and definitions may be longer than calls can nest.
        for each in reversed(chain):
            found: tuple[str, ...] = self.bounded(qualified_names.names_of, each, NO_NAMES)
            self._names[each] = kept = tuple(name for name in found if len(name) <= MAX_NAME)
            self._room -= sum(map(len, kept))
        return self._names[node]

    def bounded(self, compute: Callable[[Program, Any], T], node: ast.expr, otherwise: T) -> T:
        """What a function makes of an expression, unless that leads too deep or costs too much."""
        if self._depth >= MAX_DEPTH or self._room < 0:
            return otherwise
        self._depth += 1
        try:
            return compute(self, node)
        finally:
            self._depth -= 1

    # -- values ----------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> ast.expr:
        """The expression that defines what a name, an item or an attribute stands for; else the expression itself."""
        if type(node) not in defined_values.DEFINED:
            return node
        known = self._values.get(node)
        if known is None:
            self._values[node] = node
            known = self._values[node] = self.bounded(defined_values.value_of, node, node)
        return known

    def text(self, node: ast.expr) -> str | None:
        """The string (or path) that an expression gives, unknown parts as HOLE; None where it is not known to be one."""
        if isinstance(node, ast.Constant):
            return text_values.text_of_constant(node)
        if node in self._texts:
            return self._texts[node]
        chain: list[ast.expr] = []
        inner: ast.expr | None = node
        while inner is not None and inner not in self._texts:
            self._texts[inner] = None
            chain.append(inner)
            inner = text_values.inner_of(self, inner)
        for each in reversed(chain):
            found = self._texts[each] = self.bounded(text_values.text_of, each, None)
            is_own = type(each) not in defined_values.DEFINED  # else it is the text of another expression
            self._room -= len(found) if found is not None and is_own else 0
        return self._texts[node]

    def constant(self, node: ast.expr) -> object:
        """The constant that an expression gives: str, bytes, number, bool, None; else UNKNOWN."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd()):
                return self.bounded(defined_values.signed_constant, node, NOT_KNOWN)
        defined = self.value(node)
        if defined is not node:
            return self.bounded(Program.constant, defined, NOT_KNOWN)
        text = self.text(node)
        return UNKNOWN if text is None or HOLE in text else text

    def shown(self, node: ast.expr) -> str | None:
        """The text that an expression leaves in a string that it is put into; None where nothing of it is known."""
        text = shown(self, node)
        return None if text == HOLE else text

    # -- what shell lines see --------------------------------------------------------------------------------------

    def expression(self, text: str, at: Position) -> ast.expr | None:
        """An expression that stands in a shell line at a position, as part of this program; None if it is none."""
        if len(text) > MAX_EXPRESSION:
            return None
        try:
            expression = parse_python(text.strip(), "eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        self.walk.adopt(expression, self.frame_at(at).scope, at)
        return expression

    def variable(self, name: str, at: Position) -> str | None:
        """The text of a variable as a shell line at a position would see it; None where it is not known."""
        expression = self.expression(name, at) if name.isidentifier() else None
        return None if expression is None else self.shown(expression)

    def variables(self) -> dict[str, list[Binding]]:
        """What the notebook puts into the environment, by name and in order."""
        if self._variables is None:
            self._variables = {}  # for whoever asks in between
            self._variables = written_variables(self)
        return self._variables

    def environment_variable(self, name: str, at: Position) -> str | None:
        """What the notebook put into the environment under a name; None where it did not, or it is not known."""
        found = self._whole.variables().get(name)
        value = found[nearest(found, at)].value if found else None
        return self.text(value) if value is not None else self.magic_environment.get(name)


def _position(node: ast.AST, frame: Frame) -> Position:
    if frame.at is not None:
        return frame.at
    return frame.number, getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
