"""In which folder a notebook stands when it comes to a place: `%cd`, `os.chdir`, `cd` in scripts."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from jupyter_mlsecops.flows.paths import below
from jupyter_mlsecops.notebook.shell import commands as shell
from jupyter_mlsecops.notebook.shell.commands import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code, Session
    from jupyter_mlsecops.notebook.ipython.layout import Magic
    from jupyter_mlsecops.notebook.python.scopes import Position
    from jupyter_mlsecops.notebook.shell.commands import Command

_ENTERS = frozenset({"cd", "pushd"})


class Folders:
    """The working folders of one namespace; "" is where the notebook starts, or is not known."""

    def __init__(self, session: Session) -> None:
        self._starts: list[Position] = []
        self._folders: list[str] = []
        self._of_command: dict[Code, dict[int, str]] = {}
        now: list[str] = [""]
        for position, folder in sorted(session.gather(_changes)):
            now = _entered(now, folder)
            self._starts.append(position)
            self._folders.append(now[-1])

    def at(self, position: Position) -> str:
        """The notebook's folder at a position."""
        number = bisect_right(self._starts, position)
        return self._folders[number - 1] if number else ""

    def of(self, code: Code, command: Command) -> str:
        """The folder that a command runs in."""
        if code not in self._of_command:
            self._of_command[code] = dict(self._read_commands(code))
        return self._of_command[code].get(id(command)) or self.at(code.position(command.start))

    def _read_commands(self, code: Code) -> Iterator[tuple[int, str]]:
        """The folders of commands that have their own. A `cd` in a script holds to the end of that script, or of the statement that hands it to a shell."""
        script: object = None
        now: list[str] = [""]
        shells = [text.start for text in code.layout.shells]
        statements = (
            [statement.lineno for tree in code.python.trees for statement in tree.body] if code.commands else []
        )
        told = [
            (call.start, call.end, folder)
            for call in (code.calls if code.commands else ())
            if call.keyword("cwd") and (folder := call.text("cwd"))
        ]
        for command in code.commands:
            number = bisect_right(shells, command.start)
            in_shell = number > 0 and command.start < code.layout.shells[number - 1].end
            line = code.python.line_of(command.start)
            current = (in_shell, number if in_shell else bisect_right(statements, line))
            if folder := _told(told, command.start):
                yield id(command), below(self.at(code.position(command.start)), folder)
                continue
            if current != script:
                script, now = current, [self.at(code.position(command.start))]
            if command.program in _ENTERS or command.program == "popd":
                words = [word.text for word in command.arguments if not word.text.startswith("-") or word.text == "-"]
                now = _entered(now, "-" if command.program == "popd" else words[0] if words else "")
            elif now[-1]:
                yield id(command), now[-1]


def folders(session: Session) -> Folders:
    """The working folders of a namespace; worked out once."""
    return session.once(Folders)


def _told(calls: list[tuple[int, int, str]], offset: int) -> str:
    """The folder that the call around an offset is told to run in."""
    number = bisect_right(calls, (offset, 1 << 60, "")) - 1
    return calls[number][2] if number >= 0 and offset < calls[number][1] and HOLE not in calls[number][2] else ""


def _entered(folders_before: list[str], folder: str) -> list[str]:
    """The folders that one was in, after going into another."""
    if folder == "-":
        return folders_before[:-1] or [""]
    now = "" if not folder or HOLE in folder else below(folders_before[-1], folder)
    return [*folders_before[-5:], "" if now == "." else now]


def _changes(code: Code) -> Iterator[tuple[Position, str]]:
    """Where the notebook itself goes into a folder, and into which."""
    for magic in code.magics:
        if magic.name in _ENTERS and not magic.is_cell:
            yield code.position(magic.start), _named(code, magic)
        elif magic.name == "popd":
            yield code.position(magic.start), "-"
    for call in code.calls_of({"chdir"}):
        if "os.chdir" in call.names:
            yield code.position(call.start), call.text("path", 0) or ""


def _named(code: Code, magic: Magic) -> str:
    words = shell.parse(f"cd {magic.arguments}", dialect="ipython", fill=code.filler_at(code.position(magic.start)))
    for command in shell.flatten(words):
        return next((word.text for word in command.arguments if not word.text.startswith("-") or word.text == "-"), "")
    return ""
