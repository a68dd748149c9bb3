"""Who wrote what a notebook loads: the notebook itself, the network, or nobody that can be seen."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.file_event import Event, Spot
from jupyter_mlsecops.flows.file_events import handle_key
from jupyter_mlsecops.flows.files import history
from jupyter_mlsecops.flows.folders import folders
from jupyter_mlsecops.flows.functions import functions, home_of
from jupyter_mlsecops.flows.paths import below, is_bucket, is_remote_path
from jupyter_mlsecops.flows.pinning import Strength, url_strength
from jupyter_mlsecops.flows.verification import verification
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.python.program import LOCAL, MAX_ALTERNATIVES
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jupyter_mlsecops.flows.fetches import Fetch
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.python.scopes import Binding

_PLACEHOLDER = re.compile(r"(?i)[<\[{]|your|\bmy[-_]|example|bucket[-_]?name")
MAX_STEPS = 60  # bindings, calls and files that are followed from one expression


class Origin(Enum):
    """Who wrote it."""

    OWN = "own"
    UNKNOWN = "unknown"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a value comes from. `fetch` is what brought it, where that is known; `check`: how it was checked in between.

    `url` is where it comes from, where nothing but the loader itself brings it.
    """

    origin: Origin
    fetch: Fetch | None = None
    url: str = ""
    check: Strength = Strength.NONE

    @property
    def verified(self) -> bool:
        """Whether it was compared with a digest that cannot be forged, or its signature was checked."""
        return self.check is Strength.STRONG

    @property
    def subject(self) -> str:
        """The URL or the hub id that it came from; "" where none is known."""
        return (self.fetch.url or "") if self.fetch else self.url


OWN = Provenance(origin=Origin.OWN)
UNKNOWN = Provenance(origin=Origin.UNKNOWN)


def provenance(code: Code, node: ast.expr | None, call: ast.Call | None = None) -> Provenance:
    """Where the file, the bytes or the path that an expression stands for comes from, as of where it stands.

    `call` is the call that it is an argument of.
    """
    if node is None:
        return UNKNOWN
    found = [_Trace(code).of(node, spot) for spot in _spots(code, node, call)]
    return _worst(found)


def provenance_at(code: Code, node: ast.expr, spot: Spot) -> Provenance:
    """The same as of another place."""
    return _Trace(code).of(node, spot)


def _spots(code: Code, node: ast.expr, call: ast.Call | None) -> list[Spot]:
    """When an expression is evaluated: at each call of the function that it stands in."""
    offset = code.span(node)[0]
    home = home_of(code.program, node) or (code.program.home(call) if call else None)
    scope = home.scope if home else None
    known = functions(code.session)
    idle = known.is_idle(scope)
    return [
        Spot(moment=moment, number=code.number, offset=offset, idle=idle)
        for moment in known.moments(code.position(offset), scope)
    ]


def _worst(found: Sequence[Provenance]) -> Provenance:
    """Remote if any is, own if all are."""
    if remote := [one for one in found if one.origin is Origin.REMOTE]:
        return min(remote, key=lambda one: one.check)
    return OWN if found and all(one.origin is Origin.OWN for one in found) else UNKNOWN


@cache
def _names(section: str) -> frozenset[str]:
    return frozenset(table("files")[section]["names"])


