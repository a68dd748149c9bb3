"""What happens to files in a notebook: fetched, written, copied, extracted."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.arguments import read_arguments
from jupyter_mlsecops.fetches import Fetch, all_fetches
from jupyter_mlsecops.folders import folders
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.program import LOCAL
from jupyter_mlsecops.notebook.shell import HOLE
from jupyter_mlsecops.paths import below
from jupyter_mlsecops.runs import Moment, Run, functions, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.program import Program
    from jupyter_mlsecops.notebook.shell import Command

_WRITING_MODE = re.compile(r"[wax]|r.?\+")
_COPIES = frozenset({"shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move", "os.rename", "os.replace", "shutil.copytree"})
_MOVES = frozenset({"rename", "replace"})
_EXTRACTS = frozenset({"extractall", "extract", "unpack_archive"})
_WRITES = frozenset({"write", "write_bytes", "write_text", "writelines", "copyfileobj", "putmask"})
_PATH_ARGUMENTS = frozenset({
    "path", "file", "filename", "fname", "f", "filepath", "fp", "save_path", "path_or_buf", "export_path", "save_directory", "name", "dest", "dst",
})  # fmt: skip
_TO_FILE = frozenset({">", ">>", ">|", "1>", "&>"})
_FETCHING = frozenset({"wget", "curl", "aria2c", "git", "gdown", "axel", "http"})
MAX_LENGTH = 1000  # of a path


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in the run of a notebook. `idle`: in a function that nothing calls, so it may run at any time."""

    moment: Moment
    number: int  # of the text
    offset: int
    idle: bool = False


