"""The words that rules speak: the calls, commands and magics of one piece of program text."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from jupyter_mlsecops.notebook.calls import Call
from jupyter_mlsecops.notebook.carriers import CARRIER_WORDS, carried
from jupyter_mlsecops.notebook.facts import Facts
from jupyter_mlsecops.notebook.file_kinds import DEPENDENCY_KINDS, file_kind
from jupyter_mlsecops.notebook.ipython import layout as ipython
from jupyter_mlsecops.notebook.memo import Memo
from jupyter_mlsecops.notebook.model import Location, Place
from jupyter_mlsecops.notebook.packages.dependency_files import declared_installs, read_script_metadata
from jupyter_mlsecops.notebook.packages.dockerfile import split_dockerfile
from jupyter_mlsecops.notebook.packages.installs import read_install
from jupyter_mlsecops.notebook.python.statements import Uses, uses
from jupyter_mlsecops.notebook.session import Session, names_in
from jupyter_mlsecops.notebook.shell import commands as shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jupyter_mlsecops.notebook.file_kinds import DependencyKind, FileKind
    from jupyter_mlsecops.notebook.ipython.layout import Layout, Magic, ShellText
    from jupyter_mlsecops.notebook.model import Cell, Notebook
    from jupyter_mlsecops.notebook.packages.installs import Install
    from jupyter_mlsecops.notebook.python.program import Program
    from jupyter_mlsecops.notebook.python.scopes import Position
    from jupyter_mlsecops.notebook.python.source import PythonSource

__all__ = ["Call", "Code", "CodeKind", "Session", "read_codes"]

CodeKind = Literal["python", "shell", "text"]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, eq=False)
class Code:
    """One piece of program text: a code cell, a file that a cell writes (`file` is its name then), or a whole file.

    `text` is a part of the cell's source that begins at `start`; all positions below are positions in `text`.
    `cell` is None for a file without cells. `number` is the place of this text among the sources of its program.
    `dependencies` is the kind of a text that declares packages.
    """

    cell: int | None
    part: str = "/source"
    text: str = field(repr=False)
    start: int = 0
    kind: CodeKind = "python"
    file: str | None = None
    dependencies: DependencyKind | None = None
    layout: Layout = field(repr=False)
    session: Session = field(repr=False)
    number: int = 0
    # The number that the editor shows beside the cell: when it last ran, if the file says so.
    execution_count: int | None = None
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)

    def once(self, read: Callable[[Code], Iterable[T]]) -> tuple[T, ...]:
        """What a function reads in this text; read when it is first asked for."""
        return self.session.keep(self.memo, read, lambda: tuple(read(self)))

    def release(self) -> None:
        """Let go of the session and of all that was worked out; nothing can be asked of this code any more."""
        self.session.release()
        vars(self).clear()

    @cached_property
    def uses(self) -> tuple[Uses, ...]:
        """What its Python statements use and give."""
        return tuple(uses(self.python))

    @cached_property
    def names(self) -> frozenset[str]:
        """All names that this text may use."""
        return names_in(self)

    @property
    def program(self) -> Program:
        """The namespace that this text runs in."""
        return self.session.program

    @property
    def python(self) -> PythonSource:
        """The Python of this text."""
        return self.session.sources[self.number]

    def place(self, start: int, end: int) -> Place:
        """The place of a span of this text."""
        return Place(cell=self.cell, at=Location(part=self.part, start=self.start + start, end=self.start + end))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Start and end of a node of this text."""
        return self.python.span(node)

    def holds(self, node: ast.AST) -> bool:
        """Whether a node is written in this text, so that its span means something here."""
        return self.program.number_of(node) == self.number

    def literal_span(self, node: ast.expr, start: int = 0, end: int | None = None) -> tuple[int, int]:
        """Where the characters `start` to `end` of a string literal's value stand; the whole value by default.

        The quotes are left out. The span of the expression where it is no literal.
        """
        whole = self.span(node)
        positions = self.session.positions(self, node) if isinstance(node, (ast.Constant, ast.JoinedStr)) else None
        if not positions:
            return whole
        last = len(positions) - 1
        return positions[min(start, last)], positions[last if end is None else min(end, last)]

    def nodes(self, *types: type[ast.AST], dead: bool = False) -> Iterator[ast.AST]:
        """The nodes of exactly these types, outer before inner; `dead`: those that never run too."""
        program = self.program
        by_type = program.by_type[self.number]
        found = [by_type[kind] for kind in types if kind in by_type]
        nodes = program.nodes[self.number]
        for index in found[0] if len(found) == 1 else sorted(chain.from_iterable(found)):
            node = nodes[index]
            if dead or not program.is_dead(node):
                yield node

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """All Python calls that may run, in document order."""
        calls = [node for node in self.nodes(ast.Call) if isinstance(node, ast.Call)]
        calls.sort(key=lambda node: (node.lineno, node.col_offset))  # what begins together is outer before inner
        return tuple(self.call(node) for node in calls)

    @cached_property
    def _calls_by_word(self) -> Mapping[str, list[int]]:
        """Every rule asks for calls of some functions: they are sorted once, by the last parts of their names."""
        found: dict[str, list[int]] = {}
        for index, call in enumerate(self.calls):
            words = {name.rpartition(".")[2] for name in call.names}
            if isinstance(call.node.func, ast.Attribute):
                words.add(call.node.func.attr)
            for word in words:
                found.setdefault(word, []).append(index)
        return found

    def calls_of(self, words: frozenset[str] | set[str]) -> Iterable[Call]:
        """The calls of functions of which one of these is the last part of a name, in document order."""
        by_word = self._calls_by_word
        if words.isdisjoint(by_word):
            return ()
        calls = self.calls
        return [calls[index] for index in sorted({index for word in by_word.keys() & words for index in by_word[word]})]

    def call(self, node: ast.Call) -> Call:
        """A call of this text as rules see it."""
        return Call(code=self, node=node, names=self.program.names(node.func))

    @property
    def magics(self) -> tuple[Magic, ...]:
        """The magics, in document order."""
        return self.layout.magics

    @cached_property
    def pipelines(self) -> tuple[shell.Pipeline, ...]:
        """What is handed to a shell, by every carrier, in document order."""
        found = [pipeline for text in self.layout.shells if not self._is_dead(text) for pipeline in self._parsed(text)]
        found.extend(pipeline for call in self.calls_of(CARRIER_WORDS) for pipeline in carried(self, call))
        return tuple(sorted(found, key=lambda pipeline: pipeline.start))

    @cached_property
    def commands(self) -> tuple[shell.Command, ...]:
        """All commands, those inside substitutions too."""
        return tuple(shell.flatten(self.pipelines))

    @cached_property
    def installs(self) -> tuple[Install, ...]:
        """What it has installed: by its commands, and by what it declares as a file of dependencies."""
        found = tuple(install for command in self.commands if (install := read_install(command)))
        if self.dependencies:
            return found + declared_installs(self.dependencies, self.text)
        return found + read_script_metadata(self.text) if self.kind == "python" else found

    def position(self, offset: int) -> Position:
        """A place of this text in the order of the program."""
        line = self.python.line_of(offset)
        return self.number, line, offset - self.python.offset(line, 0)

    def _parsed(self, text: ShellText) -> tuple[shell.Pipeline, ...]:
        fill = self.filler_at(self.position(text.start)) if text.dialect == "ipython" else self.fill_script
        return shell.parse(text.text, dialect=text.dialect, fill=fill, base=text.start)

    def _is_dead(self, text: ShellText) -> bool:
        return self.program.frame_at(self.position(text.start)).dead

    # -- what interpolations stand for -----------------------------------------------------------------------------

    def fill_script(self, _kind: str, name: str) -> str | None:
        """The value of a variable in a script: what the notebook put into the environment."""
        return self._affordable(self.program.environment_variable(name, (self.number + 1, 0, 0)))

    def filler(self, node: ast.AST) -> Callable[[str, str], str | None]:
        """The values that the parts of an f-string have."""
        home = self.program.home(node)
        return self.filler_at(home.at if home else (self.number + 1, 0, 0))

    def filler_at(self, at: Position) -> Callable[[str, str], str | None]:
        """The values that `{expression}` and `$variable` have at a position."""

        def fill(kind: str, text: str) -> str | None:
            if kind == "variable":
                value = self.program.variable(text, at)
                return self._affordable(self.program.environment_variable(text, at) if value is None else value)
            expression = self.program.expression(text, at)
            return None if expression is None else self._affordable(self.program.shown(expression))

        return fill

    def _affordable(self, value: str | None) -> str | None:
        return value if value is not None and self.program.may_read(len(value)) else None


