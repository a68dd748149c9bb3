"""The lines of a Python cell that are IPython's: found by one scan that knows strings, brackets and continuations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from jupyter_mlsecops.notebook.ipython.magics import (
    AUTOMAGICS,
    AUTOMATIC_INSTALLERS,
    PROGRAM_MAGICS,
    SHELL_MAGICS,
    STATEMENT_MAGICS,
)
from jupyter_mlsecops.notebook.ipython.syntax import parses

_MOST_NESTED = 5

_LINE_END = re.compile(r"[^\r\n]*")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_INDENT = re.compile(r"[ \t\f]*")
_BLANKS = re.compile(r"[ \t]*")
_MAGIC = re.compile(r"%{1,2}[ \t]*([^\s?]+)[ \t]*")
_AUTOMAGIC = re.compile(r"([A-Za-z]\w*)[ \t]*")
_INSTALLER = re.compile(
    rf"(?:{'|'.join(AUTOMATIC_INSTALLERS)})[ \t]+"
    r"(?:(?!(?:and|as|else|for|if|in|is|not|or)\b)[A-Za-z]|--?[\w-]+(?:=\S*)?[ \t]+[A-Za-z])",
)
_ASSIGNED = re.compile(r"([^=#\r\n]*[^=#\r\n!<>%:+*/&|^@-])=[ \t]*(?=[!%][^=])")
_ESCAPED_LINE = re.compile(r"(?:^|(?<=\r))[ \t]*(?=![^=]|%{1,2}[A-Za-z])", re.MULTILINE)
_COMPOUND = re.compile(r"(?:@|#|(?:async|class|def|for|if|match|try|while|with)\b)")
_OPTION = re.compile(r"-\S*[ \t]*")
_OPTION_VALUE = re.compile(r"[^\s-]\S*[ \t]*")
_PLAIN_PYTHON = re.compile(r"[^'\"#\\()\[\]{}\r\n]+")
_STRING_ENDS = {
    "'''": re.compile(r"\\.|'''", re.DOTALL),
    '"""': re.compile(r'\\.|"""', re.DOTALL),
    "'": re.compile(r"\\(?:\r\n|.)|['\r\n]", re.DOTALL),
    '"': re.compile(r'\\(?:\r\n|.)|["\r\n]', re.DOTALL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellText:
    """A shell command line or script: `text == source[start:end]`. In dialect "ipython" `{expr}` and `$name` are Python's."""

    start: int
    end: int
    text: str
    dialect: Literal["ipython", "script"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Magic:
    """One magic. `end` is the end of its own line or lines; `body_start` is -1 for line magics."""

    name: str
    arguments: str
    start: int
    end: int
    arguments_start: int
    is_cell: bool
    body_start: int


class LineReader:
    """Collects magics, shell texts and edits from a source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.shells: list[ShellText] = []
        self.magics: list[Magic] = []
        self.broken = False  # something stays open: from here on lines are read alone
        self.edits: list[tuple[int, int, str]] = []  # a span to blank, and what to leave at its start

    def python(self) -> str:
        """The source with all edits made: same length, same line breaks."""
        pieces: list[str] = []
        at = 0
        for start, end, left in sorted(self.edits):
            if start < at:
                continue
            pieces += [self.source[at:start], left]
            pieces.append(re.sub(r"[^\r\n]", " ", self.source[start + len(left) : end]))
            at = max(end, start + len(left))
        pieces.append(self.source[at:])
        return "".join(pieces)

    def blank_cell_magic(self, magic: Magic) -> None:
        """Blank the line of a cell magic; a statement on it stays Python."""
        if magic.name in {"timeit", "prun", "memit"} and magic.arguments:
            self._keep_statement(magic.name, magic.start, magic.arguments_start, magic.end)
        else:
            self.edits.append((magic.start, magic.end, ""))

    def read(self, at: int) -> None:
        """Read all lines from `at`, which begins a line, to the end."""
        alone = len(self.source[at:].strip().splitlines()) == 1
        while at < len(self.source):
            start = _end(_INDENT, self.source, at)
            end = self._escaped(start, alone=alone)
            if end is None:
                end = self._logical_line(start)
            if end is None:
                self._incomplete(start)
                return
            at = _end(_LINE_BREAK, self.source, end)

    def _escaped(self, start: int, *, alone: bool) -> int | None:
        """Read the statement at `start` if it is IPython's; its end, or None where it is Python."""
        first = self.source[start : start + 1]
        if first == "%":
            return self._magic(start, start, "0")
        if first == "!":
            return self._shell(start, start, "0")
        if first and first in "?,;/":
            return self._blank(start, "0")
        line_end = _end(_LINE_END, self.source, start)
        line = self.source[start:line_end]
        if _INSTALLER.match(line) or (alone and self._is_automagic(line)):
            return self._magic(start, start, "0")
        if (assigned := _ASSIGNED.match(line)) and _balanced(assigned[1]):
            value = start + assigned.end()
            read = self._magic if self.source[value] == "%" else self._shell
            return read(value, value, "_")
        if _asks_for_help(line):
            return self._blank(start, "0")
        return None

    def _is_automagic(self, line: str) -> bool:
        match = _AUTOMAGIC.match(line)
        return bool(match) and match[1] in AUTOMAGICS and not parses(line)  # type: ignore[index]

    def _blank(self, start: int, left: str) -> int:
        end = self._continued(start)
        self.edits.append((start, end, left))
        return end

    def _continued(self, start: int) -> int:
        """The end of the line at `start` and of those that a backslash joins to it."""
        end = _end(_LINE_END, self.source, start)
        while end > start and self.source[end - 1] == "\\" and end < len(self.source):
            end = _end(_LINE_END, self.source, _end(_LINE_BREAK, self.source, end))
        return end

    def _shell(self, at: int, start: int, left: str) -> int:
        """`!command` at `at`, in a statement to blank from `start`."""
        end = self._continued(at)
        self._add_shell(at + (2 if self.source.startswith("!!", at) else 1), end)
        self.edits.append((start, end, left))
        return end

    def _add_shell(self, start: int, end: int) -> None:
        start = min(end, _end(_BLANKS, self.source, start))
        if start < end:
            self.shells.append(ShellText(start=start, end=end, text=self.source[start:end], dialect="ipython"))

    def _magic(self, at: int, start: int, left: str) -> int | None:
        """The line magic at `at`, with or without its percent sign; magics may stand in one another."""
        end = self._continued(at)
        for _ in range(_MOST_NESTED):
            match = (_MAGIC if self.source.startswith("%", at) else _AUTOMAGIC).match(self.source, at, end)
            if match is None:
                break
            name, arguments = match[1], match.end()
            self._add_magic(match, end)
            if name in PROGRAM_MAGICS:
                self._add_shell(match.start(1), end)
            elif name in SHELL_MAGICS:
                self._add_shell(arguments, end)
            if name not in STATEMENT_MAGICS:
                break
            at = self._behind_options(name, arguments, end)
            if self.source.startswith("!", at):
                return self._shell(at, start, left)
            if not self.source.startswith("%", at):
                if self._keep_statement(name, start, arguments, end, assigned=left == "_"):
                    return end if self.broken else self._logical_line(at)
                break
        self.edits.append((start, end, left))
        return end

    def _add_magic(self, match: re.Match[str], end: int) -> None:
        self.magics.append(
            Magic(
                name=match[1],
                arguments=self.source[match.end() : end].rstrip(),
                start=match.start(),
                end=end,
                arguments_start=match.end(),
                is_cell=False,
                body_start=-1,
            ),
        )

    def _keep_statement(self, name: str, start: int, arguments: int, end: int, *, assigned: bool = False) -> bool:
        """Blank all of a magic but its statement; False where what follows cannot stay on the line."""
        statement = self._behind_options(name, arguments, end)
        if statement >= end or _COMPOUND.match(self.source, statement):
            return False
        # A statement cannot stand indented for no reason; behind `if 1:` it can.
        opening = "" if assigned else "if 1:"
        if len(opening) > statement - start:
            return False
        self.edits.append((start, statement, opening))
        return True

    def _behind_options(self, name: str, at: int, end: int) -> int:
        valued = STATEMENT_MAGICS.get(name, frozenset())
        while match := _OPTION.match(self.source, at, end):
            at = match.end()
            if match.group().strip() in valued and (value := _OPTION_VALUE.match(self.source, at, end)):
                at = value.end()
        return at

    def _logical_line(self, at: int) -> int | None:
        """The end of the Python statement at `at`; None where a string or a bracket stays open."""
        source, depth = self.source, 0
        while at < len(source):
            if match := _PLAIN_PYTHON.match(source, at):
                at = match.end()
                continue
            character = source[at]
            if character in "'\"":
                end = _string_end(source, at)
                if end is None:
                    return None
                at = end
            elif character == "\\":
                at = _end(_LINE_BREAK, source, at + 1)
            elif character == "#":
                at = _end(_LINE_END, source, at)
            elif character in "([{":
                depth, at = depth + 1, at + 1
            elif character in ")]}":
                depth, at = max(0, depth - 1), at + 1
            elif depth:
                at += 1
            else:
                return at
        return None if depth else at

    def _incomplete(self, at: int) -> None:
        """Behind what stays open every line that looks like IPython's counts: a broken cell hides nothing."""
        self.broken = True
        at = _end(_LINE_END, self.source, at)
        while match := _ESCAPED_LINE.search(self.source, at):
            start = match.end()
            read = self._magic if self.source[start] == "%" else self._shell
            at = read(start, start, "0") or len(self.source)


def _end(pattern: re.Pattern[str], source: str, at: int) -> int:
    match = pattern.match(source, at)
    return match.end() if match else at


def _string_end(source: str, at: int) -> int | None:
    """The end of the string literal at `at`; a line break ends one that should have been closed before."""
    quote = source[at] * 3 if source.startswith(source[at] * 3, at) else source[at]
    for match in _STRING_ENDS[quote].finditer(source, at + len(quote)):
        if match.group() == quote:
            return match.end()
        if match.group() in {"\r", "\n"}:
            return match.start()
    return None if len(quote) == 3 else len(source)


def _balanced(target: str) -> bool:
    """Whether this can be the left side of an assignment: its quotes and brackets are closed."""
    if target.count("'") % 2 or target.count('"') % 2:
        return False
    return all(target.count(opener) == target.count(closer) for opener, closer in ("()", "[]", "{}"))


def _asks_for_help(line: str) -> bool:
    """`name?` and `name??`; no Python statement ends so."""
    line = line.split("#", maxsplit=1)[0].rstrip()
    return line.endswith("?") and not line.count("'") % 2 and not line.count('"') % 2
