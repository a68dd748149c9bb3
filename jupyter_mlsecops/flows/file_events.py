"""What happens to files in a notebook: fetched, written, copied, extracted."""

from __future__ import annotations

import ast
import posixpath
import re
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.command_files import command_events
from jupyter_mlsecops.flows.fetches import Fetch, all_fetches
from jupyter_mlsecops.flows.file_event import Event, Kind, Spot
from jupyter_mlsecops.flows.folders import folders
from jupyter_mlsecops.flows.functions import functions
from jupyter_mlsecops.flows.paths import below
from jupyter_mlsecops.flows.runs import Run, runs
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.python.program import LOCAL
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.python.program import Program

_WRITING_MODE = re.compile(r"[wax]|r.?\+")
_COPIES = frozenset(
    {"shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move", "os.rename", "os.replace", "shutil.copytree"}
)
_MOVES = frozenset({"rename", "replace"})
_EXTRACTS = frozenset({"extractall", "extract", "unpack_archive"})
_WRITES = frozenset({"write", "write_bytes", "write_text", "writelines", "copyfileobj", "putmask"})
_PATH_ARGUMENTS = frozenset({
    "path", "file", "filename", "fname", "f", "filepath", "fp", "save_path", "path_or_buf", "export_path", "save_directory", "name", "dest", "dst",
})  # fmt: skip
MAX_LENGTH = 1000  # of a path


