"""What a notebook runs, imports or installs from files and folders, by every way it can."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.fetches import Fetch
from jupyter_mlsecops.files import is_remote_path
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.installs import read_install
from jupyter_mlsecops.notebook.shell import HOLE
from jupyter_mlsecops.provenance import history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.findings import Place
    from jupyter_mlsecops.notebook.code import Call, Code, Session
    from jupyter_mlsecops.notebook.scopes import Position
    from jupyter_mlsecops.notebook.shell import Command

_LEADS = frozenset({"sys.path.append", "sys.path.insert", "site.addsitedir"})
_RUNS = frozenset({"runpy.run_path", "execfile", "IPython.display.Code"})
_IMPORTS = frozenset({"importlib.import_module", "__import__", "importlib.util.spec_from_file_location"})
_RUN_MAGICS = frozenset({"run", "load", "loadpy"})
_CODE = re.compile(r"\.(?:py|sh|bash|R|r|jl|ipynb|jar|whl|deb|rpm|run|exe|pl|rb|js|ps1|pyz)$")


@dataclass(frozen=True, kw_only=True, eq=False)
class Execution:
    """One file or folder whose code is run, imported or installed.

    `paths`: what it may be called, seen from the notebook's folder; the first as it is written.
    """

    code: Code
    start: int
    end: int
    at: Position
    paths: tuple[str, ...]
    how: str

    @property
    def place(self) -> Place:
        """The command, the call or the statement."""
        return self.code.place(self.start, self.end)


def executions(session: Session) -> tuple[Execution, ...]:
    """All executions of a namespace, in order; worked out once."""
    if "executions" not in session.memo:
        session.memo["executions"] = tuple(_Walk().run(session))
    found: tuple[Execution, ...] = session.memo["executions"]
    return found


def executed(session: Session) -> tuple[tuple[Execution, Fetch], ...]:
    """The executions of what a fetch brought that nothing pins, with the fetch; worked out once."""
    if "executed" not in session.memo:
        session.memo["executed"] = tuple(_from_network(session))
    found: tuple[tuple[Execution, Fetch], ...] = session.memo["executed"]
    return found


def _from_network(session: Session) -> Iterator[tuple[Execution, Fetch]]:
    for execution in executions(session):
        files = history(execution.code)
        for path in execution.paths:
            event = files.last(path, execution.at) if path.strip(HOLE + "./") else None
            fetch = event.fetch if event else None
            if event is not None and fetch is None and event.source:
                above = files.last(event.source, event.at)
                fetch = above.fetch if above else None
            if fetch is not None:
                yield execution, fetch
                break


@cache
def _facts() -> dict[str, Any]:
    return table("runners")


class _Walk:
    """Goes through the texts in order and keeps the working folder in mind."""

    def __init__(self) -> None:
        self._folder = ""

    def run(self, session: Session) -> Iterator[Execution]:
        for code in session.codes:
            steps: list[tuple[int, Any]] = [(command.start, command) for command in code.commands]
            steps += [(call.start, call) for call in code.calls]
            steps += [(magic.start, magic) for magic in code.magics]
            steps += [(code.span(node)[0], node) for node in code.nodes(ast.Import, ast.ImportFrom)]
            for _, step in sorted(steps, key=lambda item: item[0]):
                yield from self._step(code, step)

    def _step(self, code: Code, step: Any) -> Iterator[Execution]:
        if isinstance(step, (ast.Import, ast.ImportFrom)):
            yield from self._imported(code, step)
        elif hasattr(step, "words"):
            yield from self._commanded(code, step)
        elif hasattr(step, "names"):
            yield from self._called(code, step)
        elif step.name == "cd":
            self._enter(step.arguments.strip().strip("'\""))
        elif step.name in _RUN_MAGICS and step.arguments.strip():
            words = [word for word in step.arguments.split() if not word.startswith("-")]
            if words and _CODE.search(words[0].strip("'\"")):
                yield self._make(code, step.start, step.end, words[0].strip("'\""), f"%{step.name}")

    def _enter(self, folder: str) -> None:
        if not folder or folder == "-":
            self._folder = ""
        elif folder.startswith(("/", "~")):
            self._folder = folder
        else:
            self._folder = posixpath.normpath(posixpath.join(self._folder, folder))

    def _make(self, code: Code, start: int, end: int, path: str, how: str) -> Execution:
        joined = posixpath.normpath(posixpath.join(self._folder, path)) if self._folder and not path.startswith("/") else path
        paths = tuple(dict.fromkeys([joined, path]))
        return Execution(code=code, start=start, end=end, at=code.position(start), paths=paths, how=how)

    # -- Python ----------------------------------------------------------------------------------------------------

    def _imported(self, code: Code, node: ast.Import | ast.ImportFrom) -> Iterator[Execution]:
        start, end = code.span(node)
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for module in modules:
            if module:
                yield from self._module(code, start, end, module)

    def _module(self, code: Code, start: int, end: int, module: str) -> Iterator[Execution]:
        path = module.replace(".", "/")
        at = code.position(start)
        folder = [posixpath.join(self._folder, path)] if self._folder else []
        paths = (f"{path}.py", path, *folder) if "/" in path else (f"{path}.py", *folder)
        yield Execution(code=code, start=start, end=end, at=at, paths=paths, how="imported")

    def _called(self, code: Code, call: Call) -> Iterator[Execution]:
        names = set(call.names)
        if "os.chdir" in names:
            self._enter(call.text("path", 0) or "")
        elif names & _LEADS:
            path = call.text("path", 1 if "sys.path.insert" in names else 0)
            if path:
                yield self._make(code, call.start, call.end, path, "imported")
        elif names & _RUNS:
            if path := call.text("path_name", 0):
                yield self._make(code, call.start, call.end, path, "run")
        elif names & _IMPORTS:
            module = call.text("name", 0)
            if module and HOLE not in module[:4]:
                yield from self._module(code, call.start, call.end, module)

    # -- shell -----------------------------------------------------------------------------------------------------

    def _commanded(self, code: Code, command: Command) -> Iterator[Execution]:
        program, words = command.program, command.arguments
        if program == "cd" and words:
            self._enter(words[0].text)
            return
        texts = [word.text for word in words]
        if install := read_install(command):
            for requirement in install.requirements:
                if requirement.kind in ("path", "file"):
                    yield self._make(code, command.start, command.end, requirement.text, "installed")
        elif program in _facts()["installers"]:
            for text in texts:
                if _CODE.search(text) and not is_remote_path(text):
                    yield self._make(code, command.start, command.end, text, "installed")
        elif program in _facts()["runners"]:
            for text in texts:
                if _CODE.search(text) and not is_remote_path(text):
                    yield self._make(code, command.start, command.end, text, "run")
                    break
            else:
                if program == "python" and "-m" in texts:
                    module = texts[texts.index("-m") + 1 :][:1]
                    if module:
                        yield from self._module(code, command.start, command.end, module[0])
                elif program == "make" and self._folder:
                    yield self._make(code, command.start, command.end, ".", "run")
        elif command.words and "/" in command.words[0].text and not is_remote_path(command.words[0].text):
            yield self._make(code, command.start, command.end, command.words[0].text, "run")