class _Trace:
    """Follows one expression to where its value was made; a bounded number of steps."""

    def __init__(self, code: Code) -> None:
        self._session = code.session
        self._program = code.program  # as the function that is looked into sees it
        self._files = history(code.session)
        self._functions = functions(code.session)
        self._steps = 0
        self._seen: set[object] = set()

    def of(self, node: ast.expr, spot: Spot) -> Provenance:
        """The provenance of an expression whose value is used at a spot."""
        self._steps += 1
        if self._steps > MAX_STEPS or node in self._seen:
            return UNKNOWN
        self._seen.add(node)
        text = self._program.text(node)
        if text is not None and is_remote_path(text):
            return _remote(text) if self._is_elsewhere(node, text) else UNKNOWN
        key = handle_key(self._session.program, node) if text is None else self._below(text, spot)
        found = UNKNOWN if key is None else self._path(key, spot)
        if found.origin is not Origin.UNKNOWN:
            return found
        match node:
            case ast.Name():
                return self._name(node, spot)
            case ast.Call():
                return self._call(node, spot)
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                defined = self._program.value(node)
                return self.of(defined if defined is not node else owner, spot)
            case ast.BinOp(left=left, right=right):
                return self._any([left, right], spot)
            case ast.JoinedStr(values=values):
                return self._any([value.value for value in values if isinstance(value, ast.FormattedValue)], spot)
            case ast.IfExp(body=body, orelse=orelse):
                return self._any([body, orelse], spot)
            case ast.BoolOp(values=values):
                return self._any(values, spot)
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                return self.of(value, spot)
        return UNKNOWN

    def _below(self, path: str, spot: Spot) -> str:
        """A path as seen from where the notebook starts."""
        line, column = spot.moment[-2:]
        path = path.replace("*", HOLE)  # of glob
        return below(folders(self._session).at((spot.moment[-3], line, column)), path)

    def _is_elsewhere(self, node: ast.expr, url: str) -> bool:
        """Whether a URL leads to others: a bucket that is put together from variables is most often the author's own."""
        if not is_bucket(url):
            return True
        defined = self._program.value(node)
        if isinstance(defined, ast.JoinedStr) and defined.values:
            first = defined.values[0]
            head = first.value if isinstance(first, ast.Constant) else ""
            return isinstance(head, str) and head.count("/") > 2
        return isinstance(defined, ast.Constant) and not _PLACEHOLDER.search(url)

    def _any(self, nodes: Iterable[ast.expr], spot: Spot) -> Provenance:
        """Remote if any part is; what is joined to an own directory is not thereby own."""
        found = [self.of(node, spot) for node in list(nodes)[:MAX_ALTERNATIVES]]
        return next((one for one in found if one.origin is Origin.REMOTE), UNKNOWN)

    # -- files -----------------------------------------------------------------------------------------------------

    def _path(self, path: str, spot: Spot) -> Provenance:
        """What is known of a file, or of the buffer that has a key."""
        if is_remote_path(path):
            return _remote(path)
        event = self._files.origin(path, spot)
        if event is None or (event, path) in self._seen:
            return UNKNOWN
        self._seen.add((event, path))
        self._steps += 1
        if self._steps > MAX_STEPS:
            return UNKNOWN
        return self._given(event, path, spot)

    def _given(self, event: Event, path: str, spot: Spot) -> Provenance:
        """What an event says of the file that it gave its content."""
        if event.fetch is not None:
            return _fetched([event.fetch], path, spot)
        made = UNKNOWN
        if event.source is not None and event.source != path:
            made = self._source(event, event.source, path)
        if made.origin is Origin.UNKNOWN and event.content is not None:
            made = self.of(event.content, event.spot)
        if made.origin is Origin.UNKNOWN and event.source is None:
            made = OWN
        return UNKNOWN if made.origin is Origin.OWN and self._files.is_disordered(event, spot) else made

    def _source(self, event: Event, source: str, path: str) -> Provenance:
        """What is known of the file that another was made from: its namesake in a folder that was copied, or the whole."""
        if event.kind == "copy" and path.startswith(f"{event.path}/"):
            inner = self._path(source + path[len(event.path) :], event.spot)
            if inner.origin is not Origin.UNKNOWN:
                return inner
        return self._path(source, event.spot)

    # -- names and calls -------------------------------------------------------------------------------------------

    def _name(self, node: ast.Name, spot: Spot) -> Provenance:
        binding = self._program.binding(node)
        if binding is None:
            return UNKNOWN
        if binding.kind == "parameter":
            return self._parameter(node.id, binding, spot)
        if binding.value is None:
            return UNKNOWN
        value = self._program.value(binding.value)
        if binding.kind == "item" and isinstance(value, (ast.Tuple, ast.List)):
            return self.of(value.elts[binding.index], spot) if binding.index < len(value.elts) else UNKNOWN
        return self.of(binding.value, spot)

    def _parameter(self, name: str, binding: Binding, spot: Spot) -> Provenance:
        """What the callers of a function of the notebook hand in."""
        function = binding.scope.node
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return UNKNOWN
        calls = self._functions.calls(function)[:MAX_ALTERNATIVES]
        handed = [found for call in calls if (found := self._functions.handed(call, function, name)) is not None]
        return _worst([self.of(node, spot) for node in handed])

    def _call(self, node: ast.Call, spot: Spot) -> Provenance:
        names = self._program.names(node.func)
        if fetched := self._files.fetches_of(node):
            return _fetched(fetched, fetched[0].target or "", spot)
        if not _names("dump").isdisjoint(names):
            return OWN
        first = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
        if first is not None and not (_names("open") | _names("wrap")).isdisjoint(names):
            return self.of(first, spot)
        if names and names[0].startswith(f"{LOCAL}."):
            return self._returned(names[0].removeprefix(f"{LOCAL}."), node, spot)
        if isinstance(node.func, ast.Attribute):
            receiver = self.of(node.func.value, spot)
            if receiver.origin is not Origin.UNKNOWN:
                return receiver
        return self._any(node.args[:4], spot)

    def _returned(self, function: str, call: ast.Call, spot: Spot) -> Provenance:
        """What a function of the notebook returns; seen at the end of that call."""
        found = []
        outside = self._program
        body = self._functions.named(function)
        for node in self._functions.returns(function)[:MAX_ALTERNATIVES]:
            self._program = self._functions.within(call, body) if body else outside
            inner, outer = home_of(self._program, node), self._program.home(call)
            inside = spot
            code = self._session.code(inner.at[0]) if inner is not None else None
            if inner is not None and outer is not None and code is not None:
                moments = self._functions.moments(outer.at, outer.scope)
                inside = Spot(
                    moment=(*moments[0], *inner.at), number=inner.at[0], offset=code.span(node)[0], idle=spot.idle
                )
            found.append(self.of(node, inside))
            self._program = outside
        return _worst(found)


def _remote(url: str) -> Provenance:
    """What a loader itself brings; its server may be bound to one content."""
    return Provenance(origin=Origin.REMOTE, url=url, check=url_strength(url))


def _fetched(fetches: Sequence[Fetch], path: str, spot: Spot) -> Provenance:
    found = [
        Provenance(origin=Origin.REMOTE, fetch=fetch, check=verification(fetch, path, spot.moment))
        for fetch in fetches[:MAX_ALTERNATIVES]
        # A bucket that cannot be read here is most often the author's own.
        if fetch.source != "bucket" or fetch.url is not None
    ]
    return _worst(found)