def handle_key(program: Program, node: ast.expr) -> str | None:
    """A name for a buffer or a variable whose text is not known, so that a write and a read can be told to mean the same."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute) and len(attributes) < 10:
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    binding = program.binding(node)
    if binding is not None and binding.kind in ("import", "function", "class"):
        return None
    return ".".join([f"&{node.id if binding is None else id(binding)}", *reversed(attributes)])


def events(session: Session) -> Iterator[Event]:
    """What the texts of a namespace do to files."""
    for fetch in all_fetches(session):
        yield from _Reader(fetch.call.code if fetch.call else fetch.code).fetched(fetch)
    yield from session.gather(_done)


def _done(code: Code) -> Iterator[Event]:
    reader = _Reader(code)
    for call in code.calls:
        yield from reader.called(call)
    yield from command_events(code)
    for magic in code.magics:
        if magic.is_cell and magic.name in ("writefile", "file") and magic.arguments.split():
            yield reader.made(magic.arguments.split()[-1].strip("'\""), 0)


@cache
def open_names() -> frozenset[str]:
    """The functions that open files by path."""
    return frozenset(table("files")["open"]["names"])


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(table("files")["write"]["prefixes"])


@cache
def _output_arguments() -> frozenset[str]:
    return frozenset(table("files")["write"]["arguments"])


class _Reader:
    """Reads the events of one text."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._folders = folders(code.session)
        self._functions = functions(code.session)

    def fetched(self, fetch: Fetch) -> Iterator[Event]:
        """The path that a fetch writes; where that is not known, or is a folder, the name in the URL tells."""
        offset = fetch.call.start if fetch.call else fetch.start
        spot = Spot(moment=fetch.moment, number=self._code.number, offset=offset, idle=self._is_idle(fetch.call))
        folder = self._folders.of(self._code, fetch.command) if fetch.command else self._folders.at(fetch.moment[:3])  # type: ignore[arg-type]
        target = fetch.target or ""
        if target.strip(HOLE + "/."):
            yield Event(path=below(folder, target), spot=spot, code=self._code, fetch=fetch, tree=True)
        elif fetch.target_node is not None:
            for path in self._behind_handle(fetch.target_node, None):
                yield Event(path=path, spot=spot, code=self._code, fetch=fetch)
        if fetch.call is not None and fetch.gives != "data" and not posixpath.splitext(target)[1] and fetch.file_name:
            yield Event(path=below(folder, fetch.file_name), spot=spot, code=self._code, fetch=fetch)

    def made(self, path: str, offset: int) -> Event:
        """A file that the notebook itself writes."""
        position = self._code.position(offset)
        spot = Spot(moment=position, number=self._code.number, offset=offset)
        return Event(path=below(self._folders.at(position), path), spot=spot, code=self._code)

    def _is_idle(self, call: Call | None) -> bool:
        home = self._code.program.home(call.node) if call else None
        return home is not None and self._functions.is_idle(home.scope)

    # -- Python ----------------------------------------------------------------------------------------------------

    def called(self, call: Call) -> Iterator[Event]:
        """What a call does to files."""
        function, last = call.node.func, _verb(call)
        outputs = _outputs(call)
        read_events = (
            None if call.name.startswith(LOCAL) else self._kind(call, last)
        )  # its own functions are read in their bodies
        if read_events is None and not outputs:
            return
        read = [*call.node.args[:4], *(keyword.value for keyword in call.node.keywords[:10])]
        if isinstance(function, ast.Attribute):
            read.append(function.value)
        for run in runs(self._code, call.node, read):
            if read_events is not None:
                yield from read_events(call, run)
            for output in outputs:
                if path := self.key(output, run):
                    yield self._event(call, run, path, tree=True)

    def _kind(self, call: Call, last: str) -> Callable[[Call, Run], Iterator[Event]] | None:
        """How a call that does something to files is read, by its names and the last of their parts."""
        if last == "open" or not open_names().isdisjoint(call.names):
            return self._opened
        if not _COPIES.isdisjoint(call.names) or (last in _MOVES and len(call.node.args) == 1):
            return self._copied
        if last in _EXTRACTS:
            return self._extracted
        if last in _WRITES:
            return self._written
        return self._saved if last.startswith(_prefixes()) else None

    def _event(  # noqa: PLR0913  # what an event is made of
        self, call: Call, run: Run, path: str, *, tree: bool = False, content: ast.expr | None = None, source: str | None = None,
        kind: Kind = "copy", late: bool = False,
    ) -> Event:  # fmt: skip
        """`late`: after what stands in the same expression, such as the `open` of a handle."""
        moment = (*run.moment[:-3], *self._code.position(call.end)) if late else run.moment
        spot = Spot(moment=moment, number=self._code.number, offset=call.start, idle=self._is_idle(call))
        return Event(path=path, spot=spot, code=self._code, tree=tree, content=content, source=source, kind=kind)

    def key(self, node: ast.expr | None, run: Run | None) -> str | None:
        """The path that an expression gives, or a key for what cannot be read."""
        if node is None:
            return None
        text = (run.program if run else self._code.program).text(node)
        if text is not None and len(text) < MAX_LENGTH and text.strip(HOLE + "/."):
            at = run.moment[-3:] if run else self._code.position(self._code.span(node)[0])
            return below(self._folders.at(at), text)  # type: ignore[arg-type]
        return handle_key(self._code.program, node)

    def _opened(self, call: Call, run: Run) -> Iterator[Event]:
        target, mode = _opened_path(call)
        text = self._code.program.text(mode) if mode is not None else None
        if text and _WRITING_MODE.match(text) and (path := self.key(target, run)):
            yield self._event(call, run, path)

    def _copied(self, call: Call, run: Run) -> Iterator[Event]:
        if _COPIES.isdisjoint(call.names):  # Path("a").rename("b")
            function = call.node.func
            source = function.value if isinstance(function, ast.Attribute) else None
            target: ast.expr | None = call.node.args[0]
            if source is None or self._code.program.text(source) is None:
                return
        else:
            source, target = call.argument("src", 0), call.argument("dst", 1)
        path, origin = self.key(target, run), self.key(source, run)
        if source is not None and path:
            if origin and not posixpath.splitext(path)[1] and posixpath.splitext(origin)[1]:  # into a folder
                yield self._event(
                    call, run, posixpath.join(path, posixpath.basename(origin)), content=source, source=origin
                )
            yield self._event(call, run, path, content=source, source=origin, tree=True)

    def _extracted(self, call: Call, run: Run) -> Iterator[Event]:
        verb = _verb(call)
        if verb == "unpack_archive":
            archive, target = call.argument("filename", 0), call.argument("extract_dir", 1)
        else:
            function = call.node.func
            archive = function.value if isinstance(function, ast.Attribute) else None
            target = call.argument("path", 0 if verb == "extractall" else 1)
        path = self.key(target, run) or "."
        if archive is not None:
            source = self.key(archive, run)
            named = next(iter(self._behind_handle(archive, run)), source)
            yield self._event(call, run, path, content=archive, source=named, tree=True, kind="extract")

    def _written(self, call: Call, run: Run) -> Iterator[Event]:
        """`handle.write(x)`, `Path(p).write_bytes(x)`, `shutil.copyfileobj(x, handle)`."""
        function = call.node.func
        if _verb(call) == "copyfileobj":
            content, handle = call.argument("fsrc", 0), call.argument("fdst", 1)
        else:
            content = call.node.args[0] if call.node.args else None
            handle = function.value if isinstance(function, ast.Attribute) else None
        if handle is not None:
            for path in self._behind_handle(handle, run):
                yield self._event(call, run, path, content=content, late=True)

    def _behind_handle(self, handle: ast.expr, run: Run | None) -> Iterator[str]:
        """The path behind a handle, and the handle's own key."""
        program = self._code.program
        defined = program.value(handle)
        if isinstance(handle, ast.Name) and (binding := program.binding(handle)) and binding.value is not None:
            defined = binding.value
        if isinstance(defined, ast.Call):
            opened = self._code.call(defined)
            if _is_open(opened) and (path := self.key(_opened_path(opened)[0], run)):
                yield path
        if key := self.key(handle, run):
            yield key

    def _saved(self, call: Call, run: Run) -> Iterator[Event]:
        """`torch.save(x, p)`, `x.to_pickle(p)`, `pickle.dump(x, f)`: every argument that names a path is taken for one."""
        for argument in [*call.node.args[:3], *(k.value for k in call.node.keywords if k.arg in _PATH_ARGUMENTS)]:
            for path in dict.fromkeys(self._behind_handle(argument, run)):
                yield self._event(call, run, path, tree=True, late=True)


def _verb(call: Call) -> str:
    function = call.node.func
    return function.attr if isinstance(function, ast.Attribute) else call.name.rpartition(".")[2]


def _outputs(call: Call) -> list[ast.expr]:
    """The arguments that name where a call puts things."""
    found = [keyword.value for keyword in call.node.keywords if keyword.arg in _output_arguments()]
    return [*found, *call.node.args[:1]] if call.name.endswith("TrainingArguments") else found


def _is_open(call: Call) -> bool:
    function = call.node.func
    return not open_names().isdisjoint(call.names) or (isinstance(function, ast.Attribute) and function.attr == "open")


def _opened_path(call: Call) -> tuple[ast.expr | None, ast.expr | None]:
    """Path and mode of `open(path, mode)`, `path.open(mode)`, `gzip.open(path)`."""
    function = call.node.func
    if isinstance(function, ast.Attribute) and function.attr == "open" and open_names().isdisjoint(call.names):
        return function.value, call.argument("mode", 0)
    path = call.argument("file", 0)
    return (call.argument("filename") if path is None else path), call.argument("mode", 1)
