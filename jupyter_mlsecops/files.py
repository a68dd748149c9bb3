"""What happens to files in a notebook, in order: fetched, written, copied, extracted."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.fetches import Fetch, fetches, read_arguments
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.program import Program
    from jupyter_mlsecops.notebook.scopes import Position
    from jupyter_mlsecops.notebook.shell import Command

_WRITING_MODE = re.compile(r"[wax]|r.?\+")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):/?/?")
_COPIES = frozenset({"shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.move", "os.rename", "os.replace", "shutil.copytree"})
_EXTRACTS = frozenset({"extractall", "extract", "unpack_archive"})
_PATH_ARGUMENTS = ("path", "file", "filename", "fname", "f", "filepath", "fp", "save_path", "path_or_buf", "export_path", "save_directory", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that gives a path its content.

    `fetch`: it came over the network. `content`: an expression that was written there. `source`: another path that it was
    made from (copied, extracted). None of the three: the notebook made it. `tree`: everything below the path too.
    """

    path: str
    at: Position
    tree: bool = False
    fetch: Fetch | None = None
    content: ast.expr | None = None
    source: str | None = None


def is_remote_path(path: str) -> bool:
    """Whether a path is a URL to somewhere else."""
    scheme = _SCHEME.match(path)
    return scheme is not None and scheme[1].lower() in _remote_schemes() and "//" in path[:12]


def is_bucket(path: str) -> bool:
    """Whether a URL leads to a store that one has to be let into."""
    scheme = _SCHEME.match(path)
    return scheme is not None and scheme[1].lower() not in ("http", "https", "ftp", "ftps", "hf")


@cache
def _remote_schemes() -> frozenset[str]:
    return frozenset(table("files")["remote"]["schemes"])


def handle_key(program: Program, node: ast.expr) -> str | None:
    """A name for a buffer or a variable whose text is not known, so that a write and a read can be told to mean the same."""
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return None
    if isinstance(node, ast.Name):
        binding = program.binding(node)
        if binding is None:
            return f"&{node.id}"
        return f"&{id(binding)}" if binding.kind not in ("import", "function", "class") else None
    owner = handle_key(program, node.value)
    return f"{owner}.{node.attr}" if owner else None


class FileHistory:
    """The events of all texts of one namespace."""

    def __init__(self, session: Session) -> None:
        self._program = session.program
        self._fetches: dict[ast.AST, Fetch] = {}
        self._callers: dict[str, list[ast.Call]] = defaultdict(list)
        self.fetches: list[Fetch] = []
        self.events: list[Event] = []
        for code in session.codes:
            self._read(code)
        self.events.sort(key=lambda event: event.at)

    def last(self, path: str, at: Position) -> Event | None:
        """The last event above a position that gave a path its content; where there is none above, the first below."""
        below: Event | None = None
        found: Event | None = None
        for event in self.events:
            if _concerns(event, path):
                if event.at <= at:
                    found = event
                elif below is None:
                    below = event
        return found or below

    def fetch_of(self, call: ast.Call) -> Fetch | None:
        """The fetch that a call makes."""
        return self._fetches.get(call)

    def callers(self, name: str) -> list[ast.Call]:
        """The calls of a function of the notebook, by its qualified name."""
        return self._callers.get(name, [])

    def returns(self, function: str) -> list[ast.expr]:
        """What the last function of that name returns."""
        binding = self._program.global_binding(function)
        if binding is None or not isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return []
        return [n.value for n in ast.walk(binding.node) if isinstance(n, (ast.Return, ast.Yield)) and n.value is not None]

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self, code: Code) -> None:
        for fetch in fetches(code):
            self.fetches.append(fetch)
            if fetch.call is not None:
                self._fetches[fetch.call.node] = fetch
            self.events.extend(_fetched(fetch))
        for call in code.calls:
            for name in call.names:
                if name.startswith("<notebook>."):
                    self._callers[name].append(call.node)
            self.events.extend(_called(code, call))
        for command in code.commands:
            self.events.extend(_commanded(code, command))
        for magic in code.magics:
            if magic.is_cell and magic.name in ("writefile", "file") and magic.arguments.split():
                path = magic.arguments.split()[-1].strip("'\"")
                self.events.append(Event(path=_normal(path), at=code.position(0)))


