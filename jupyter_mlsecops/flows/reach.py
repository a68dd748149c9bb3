"""What an expression is made of, and whether a digest is among it."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.file_event import Spot
from jupyter_mlsecops.flows.file_events import open_names
from jupyter_mlsecops.flows.files import history
from jupyter_mlsecops.flows.functions import functions
from jupyter_mlsecops.flows.runs import runs
from jupyter_mlsecops.notebook.python.program import LOCAL
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.python.program import Program
    from jupyter_mlsecops.notebook.python.scopes import Scope

_DIGEST = re.compile(
    r"(?i)(?<![a-z])(sha(?:1|2|3|224|256|384|512)?(?:sum)?|md5(?:sum)?|blake2?[bs3]?|crc32|checksum|hexdigest|digest|hash)(?![a-z])"
)
_WEAK = re.compile(r"(?i)(?<![a-z0-9])(md5|sha1|sha-1|crc32)")
_SIZES = frozenset({"os.path.getsize", "os.stat"})
_READS = frozenset({"read_text", "read_bytes", "open"})
MAX_STEPS = 200


def digested(call: Call) -> Reach | None:
    """What a call that gives a digest digests; None for any other call."""
    function = call.node.func
    is_digest = isinstance(function, ast.Attribute) and function.attr in ("hexdigest", "digest")
    reach = Reach(call.code)
    if is_digest or "hashlib.file_digest" in call.names or reach.is_local_digest(call.names):
        reach.follow(call.node)
        return reach
    return None


def is_digest_name(names: Iterable[str]) -> bool:
    """Whether one of some names speaks of digests."""
    return any(_DIGEST.search(name) for name in names)


class Reach:
    """Everything that an expression is made of: its parts, and what its names stand for."""

    def __init__(self, code: Code) -> None:
        self._program: Program = code.program
        self._code = code
        self._updates = code.session.once(_fed)
        self._functions = functions(code.session)
        self._words = code.session.once(_Words)
        self.nodes: set[ast.AST] = set()
        self.texts: set[str] = set()
        self.is_digest = False
        self.is_weak = False
        self.is_size = False

    def is_remote(self) -> bool:
        """Whether a part of it came over the network: a reply, or a file that was fetched."""
        files = history(self._code.session)
        end = Spot(moment=(self._code.session.size,), number=self._code.number, offset=0)
        for node in self.nodes:
            if isinstance(node, ast.Call):
                path = self._opened(node)
                event = files.origin(path, end) if path else None
                if files.fetches_of(node) or (event is not None and event.fetch is not None):
                    return True
        return False

    def _opened(self, node: ast.Call) -> str | None:
        """The path that a call reads."""
        function = node.func
        if node.args and not open_names().isdisjoint(self._program.names(function)):
            return self._program.text(node.args[0])
        if isinstance(function, ast.Attribute) and function.attr in _READS:
            return self._program.text(function.value)
        return None

    def mentions(self, nodes: Iterable[ast.expr]) -> frozenset[str]:
        """The names of the files that expressions speak of."""
        for node in nodes:
            self.follow(node)
        return frozenset(self.texts)

    def follow(self, node: ast.expr) -> None:
        """Take in an expression and all that it is made of."""
        pending: list[ast.AST] = [node]
        while pending and len(self.nodes) < MAX_STEPS:
            current = pending.pop()
            if current in self.nodes:
                continue
            self.nodes.add(current)
            if isinstance(current, ast.expr):
                self._note(current)
            if isinstance(current, ast.Name):
                pending.extend(self._behind(current))
            pending.extend(ast.iter_child_nodes(current))

    def _note(self, node: ast.expr) -> None:
        text = self._program.text(node)
        if text and HOLE in text:
            self.texts.update(_name(run.program.text(node) or "") for run in runs(self._code, node, [node]))
        elif text:
            self.texts.add(_name(text))
        if isinstance(node, ast.Call):
            names = self._program.names(node.func)
            self.is_digest |= is_digest_name(names) or self.is_local_digest(names)
            self.is_weak |= any(_WEAK.search(name) for name in names) or self._is_weak_algorithm(node, names)
            self.is_size |= not _SIZES.isdisjoint(names) or any(name.endswith(".stat") for name in names)

    def _is_weak_algorithm(self, node: ast.Call, names: tuple[str, ...]) -> bool:
        """`hashlib.new("md5")`, `hashlib.file_digest(f, "sha1")`."""
        if not any(name in ("hashlib.new", "hashlib.file_digest") for name in names):
            return False
        return any(_WEAK.search(self._program.text(argument) or "") for argument in node.args)

    def is_local_digest(self, names: tuple[str, ...]) -> bool:
        """Whether a function of the notebook that goes by one of these names computes a digest."""
        for name in names:
            binding = self._program.global_binding(name.removeprefix(f"{LOCAL}.")) if name.startswith(LOCAL) else None
            if binding is not None and isinstance(binding.node, ast.FunctionDef):
                words = self._words.of(binding.node)
                self.is_weak |= bool(_WEAK.search(words))
                return "digest" in words or "hashlib" in words
        return False

    def _behind(self, name: ast.Name) -> Iterator[ast.AST]:
        """What a name stands for, what is fed into it (`h.update(data)`), and what is handed in for a parameter."""
        binding = self._program.binding(name)
        if binding is None:
            return
        if binding.value is not None:
            yield binding.value
            home = self._program.home(name)
            yield from self._updates.get((home.scope if home else None, name.id), ())[:MAX_STEPS]
        function = binding.scope.node
        if binding.kind == "parameter" and isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for call in self._functions.calls(function):
                if (handed := self._functions.handed(call, function, name.id)) is not None:
                    yield handed


def _name(path: str) -> str:
    return posixpath.basename(path[-1000:].rstrip("/"))


class _Words:
    """The names that the bodies of functions use; read once for each function."""

    def __init__(self, _session: Session) -> None:
        self._of: dict[ast.AST, str] = {}

    def of(self, function: ast.FunctionDef) -> str:
        """The names in a function, and its short strings, in one line."""
        if function not in self._of:
            self._of[function] = " ".join(_used(function))
        return self._of[function]


def _used(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str() as text) if len(text) < 20:
                yield text


def _fed(session: Session) -> dict[tuple[Scope | None, str], list[ast.expr]]:
    """What is fed into variables by `update`, by scope and name."""
    found: dict[tuple[Scope | None, str], list[ast.expr]] = defaultdict(list)
    for variable, arguments in session.gather(_feeds):
        found[variable].extend(arguments)
    return found


def _feeds(code: Code) -> Iterator[tuple[tuple[Scope | None, str], list[ast.expr]]]:
    for call in code.calls_of({"update"}):
        function = call.node.func
        if isinstance(function, ast.Attribute) and function.attr == "update" and isinstance(function.value, ast.Name):
            home = code.program.home(function.value)
            yield (home.scope if home else None, function.value.id), call.node.args
