"""Whether a text was decided elsewhere: by a network reply, a file off the net, a model, or whoever types."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.fetches import fetchers
from jupyter_mlsecops.flows.files import history
from jupyter_mlsecops.flows.functions import functions, home_of
from jupyter_mlsecops.flows.provenance import Origin, provenance
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.python.program import LOCAL, MAX_ALTERNATIVES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_mlsecops.findings import Place
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.python.scopes import Binding

MAX_STEPS = 80


class Source(StrEnum):
    """Who decides the text."""

    NETWORK = "the network"
    MODEL = "a model"
    INPUT = "whoever types it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """Where a tainted text enters; `place` is None where that is not known. `url`: where it comes from, or ""."""

    source: Source
    place: Place | None = None
    url: str = ""


def taint(code: Code, node: ast.expr) -> Taint | None:
    """What taints an expression; None where nothing can be seen to."""
    return _Trace(code).of(node)


@cache
def _pattern(section: str) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, table("taint")[section])))


def _is(section: str, names: Iterable[str]) -> bool:
    return any(map(_pattern(section).match, names))


class _Trace:
    """Follows one expression to where its text was made; a bounded number of steps."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._program = code.program
        self._steps = 0
        self._seen: set[ast.AST] = set()

    def of(self, node: ast.expr) -> Taint | None:
        self._steps += 1
        if self._steps > MAX_STEPS or node in self._seen:
            return None
        self._seen.add(node)
        match node:
            case ast.Name():
                return self._name(node)
            case ast.Call():
                return self._call(node)
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                defined = self._program.value(node)
                return self.of(defined if defined is not node else owner)
            case ast.BinOp(left=left, right=right):
                return self._any([left, right])
            case ast.JoinedStr(values=values):
                return self._any(value.value for value in values if isinstance(value, ast.FormattedValue))
            case ast.IfExp(body=body, orelse=orelse):
                return self._any([body, orelse])
            case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
                return self._any(values)
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                return self.of(value)
        return None

    def _any(self, nodes: Iterable[ast.expr]) -> Taint | None:
        for node in list(nodes)[:MAX_ALTERNATIVES]:
            if found := self.of(node):
                return found
        return None

    def _name(self, node: ast.Name) -> Taint | None:
        binding = self._program.binding(node)
        if binding is None:
            return None
        if binding.kind == "parameter":
            return self._parameter(node.id, binding)
        return None if binding.value is None else self.of(binding.value)

    def _parameter(self, name: str, binding: Binding) -> Taint | None:
        function = binding.scope.node
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        known = functions(self._code.session)
        for call in known.calls(function)[:MAX_ALTERNATIVES]:
            handed = known.handed(call, function, name)
            if handed is not None and (found := self.of(handed)):
                return found
        return None

    def _call(self, node: ast.Call) -> Taint | None:
        names = self._program.names(node.func)
        if _is("cleans", names):
            return None
        if _is("inputs", names):
            return self._made(Source.INPUT, node)
        if _is("models", names):
            return self._made(Source.MODEL, node)
        fetcher = fetchers().find(names)
        if fetcher is not None:
            fetched = history(self._code.session).fetches_of(node)
            return (
                self._made(Source.NETWORK, node, (fetched[0].url or "") if fetched else "")
                if fetcher[1].gives == "data"
                else None
            )
        if _is("reads", names) or "open" in names or names[:1] == ("io.open",):
            return self._read(node)
        if names and names[0].startswith(f"{LOCAL}."):
            return self._any(functions(self._code.session).returns(names[0].removeprefix(f"{LOCAL}.")))
        if isinstance(node.func, ast.Attribute) and (found := self.of(node.func.value)):
            return found
        return self._any(node.args)

    def _read(self, node: ast.Call) -> Taint | None:
        """The content of a file is as tainted as the file is foreign."""
        path = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
        if path is None:
            return None
        origin = provenance(self._home_code(path), path)
        if origin.origin is Origin.REMOTE and not origin.verified:
            return self._made(Source.NETWORK, node, origin.subject)
        return self.of(path)

    def _made(self, source: Source, node: ast.AST, url: str = "") -> Taint:
        home = self._program.home(node)
        code = self._code.session.code(home.at[0]) if home is not None else None
        if code is None:
            return Taint(source=source, url=url)
        return Taint(source=source, place=code.place(*code.span(node)), url=url)

    def _home_code(self, node: ast.expr) -> Code:
        """The text that an expression stands in."""
        home = home_of(self._program, node)
        return (self._code.session.code(home.at[0]) if home is not None else None) or self._code