def _fetched(fetch: Fetch) -> Iterator[Event]:
    """The path that a fetch writes; where that is not known, or is a folder, the name in the URL tells."""
    target = fetch.target or ""
    if target.strip(HOLE + "/."):
        yield Event(path=_normal(target), at=fetch.at, fetch=fetch, tree=True)
    if fetch.call is not None and fetch.gives != "data" and not posixpath.splitext(target)[1] and fetch.file_name:
        yield Event(path=fetch.file_name, at=fetch.at, fetch=fetch)


def _called(code: Code, call: Call) -> Iterator[Event]:
    last = call.name.rpartition(".")[2]
    if isinstance(call.node.func, ast.Attribute):
        last = call.node.func.attr
    names = set(call.names)
    if not names.isdisjoint(_open_names()) or last == "open":
        yield from _opened(code, call)
    elif names & _COPIES:
        yield from _made_from(code, call, call.argument("src", 0), call.argument("dst", 1))
    elif last in _EXTRACTS:
        yield from _extracted(code, call, last)
    elif last in ("write", "write_bytes", "write_text", "writelines", "copyfileobj"):
        yield from _written(code, call, last)
    elif last.startswith(tuple(table("files")["write"]["prefixes"])):
        yield from _saved(code, call)
    yield from _named_outputs(code, call)


@cache
def _open_names() -> frozenset[str]:
    return frozenset(table("files")["open"]["names"])


def _key(code: Code, node: ast.expr | None) -> str | None:
    """The path that an expression gives, or a key for what cannot be read."""
    if node is None:
        return None
    text = code.program.text(node)
    if text is not None and text.strip(HOLE + "/."):
        return _normal(text)
    return handle_key(code.program, node)


def _opened(code: Code, call: Call) -> Iterator[Event]:
    mode = call.text("mode", 1) or ""
    if _WRITING_MODE.match(mode) and (path := _key(code, call.argument("file", 0))):
        yield Event(path=path, at=call.at)


def _made_from(code: Code, call: Call, source: ast.expr | None, target: ast.expr | None) -> Iterator[Event]:
    path = _key(code, target)
    if source is not None and path:
        yield Event(path=path, at=call.at, content=source, source=_key(code, source), tree=True)


def _extracted(code: Code, call: Call, verb: str) -> Iterator[Event]:
    if verb == "unpack_archive":
        archive, target = call.argument("filename", 0), call.argument("extract_dir", 1)
    else:
        function = call.node.func
        archive = function.value if isinstance(function, ast.Attribute) else None
        target = call.argument("path", 0 if verb == "extractall" else 1)
    path = _key(code, target) or "."
    if archive is not None:
        yield Event(path=path, at=call.at, content=archive, source=_key(code, archive) or path, tree=True)


def _written(code: Code, call: Call, verb: str) -> Iterator[Event]:
    """`handle.write(x)`, `Path(p).write_bytes(x)`, `shutil.copyfileobj(x, handle)`."""
    function = call.node.func
    if verb == "copyfileobj":
        content, handle = call.argument("fsrc", 0), call.argument("fdst", 1)
    else:
        content = call.node.args[0] if call.node.args else None
        handle = function.value if isinstance(function, ast.Attribute) else None
    for path in _paths_of_handle(code, handle):
        # After the `open` that stands in the same expression.
        yield Event(path=path, at=code.position(call.end), content=content)


def _paths_of_handle(code: Code, handle: ast.expr | None) -> Iterator[str]:
    """The path behind a handle, and the handle's own key."""
    if handle is None:
        return
    defined = code.program.value(handle)
    if isinstance(handle, ast.Name) and (binding := code.program.binding(handle)) and binding.value is not None:
        defined = binding.value
    if isinstance(defined, ast.Call):
        opened = code.call(defined)
        method = isinstance(defined.func, ast.Attribute) and defined.func.attr == "open"
        if method and _open_names().isdisjoint(opened.names) and isinstance(defined.func, ast.Attribute):
            target: ast.expr | None = defined.func.value
        else:
            target = opened.argument("file", 0) if method or not _open_names().isdisjoint(opened.names) else None
        if path := _key(code, target):
            yield path
    if key := _key(code, handle):
        yield key


