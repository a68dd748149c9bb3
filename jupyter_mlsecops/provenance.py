"""Who wrote what a notebook loads: the notebook itself, the network, or nobody that can be seen."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.fetches import Fetch
from jupyter_mlsecops.files import FileHistory, handle_key, is_bucket, is_remote_path
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.program import LOCAL, MAX_ALTERNATIVES
from jupyter_mlsecops.verification import is_verified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.scopes import Binding, Position

_PLACEHOLDER = re.compile(r"(?i)[<\[{]|your|\bmy[-_]|example|bucket[-_]?name")
MAX_STEPS = 60  # bindings, calls and files that are followed from one expression


class Origin(Enum):
    """Who wrote it."""

    OWN = "own"
    UNKNOWN = "unknown"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a value comes from. `fetch` is what brought it, where that is known; `verified`: checked in between."""

    origin: Origin
    fetch: Fetch | None = None
    verified: bool = False


OWN = Provenance(origin=Origin.OWN)
UNKNOWN = Provenance(origin=Origin.UNKNOWN)
REMOTE = Provenance(origin=Origin.REMOTE)


def provenance(code: Code, node: ast.expr | None) -> Provenance:
    """Where the file, the bytes or the path that an expression stands for comes from, as of the place where it stands."""
    return UNKNOWN if node is None else provenance_at(code, node, code.position(code.span(node)[0]))


def provenance_at(code: Code, node: ast.expr, at: Position) -> Provenance:
    """The same as of another position."""
    return _Trace(code, history(code)).of(node, at)


def history(code: Code) -> FileHistory:
    """What happens to files in the namespace of a text; read once."""
    memo = code.session.memo
    if "files" not in memo:
        memo["files"] = FileHistory(code.session)
    found: FileHistory = memo["files"]
    return found


@cache
def _names(section: str) -> frozenset[str]:
    return frozenset(table("files")[section]["names"])


class _Trace:
    """Follows one expression to where its value was made; a bounded number of steps."""

    def __init__(self, code: Code, files: FileHistory) -> None:
        self._code = code
        self._program = code.program
        self._files = files
        self._steps = 0
        self._seen: set[object] = set()

    def of(self, node: ast.expr, at: Position) -> Provenance:
        """The provenance of an expression whose value is used at a position."""
        self._steps += 1
        if self._steps > MAX_STEPS or node in self._seen:
            return UNKNOWN
        self._seen.add(node)
        key = self._program.text(node) or handle_key(self._program, node)
        found = UNKNOWN if key is None else self._path(key, at)
        if key is not None and is_remote_path(key) and not self._is_elsewhere(node, key):
            return UNKNOWN
        if found.origin is not Origin.UNKNOWN:
            return found
        match node:
            case ast.Name():
                return self._name(node, at)
            case ast.Call():
                return self._call(node, at)
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                defined = self._program.value(node)
                return self.of(defined if defined is not node else owner, at)
            case ast.BinOp(left=left, right=right):
                return self._any([left, right], at)
            case ast.JoinedStr(values=values):
                return self._any([value.value for value in values if isinstance(value, ast.FormattedValue)], at)
            case ast.IfExp(body=body, orelse=orelse):
                return self._any([body, orelse], at)
            case ast.BoolOp(values=values):
                return self._any(values, at)
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                return self.of(value, at)
        return UNKNOWN

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

    def _any(self, nodes: Iterable[ast.expr], at: Position) -> Provenance:
        """Remote if any part is; what is joined to an own directory is not thereby own."""
        found = [self.of(node, at) for node in nodes]
        return next((one for one in found if one.origin is Origin.REMOTE), UNKNOWN)

    def _all(self, nodes: Sequence[ast.expr], at: Position) -> Provenance:
        """Remote if any is, own if all are."""
        found = [self.of(node, at) for node in nodes[:MAX_ALTERNATIVES]]
        if remote := next((one for one in found if one.origin is Origin.REMOTE), None):
            return remote
        return OWN if found and all(one.origin is Origin.OWN for one in found) else UNKNOWN

    # -- files -----------------------------------------------------------------------------------------------------

    def _path(self, path: str, at: Position) -> Provenance:
        """What is known of a file, or of the buffer that has a key."""
        if is_remote_path(path):
            return REMOTE
        event = self._files.last(path, at)
        if event is None or event in self._seen:
            return UNKNOWN
        self._seen.add(event)
        if event.fetch is not None:
            return _fetched(event.fetch, path)
        if event.source is not None and event.source != path:
            made = self._path(event.source, event.at)
            if made.origin is not Origin.UNKNOWN or event.content is None:
                return made
        if event.content is not None:
            content = self.of(event.content, event.at)
            return content if event.source is not None or content.origin is Origin.REMOTE else OWN
        return OWN

    # -- names and calls -------------------------------------------------------------------------------------------

    def _name(self, node: ast.Name, at: Position) -> Provenance:
        binding = self._program.binding(node)
        if binding is None:
            return UNKNOWN
        if binding.kind == "parameter":
            return self._parameter(node.id, binding, at)
        if binding.value is None:
            return UNKNOWN
        value = self._program.value(binding.value)
        if binding.kind == "item" and isinstance(value, (ast.Tuple, ast.List)):
            return self.of(value.elts[binding.index], at) if binding.index < len(value.elts) else UNKNOWN
        return self.of(binding.value, at)

    def _parameter(self, name: str, binding: Binding, at: Position) -> Provenance:
        """What the callers of a function of the notebook hand in."""
        function = binding.scope.node
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return UNKNOWN
        position = next((i for i, argument in enumerate(function.args.args) if argument.arg == name), None)
        calls = self._files.callers(f"{LOCAL}.{function.name}")
        handed = [found for call in calls if (found := _argument(call, name, position)) is not None]
        return self._all(handed, max(at, (self._code.number, 0, 0)))

    def _call(self, node: ast.Call, at: Position) -> Provenance:
        names = self._program.names(node.func)
        if fetch := self._files.fetch_of(node):
            return _fetched(fetch, fetch.target or "")
        if not _names("dump").isdisjoint(names):
            return OWN
        first = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
        if first is not None and not (_names("open") | _names("wrap")).isdisjoint(names):
            return self.of(first, at)
        if names and names[0].startswith(f"{LOCAL}."):
            return self._all(self._files.returns(names[0].removeprefix(f"{LOCAL}.")), at)
        if isinstance(node.func, ast.Attribute):
            receiver = self.of(node.func.value, at)
            if receiver.origin is not Origin.UNKNOWN:
                return receiver
        return self._any(node.args[:4], at)


def _argument(call: ast.Call, name: str, position: int | None) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position is not None and position < len(call.args) else None


def _fetched(fetch: Fetch, path: str) -> Provenance:
    if fetch.source == "bucket" and fetch.url is None:
        return UNKNOWN  # a bucket that cannot be read here is most often the author's own
    return Provenance(origin=Origin.REMOTE, fetch=fetch, verified=fetch.pinned or is_verified(fetch, path))