Kind = Literal["copy", "extract"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """Something that gives a path its content.

    `fetch`: it came over the network. `content`: an expression that was written there. `source`: another path that it was
    made from, by copying or extracting (`kind`). None of the three: the notebook made it. `tree`: everything below the
    path too. `code` is where `content` is read.
    """

    path: str
    spot: Spot
    code: Code
    tree: bool = False
    fetch: Fetch | None = None
    content: ast.expr | None = None
    source: str | None = None
    kind: Kind = "copy"


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
    readers = {code: _Reader(code) for code in session.codes}
    for fetch in all_fetches(session):
        yield from readers[fetch.call.code if fetch.call else fetch.code].fetched(fetch)
    for code, reader in readers.items():
        yield from _done(code, reader)


def _done(code: Code, reader: _Reader) -> Iterator[Event]:
    for call in code.calls:
        yield from reader.called(call)
    for command in code.commands:
        yield from reader.commanded(command)
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
        function = call.node.func
        last = function.attr if isinstance(function, ast.Attribute) else call.name.rpartition(".")[2]
        is_open = last == "open" or not open_names().isdisjoint(call.names)
        outputs = [keyword.value for keyword in call.node.keywords if keyword.arg in _output_arguments()]
        if call.name.endswith("TrainingArguments"):
            outputs += call.node.args[:1]
        is_copy = not _COPIES.isdisjoint(call.names) or (last in _MOVES and len(call.node.args) == 1)
        if call.name.startswith(LOCAL) and not outputs:
            return  # what a function of the notebook does is read in its body
        if not (is_open or outputs or is_copy or last in _EXTRACTS or last in _WRITES or last.startswith(_prefixes())):
            return
        read = [*call.node.args[:4], *(keyword.value for keyword in call.node.keywords[:10])]
        if isinstance(function, ast.Attribute):
            read.append(function.value)
        for run in runs(self._code, call.node, read):
            if is_open:
                yield from self._opened(call, run)
            elif is_copy:
                yield from self._copied(call, run)
            elif last in _EXTRACTS:
                yield from self._extracted(call, run, last)
            elif last in _WRITES:
                yield from self._written(call, run, last)
            elif last.startswith(_prefixes()):
                yield from self._saved(call, run)
            for output in outputs:
                if path := self.key(output, run):
                    yield self._event(call, run, path, tree=True)

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
                yield self._event(call, run, posixpath.join(path, posixpath.basename(origin)), content=source, source=origin)
            yield self._event(call, run, path, content=source, source=origin, tree=True)

    def _extracted(self, call: Call, run: Run, verb: str) -> Iterator[Event]:
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

    def _written(self, call: Call, run: Run, verb: str) -> Iterator[Event]:
        """`handle.write(x)`, `Path(p).write_bytes(x)`, `shutil.copyfileobj(x, handle)`."""
        function = call.node.func
        if verb == "copyfileobj":
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

    # -- shell -----------------------------------------------------------------------------------------------------

    def commanded(self, command: Command) -> Iterator[Event]:
        """What a command does to files, apart from fetching them."""
        words = [word.text for word in command.arguments if not word.text.startswith("-")]
        match command.program:
            case "cp" | "mv" | "ln" | "rsync" | "install" if len(words) >= 2:
                for source in words[:-1]:
                    yield from self._copied_by(command, source, words[-1])
            case "tar" | "bsdtar":
                yield from self._tar(command)
            case "unzip" | "7z" | "7za" | "unrar" if words:
                archive = next((word for word in words if "." in word), words[0])
                directory = read_arguments(command.arguments, letters="d").value(["-d"])
                directory = directory or next((word.text[2:] for word in command.arguments if re.match("-o.", word.text)), ".")
                yield self._by(command, directory, source=archive, tree=True, kind="extract")
            case "gunzip" | "bunzip2" | "unxz" | "gzip" if words:
                yield self._by(command, re.sub(r"\.(gz|bz2|xz)$", "", words[-1]), source=words[-1])
        if command.program not in _FETCHING:
            for redirect in command.redirects:
                if redirect.operator in _TO_FILE and redirect.target is not None:
                    yield from self._redirected(command, redirect.target.text, words)

    def _by(self, command: Command, path: str, *, source: str | None = None, tree: bool = False, kind: Kind = "copy") -> Event:
        folder = self._folders.of(self._code, command)
        moment = self._code.position(command.start)
        return Event(
            path=below(folder, path), spot=Spot(moment=moment, number=self._code.number, offset=command.start), code=self._code,
            source=below(folder, source) if source else None, tree=tree, kind=kind,
        )  # fmt: skip

    def _copied_by(self, command: Command, source: str, target: str) -> Iterator[Event]:
        name = posixpath.basename(source.rstrip("/"))
        if "*" in name:
            yield self._by(command, target, source=posixpath.dirname(source) or ".", tree=True)
            return
        into_folder = target.endswith("/") or target in (".", "..")
        if into_folder or (posixpath.splitext(name)[1] and not posixpath.splitext(target)[1]):
            yield self._by(command, posixpath.join(target, name), source=source, tree=True)
        if not into_folder:
            yield self._by(command, target, source=source, tree=True)

    def _redirected(self, command: Command, target: str, words: list[str]) -> Iterator[Event]:
        """`cat a b > c` copies; what any other command writes is the notebook's own."""
        sources: list[str | None] = [*words] if command.program in ("cat", "gunzip", "zcat", "xz", "gzip", "base64") else []
        for source in sources or [None]:
            yield self._by(command, target, source=source)

    def _tar(self, command: Command) -> Iterator[Event]:
        words = [word.text for word in command.arguments]
        letters = words[0].lstrip("-") if words and not words[0].startswith("--") else ""
        archive = next((after for flag, after in pairwise(words) if re.fullmatch(r"-?\w*f|--file", flag)), None)
        archive = archive or next((word.partition("=")[2] for word in words if word.startswith("--file=")), None)
        if archive is None or archive == "-":
            return
        if "c" in letters or "--create" in words:
            yield self._by(command, archive)
        elif "x" in letters or "-x" in words or "--extract" in words or any(re.fullmatch(r"-\w*x\w*", word) for word in words):
            flags = ("-C", "--directory")
            directory = next((after for flag, after in pairwise(words) if flag in flags), None)
            directory = directory or next((word.partition("=")[2] for word in words if word.startswith("--directory=")), ".")
            yield self._by(command, directory, source=archive, tree=True, kind="extract")


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