def read_codes(notebook: Notebook) -> tuple[Code, ...]:
    """The program texts of a notebook: its code cells in one namespace, and each file that a cell writes in its own.

    What is still known of the notebook as it was before is used; that one's codes mean nothing then.
    """
    if notebook.kind != "notebook":
        return tuple(_file_code(cell, notebook.kind) for cell in notebook.cells)
    return _edited_codes(notebook) or _new_codes(notebook)


def _new_codes(notebook: Notebook) -> tuple[Code, ...]:
    memo = notebook.memo or Memo()
    cells = [cell for cell in notebook.cells if cell.type == "code"]
    layouts = [memo.layout(cell.source, notebook.language) for cell in cells]
    texts = [layout.python for layout in layouts]
    facts = Facts() if memo.is_edited else None
    session = Session(texts, environment=_environment(layouts), memo=memo, facts=facts)
    codes: list[Code] = []
    for number, (cell, layout) in enumerate(zip(cells, layouts, strict=True)):
        code = _cell_code(cell, layout, number, session, notebook.language)
        session.add(code)
        codes += [code, *_written(code)]
    return tuple(codes)


def _edited_codes(notebook: Notebook) -> tuple[Code, ...]:
    """The codes of a notebook of which some cells were edited; () where more has changed."""
    old, memo = notebook.previous, notebook.memo
    if old is None or memo is None or notebook.language != old.language or not old.codes:
        return ()
    if [cell.type for cell in notebook.cells] != [cell.type for cell in old.cells]:
        return ()
    session = old.codes[0].session
    changed = {
        after.index: after for before, after in zip(old.cells, notebook.cells, strict=True)
        if before is not after and (before.source != after.source or before.execution_count != after.execution_count)
    }  # fmt: skip
    codes: dict[int, Code] = {}
    for code in old.codes:
        cell = changed.get(code.cell)
        if cell is not None and code.session is session:
            layout = memo.layout(cell.source, notebook.language)
            codes[code.number] = _cell_code(cell, layout, code.number, session, notebook.language)
    texts = {number: code.layout.python for number, code in codes.items()}
    edited = session.edit(codes, texts, lambda code: replace(code, memo={})) if codes else set[int]()
    if edited is None:
        return ()
    found: list[Code] = []
    for code in old.codes:
        if code.session is session:
            now = session.code(code.number) or code
            found += [now, *(_written(now) if code.number in codes else ())]
        elif code.cell not in changed:
            found.append(code)
    return tuple(found)


