"""What a notebook runs, imports or installs from files and folders, by every way it can."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.flows.fetches import all_fetches
from jupyter_mlsecops.flows.file_event import Spot
from jupyter_mlsecops.flows.files import history
from jupyter_mlsecops.flows.folders import folders
from jupyter_mlsecops.flows.paths import below, is_remote_path
from jupyter_mlsecops.flows.pinning import is_url
from jupyter_mlsecops.flows.provenance import provenance_at
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.packages.installs import read_install
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.findings import Place
    from jupyter_mlsecops.flows.fetches import Fetch
    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.shell.commands import Command

_LEADS = frozenset({"sys.path.append", "sys.path.insert", "site.addsitedir"})
_RUNS = frozenset({"runpy.run_path", "execfile"})
_IMPORTS = frozenset({"importlib.import_module", "__import__"})
_FILES = frozenset(
    {"importlib.util.spec_from_file_location", "imp.load_source", "importlib.machinery.SourceFileLoader"}
)
_NATIVE = frozenset({
    "ctypes.CDLL", "ctypes.cdll.LoadLibrary", "ctypes.PyDLL", "torch.ops.load_library", "torch.classes.load_library", "tensorflow.load_op_library",
    "tensorflow.load_library", "numpy.ctypeslib.load_library",
})  # fmt: skip
_RUN_MAGICS = frozenset({"run", "load", "loadpy"})
_EXECUTES = frozenset({"exec", "builtins.exec"})
_WORDS = frozenset(name.rpartition(".")[2] for name in _LEADS | _RUNS | _IMPORTS | _FILES | _NATIVE | _EXECUTES)
_CODE = re.compile(r"\.(?:py|sh|bash|R|r|jl|ipynb|jar|whl|deb|rpm|run|exe|pl|rb|js|ps1|pyz|so|appimage|AppImage|msi)$")
_PACKAGE = re.compile(r"\.(?:whl|egg|zip|tar\.gz|tgz|tar\.bz2)$")
_WORD = re.compile(r"\w+")
_MOST_PARTS = 8
MAX_STEPS = 8  # copies and extractions between a download and what is run


@dataclass(frozen=True, kw_only=True, eq=False)
class Execution:
    """One file or folder whose code is run, imported or installed.

    `paths`: what it may be called, seen from the notebook's folder; the last as it is written.
    """

    code: Code
    start: int
    end: int
    paths: tuple[str, ...]
    how: str

    @property
    def place(self) -> Place:
        """The command, the call or the statement."""
        return self.code.place(self.start, self.end)

    @property
    def spot(self) -> Spot:
        """When it happens."""
        return Spot(moment=self.code.position(self.start), number=self.code.number, offset=self.start)


def executed(session: Session) -> tuple[tuple[Execution, Fetch], ...]:
    """What a namespace runs, imports or installs of what it fetched, with the fetch; worked out once."""
    return session.once(_from_network)


def _from_network(session: Session) -> tuple[tuple[Execution, Fetch], ...]:
    return tuple(session.gather(_of_fetches)) if all_fetches(session) else ()


def _of_fetches(code: Code) -> Iterable[tuple[Execution, Fetch]]:
    found: dict[tuple[int, int], tuple[Execution, Fetch]] = {}
    for execution in _Reader(code).read():
        if fetch := _fetch(execution):
            found.setdefault((execution.start, execution.end), (execution, fetch))
    return found.values()


def _fetch(execution: Execution) -> Fetch | None:
    """The fetch that brought what is run; what was copied, or extracted from an archive, is followed back."""
    for path in execution.paths:
        spot, name = execution.spot, path
        for _ in range(MAX_STEPS):
            event = history(execution.code.session).origin(name, spot) if name.strip(HOLE + "./") else None
            if event is not None and event.fetch is not None:
                return event.fetch
            if event is None:
                break
            if event.content is not None and (brought := provenance_at(event.code, event.content, event.spot).fetch):
                return brought
            if event.source is None:
                break
            name, spot = event.source, event.spot
    return None


def line_magics(code: Code) -> Iterator[tuple[str, str, int, int]]:
    """Name, arguments and span of every line magic, those that Python calls too."""
    for magic in code.magics:
        if not magic.is_cell:
            yield magic.name, magic.arguments, magic.start, magic.end
    for call in code.calls_of({"run_line_magic", "magic"}):
        if call.name.endswith(".run_line_magic"):
            yield call.text("magic_name", 0) or "", call.text("line", 1) or "", call.start, call.end
        elif call.name.endswith(("get_ipython().magic", ".InteractiveShell.magic")):
            name, _, arguments = (call.text("arg_s", 0) or "").lstrip("%").partition(" ")
            yield name, arguments, call.start, call.end


def _is_installed(code: Code, module: str) -> bool:
    """Whether a module comes with Python, or with a package: what is found in the folder of a clone is none of these."""
    root = module.partition(".")[0]
    return (
        root in sys.stdlib_module_names
        or root in _libraries()
        or root.replace("_", "-").lower() in code.session.once(_installed)
        or (root in _popular() and root.lower() not in code.session.once(_named_by_fetches))
    )


def _installed(session: Session) -> frozenset[str]:
    """The packages that a namespace installs, by normalised name."""
    return frozenset(session.gather(_required))


def _required(code: Code) -> Iterator[str]:
    installs = (read_install(command) for command in code.commands)
    return (requirement.name for install in installs if install for requirement in install.requirements)


@cache
def _libraries() -> frozenset[str]:
    """The libraries that the tables know."""
    rows = (
        row
        for name in ("loaders", "hub", "fetchers")
        for rows in table(name).values()
        if isinstance(rows, list)
        for row in rows
    )
    return frozenset(
        name.partition(".")[0]
        for row in rows
        for name in row["names"]
        if "." in name and "*" not in name.partition(".")[0]
    )


@cache
def _popular() -> frozenset[str]:
    """Modules that nobody writes next to a notebook."""
    packages = table("package_names")["popular"].split()
    return frozenset({*(name.replace("-", "_") for name in packages), *_facts()["libraries"]})


def _named_by_fetches(session: Session) -> frozenset[str]:
    """The names in what is fetched, and their parts: a library whose repository is cloned may be imported from there."""
    texts = (text for fetch in all_fetches(session) for text in (fetch.url, fetch.target) if text)
    names = {name for text in texts for name in _WORD.findall(text.lower().replace("-", "_"))}
    return frozenset(part for name in names for part in _parts(name))


def _parts(name: str) -> Iterator[str]:
    """A name, and whatever stands in it between underscores."""
    words = name.split("_")[:_MOST_PARTS]
    yield name
    for start in range(len(words)):
        yield from ("_".join(words[start:end]) for end in range(start + 1, len(words) + 1))


def _is_build(program: str, texts: list[str]) -> bool:
    return (program in ("docker", "podman", "buildah") and "build" in texts) or (
        program == "gcloud" and texts[:2] == ["builds", "submit"]
    )


@cache
def _facts() -> dict[str, Any]:
    return table("runners")


class _Reader:
    """Reads what one text runs, imports and installs."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._folders = folders(code.session)

    def read(self) -> Iterator[Execution]:
        """The executions of the text, in document order."""
        found = [one for command in self._code.commands for one in self._commanded(command)]
        found += [one for call in self._code.calls_of(_WORDS) for one in self._called(call)]
        for name, arguments, start, end in line_magics(self._code):
            found += self._magic(name, arguments, start, end)
        found += [one for node in self._code.nodes(ast.Import, ast.ImportFrom) for one in self._imported(node)]
        yield from sorted(found, key=lambda execution: execution.start)

    def _make(self, start: int, end: int, path: str, how: str, folder: str | None = None) -> Execution:
        folder = self._folders.at(self._code.position(start)) if folder is None else folder
        paths = tuple(dict.fromkeys([below(folder, path), path]))
        return Execution(code=self._code, start=start, end=end, paths=paths, how=how)

    def _magic(self, name: str, arguments: str, start: int, end: int) -> Iterator[Execution]:
        if name in _RUN_MAGICS:
            words = [word.strip("'\"") for word in arguments.split() if not word.startswith("-")]
            if words and _CODE.search(words[0]) and not is_remote_path(words[0]):
                yield self._make(start, end, words[0], f"%{name}")
        elif name in ("load_ext", "reload_ext") and arguments.strip():
            yield self._module(start, end, arguments.split(maxsplit=1)[0])

    # -- Python ----------------------------------------------------------------------------------------------------

    def _imported(self, node: ast.AST) -> Iterator[Execution]:
        start, end = self._code.span(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield self._module(start, end, alias.name)
        elif isinstance(node, ast.ImportFrom):
            yield self._module(start, end, node.module or "")
            for alias in node.names:  # `from folder import module`
                yield self._module(start, end, f"{node.module}.{alias.name}" if node.module else alias.name)

    def _module(self, start: int, end: int, module: str) -> Execution:
        path = module.replace(".", "/")
        folder = self._folders.at(self._code.position(start))
        names = [f"{path}.py", f"{path}/__init__.py"] if path and not _is_installed(self._code, module) else []
        return Execution(
            code=self._code, start=start, end=end, paths=tuple(below(folder, name) for name in names), how="imported"
        )

    def _called(self, call: Call) -> Iterator[Execution]:
        names = set(call.names)
        if names & _LEADS:
            yield from self._path_of(call, "path", 1 if "sys.path.insert" in names else 0, "imported")
        elif names & _RUNS:
            yield from self._path_of(call, "path_name", 0, "run")
        elif names & _FILES:
            yield from self._path_of(call, "location", 1, "imported")
        elif names & _NATIVE:
            yield from self._path_of(call, "name", 0, "loaded as native code")
        elif names & _EXECUTES and call.node.args:
            yield from self._executed_text(call, call.node.args[0])
        elif names & _IMPORTS:
            module = call.text("name", 0)
            if module and HOLE not in module[:4]:
                yield self._module(call.start, call.end, module)

    def _path_of(self, call: Call, name: str, position: int, how: str) -> Iterator[Execution]:
        path = call.text(name, position)
        if path and path.strip(HOLE + "./"):
            yield self._make(call.start, call.end, path, how)

    def _executed_text(self, call: Call, argument: ast.expr) -> Iterator[Execution]:
        """`exec(open("x.py").read())`."""
        program = self._code.program
        node = program.value(argument)
        for _ in range(MAX_STEPS):
            if not isinstance(node, ast.Call):
                return
            if (
                set(program.names(node.func)) & {"open", "io.open"}
                and node.args
                and (path := program.text(node.args[0]))
            ):
                yield self._make(call.start, call.end, path, "run")
                return
            inner = node.func.value if isinstance(node.func, ast.Attribute) else node.args[0] if node.args else None
            if inner is None:
                return
            if isinstance(node.func, ast.Attribute) and node.func.attr == "read_text" and (path := program.text(inner)):
                yield self._make(call.start, call.end, path, "run")
                return
            node = program.value(inner)

    # -- shell -----------------------------------------------------------------------------------------------------

    def _commanded(self, command: Command) -> Iterator[Execution]:
        folder = self._folders.of(self._code, command)
        for path, how in self._handed(command, folder):
            yield self._make(command.start, command.end, path, how, folder)

    def _handed(self, command: Command, folder: str) -> Iterator[tuple[str, str]]:
        """What a command runs, builds or installs, and which of these it is."""
        program = command.program
        if install := read_install(command):
            paths = [each.text for each in install.requirements if each.kind in ("path", "file")]
            # What is to be edited is a folder, however it is written.
            paths += [
                option.value.partition("[")[0]
                for option in install.options
                if option.name == "--editable" and option.value
            ]
            yield from ((path, "installed") for path in dict.fromkeys(paths) if not is_url(path.removeprefix("git+")))
            return
        texts = [word.text for word in command.arguments if not is_remote_path(word.text)]
        if program in _facts()["installers"]:
            yield from ((text, "installed") for text in texts if _CODE.search(text) or _PACKAGE.search(text))
        elif program in _facts()["runners"]:
            yield from ((path, "run") for path in self._run(command, texts, folder))
        elif _is_build(program, texts):
            places = [text for text in texts if not text.startswith("-")]
            yield places[-1] if "build" in places[:-1] else ".", "built"
        elif (
            command.words and not is_remote_path(path := command.words[0].text) and ("/" in path or _CODE.search(path))
        ):
            yield path, "run"

    def _run(self, command: Command, texts: list[str], folder: str) -> Iterator[str]:
        """The files that an interpreter or a launcher runs."""
        program = command.program
        script = next((text for text in texts if _CODE.search(text)), None)
        is_interpreter = program in _facts()["interpreters"]
        if (
            script is None and is_interpreter and not {"-c", "-m", "-e"} & set(texts)
        ):  # `bash installer`: any name will do
            script = next((text for text in texts if not text.startswith("-")), None)
        if script is not None:
            yield script
        elif program == "python" and "-m" in texts[:-1]:
            path = texts[texts.index("-m") + 1].replace(".", "/")
            yield from (f"{path}.py", f"{path}/__main__.py")
        elif program in ("make", "cmake") and folder:
            yield "."
        for redirect in command.redirects if is_interpreter else ():
            if redirect.operator == "<" and redirect.target is not None:
                yield redirect.target.text