def _saved(code: Code, call: Call) -> Iterator[Event]:
    """`torch.save(x, p)`, `x.to_pickle(p)`, `pickle.dump(x, f)`: every argument that names a path is taken for one."""
    arguments = [*call.node.args[:3], *(k.value for k in call.node.keywords if k.arg in _PATH_ARGUMENTS)]
    for argument in arguments:
        for path in (_key(code, argument), *_paths_of_handle(code, argument)):
            if path:
                yield Event(path=path, at=code.position(call.end), tree=True)


def _named_outputs(code: Code, call: Call) -> Iterator[Event]:
    wanted = table("files")["write"]["arguments"]
    for keyword in call.node.keywords:
        if keyword.arg in wanted and (path := _key(code, keyword.value)):
            yield Event(path=path, at=call.at, tree=True)


# -- shell -------------------------------------------------------------------------------------------------------------


def _commanded(code: Code, command: Command) -> Iterator[Event]:
    at = code.position(command.start)
    words = [word.text for word in command.arguments if not word.text.startswith("-")]
    match command.program:
        case "cp" | "mv" | "ln" if len(words) >= 2:
            target = posixpath.join(words[-1], posixpath.basename(words[0])) if words[-1].endswith("/") else words[-1]
            yield Event(path=_normal(target), at=at, source=_normal(words[0]), tree=True)
        case "tar" | "bsdtar":
            yield from _tar(command, at)
        case "unzip" | "7z" | "7za" if words:
            directory = read_arguments(command.arguments, letters="d").value(["-d"]) or "."
            yield Event(path=_normal(directory), at=at, source=_normal(words[0]), tree=True)
        case "gunzip" | "bunzip2" | "unxz" | "gzip" if words:
            yield Event(path=_normal(re.sub(r"\.(gz|bz2|xz)$", "", words[-1])), at=at, source=_normal(words[-1]))
        case "wget" | "curl" | "aria2c" | "git":
            return
    for redirect in command.redirects:
        if redirect.operator in (">", ">>", ">|", "1>") and redirect.target is not None:
            yield Event(path=_normal(redirect.target.text), at=at)


def _tar(command: Command, at: Position) -> Iterator[Event]:
    words = [word.text for word in command.arguments]
    letters = words[0].lstrip("-") if words else ""
    archive = next((after for flag, after in zip(words, words[1:], strict=False) if re.fullmatch(r"-?\w*f", flag)), None)
    if archive is None:
        return
    if "c" in letters:
        yield Event(path=_normal(archive), at=at)
    elif "x" in letters or "--extract" in words:
        directory = next((after for flag, after in zip(words, words[1:], strict=False) if flag in ("-C", "--directory")), ".")
        yield Event(path=_normal(directory), at=at, source=_normal(archive), tree=True)


# -- paths -------------------------------------------------------------------------------------------------------------


def _normal(path: str) -> str:
    path = path.removeprefix("file://")
    return path if is_remote_path(path) or path.startswith("&") else posixpath.normpath(path) if path else path


def _concerns(event: Event, path: str) -> bool:
    """Whether an event gives a path its content."""
    path = _normal(path)
    if _same(event.path, path):
        return True
    if not event.tree or event.path in (".", "/"):
        return False
    return path.startswith(event.path + "/") or _same(posixpath.dirname(path), event.path)


def _same(one: str, other: str) -> bool:
    """Whether two paths mean one file: equal, or the shorter is the end of the longer (the folder may have changed)."""
    if one == other:
        return True
    if HOLE in one or HOLE in other:
        return _fits(one, other) or _fits(other, one) or (HOLE not in one and other.endswith("/" + one))
    if one.startswith("&") or other.startswith("&"):
        return False
    return one.endswith("/" + other) or other.endswith("/" + one)


def _fits(pattern: str, path: str) -> bool:
    """Whether a path with unknown parts may be a path; only where enough of it is known to tell."""
    known = pattern.replace(HOLE, "").strip("/.")
    if HOLE not in pattern or len(known) < 4 or len(pattern) > 300:
        return False
    return re.fullmatch(".*".join(re.escape(part) for part in re.split(f"{HOLE}+", pattern)), path) is not None