def _cell_code(cell: Cell, layout: Layout, number: int, session: Session, language: str) -> Code:
    kind: CodeKind = layout.body if layout.body in ("python", "shell") else "text"
    if kind == "python" and language != "python":
        kind = "text"
    return Code(
        cell=cell.index, text=cell.source, kind=kind, layout=layout, session=session, number=number, execution_count=cell.execution_count
    )  # fmt: skip


def _environment(layouts: list[Layout]) -> dict[str, str]:
    found: dict[str, str] = {}
    for layout in layouts:
        for magic in layout.magics:
            if magic.name in ("env", "set_env"):
                name, separator, value = magic.arguments.partition("=" if "=" in magic.arguments else " ")
                if separator:
                    found[name.strip()] = value.strip().strip("'\"")
    return found


def _written(code: Code) -> tuple[Code, ...]:
    """The file that `%%writefile` makes of a cell's body."""
    if code.layout.body != "file" or not code.magics:
        return ()
    magic = code.magics[-1]
    words = [word for word in magic.arguments.split() if not word.startswith("-")]
    file = words[-1].strip("'\"") if words else ""
    return (_file_code(code, file_kind(file) if file else None, start=magic.body_start, file=file),)


def _file_code(whole: Cell | Code, kind: FileKind | None, *, start: int = 0, file: str | None = None) -> Code:
    """What stands in a cell from `start` on, as the file that it is or becomes."""
    text = (whole.text if isinstance(whole, Code) else whole.source)[start:]
    layout, code_kind = _file_layout(text, kind)
    session = Session((layout.python,))
    code = Code(
        cell=whole.cell if isinstance(whole, Code) else whole.index,
        part=whole.part,
        text=text,
        start=start,
        kind=code_kind,
        file=file,
        dependencies=kind if kind in DEPENDENCY_KINDS else None,  # type: ignore[arg-type]  # these are the kinds
        layout=layout,
        session=session,
    )
    session.add(code)
    return code


def _file_layout(text: str, kind: FileKind | None) -> tuple[Layout, CodeKind]:
    match kind:
        case "python":
            return ipython.Layout(python=text), "python"
        case "shell":
            return ipython.split(text, language="bash"), "shell"
        case "dockerfile":
            return split_dockerfile(text), "shell"
        case _:
            return ipython.Layout(python=ipython.blank(text), body="text"), "text"
