"""IPython's language around Python: magics and shell lines are listed, and blanked without moving a character."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import re2

from jupyter_mlsecops.notebook.ipython.magic_lines import LineReader, Magic, ShellText
from jupyter_mlsecops.notebook.ipython.magics import (
    CELL_BODIES,
    FIRST_LINE_BODIES,
    IDLE_PROGRAMS,
    SCRIPT_OPTIONS_WITH_VALUE,
    SHELL_LANGUAGES,
    Body,
)
from jupyter_mlsecops.notebook.ipython.syntax import parses
from jupyter_mlsecops.notebook.shell.program import plain_name

__all__ = ["Body", "Layout", "Magic", "ShellText", "split"]

_PYTHONS = frozenset({"", "ipython", "pyspark", "sage"})
_FIRST_LINE = re.compile(r"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*[ \t\f]*")
_CELL_MAGIC = re.compile(r"%%[ \t]*(!|[^\s?%]+(?=\s|\Z))[ \t]*([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_FIRST_LINE_MAGIC = re.compile(r"%([a-z][a-z-]*)[ \t]*()(?:\r\n|\r|\n)")
# Databricks: what stands on the line of `%sh` is the first line of the script.
_FIRST_LINE_SCRIPT = re.compile(r"%(sh)[ \t]+()(?=\S[^\r\n]*(?:\r\n|\r|\n)\s*\S)")
_FOREIGN_LINE = re.compile(
    r"^[ \t]*(?:!{1,2}[ \t]*(?=[\w./~{$])|%(?:sx|system|sh)[ \t]+|%(?=(?:pip3?|conda|mamba|uv)[ \t]))([^\r\n]*)",
    re.MULTILINE,
)
# What was copied from a terminal: IPython drops the prompts.
_PROMPT_FIRST = re.compile(r"\s*(?:>>>[ \r\n]|In \[\d*\]: )")
_PROMPT = re.compile(r"(?:^|(?<=\r))[ \t]*(?:>>>|\.\.\.|In \[\d*\]:|\.{3,}:)(?=[ \r\n]|\Z)", re.MULTILINE)
# Where this is nowhere, all is Python; most cells are.
_NOT_PYTHON = re2.compile(
    rb"(?m:(?:^|\r)[ \t\f]*(?:[!%?,;/]|>>>|In \[|(?:pip3?|conda|mamba|micromamba|uv)[ \t])|=[ \t]*[!%]|\?[ \t]*(?:[#\r\n]|\z))"
)
_NOT_A_LINE_BREAK = re.compile(r"[^\r\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A cell's source, taken apart.

    `python` has the length and the line breaks of the source; all that is not Python is blank, such that the rest
    parses: a blanked statement leaves `0`, an assigned one `_`. Where the body is not "python", all of it is blank.
    """

    python: str
    shells: tuple[ShellText, ...] = ()
    magics: tuple[Magic, ...] = ()
    body: Body = "python"


def split(source: str, *, language: str = "python") -> Layout:
    """Take a code cell apart; never raises. `language` is the kernel's."""
    language = language.lower()
    if language in SHELL_LANGUAGES:
        return Layout(python=blank(source), shells=_script(source, 0), body="shell")
    if language in _PYTHONS or language.startswith(("python", "ipython")):
        if "\n" in source.strip() and not _NOT_PYTHON.search(source.encode("utf-8", "surrogatepass")):
            return Layout(python=source)
        return _split_python(source) if not _PROMPT_FIRST.match(source) else _split_pasted(source)
    return _split_foreign(source)


def blank(text: str) -> str:
    """The text as blanks, with its line breaks."""
    return _NOT_A_LINE_BREAK.sub(" ", text)


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _script(source: str, start: int, dialect: Literal["ipython", "script"] = "script") -> tuple[ShellText, ...]:
    if not source[start:].strip():
        return ()
    return (ShellText(start=start, end=len(source), text=source[start:], dialect=dialect),)


def _split_pasted(source: str) -> Layout:
    """A cell with prompts; what is listed is listed as it is written."""
    layout = _split_python(_PROMPT.sub(_blanks, source))
    return replace(
        layout,
        shells=tuple(replace(shell, text=source[shell.start : shell.end]) for shell in layout.shells),
        magics=tuple(
            replace(magic, arguments=source[magic.arguments_start : magic.end].rstrip()) for magic in layout.magics
        ),
    )


def _split_python(source: str) -> Layout:
    """Cell magics may stand one behind the other: `%%time`, then `%%bash`."""
    reader = LineReader(source)
    at = 0
    while magic := _cell_magic(source, at):
        reader.magics.append(magic)
        body = _body(source, magic)
        if body is None:
            return _split_unknown(reader, magic)
        if body != "python":
            return _closed(source, reader, magic, body)
        reader.blank_cell_magic(magic)
        at = magic.body_start
    reader.read(at)
    return _open(reader)


def _open(reader: LineReader) -> Layout:
    return Layout(python=reader.python(), shells=tuple(reader.shells), magics=tuple(reader.magics))


def _closed(source: str, reader: LineReader, magic: Magic, body: Body) -> Layout:
    """A cell whose body is not Python."""
    shells: tuple[ShellText, ...] = ()
    if body == "shell":
        dialect: Literal["ipython", "script"] = "ipython" if magic.name in {"!", "sx", "system"} else "script"
        shells = _script(source, magic.body_start, dialect)
    return Layout(python=blank(source), shells=shells, magics=tuple(reader.magics), body=body)


def _split_unknown(reader: LineReader, magic: Magic) -> Layout:
    """A magic that nobody knows: its body is Python if Python can read it."""
    tried = LineReader(reader.source)
    tried.magics, tried.edits = [*reader.magics], [*reader.edits]
    tried.blank_cell_magic(magic)
    tried.read(magic.body_start)
    if parses(tried.python()):
        return _open(tried)
    return _closed(reader.source, reader, magic, "text")


def _cell_magic(source: str, at: int) -> Magic | None:
    """The cell magic on the first line that is neither blank nor a comment."""
    first = _FIRST_LINE.match(source, at)
    start = first.end() if first else at
    match = _CELL_MAGIC.match(source, start)
    if match is None and at == 0 and (match := _FIRST_LINE_MAGIC.match(source, start)):
        match = match if match[1] in FIRST_LINE_BODIES else None
    if match is None and at == 0:
        match = _FIRST_LINE_SCRIPT.match(source, start)
    if match is None:
        return None
    return Magic(
        name=match[1],
        arguments=match[2].rstrip(),
        start=start,
        end=match.end(2),
        arguments_start=match.start(2),
        is_cell=True,
        body_start=match.end(),
    )


def _body(source: str, magic: Magic) -> Body | None:
    if magic.name == "script":
        return _script_body(magic.arguments)
    table = CELL_BODIES if source.startswith("%%", magic.start) else FIRST_LINE_BODIES
    return table.get(magic.name)


def _script_body(arguments: str) -> Body:
    """`%%script --bg bash -e`: the program decides."""
    words = iter(arguments.split())
    for word in words:
        if word in SCRIPT_OPTIONS_WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            program = plain_name(word)
            if program in SHELL_LANGUAGES:
                return "shell"
            return "disabled" if program in IDLE_PROGRAMS else "python" if program == "python" else "text"
    return "disabled"


def _split_foreign(source: str) -> Layout:
    """A kernel of another language: only what speaks to a shell is listed."""
    magic = _cell_magic(source, 0)
    body = None if magic is None else _body(source, magic)
    if magic is not None and body in {"shell", "file", "disabled"}:
        shells = _script(source, magic.body_start) if body == "shell" else ()
        return Layout(python=blank(source), shells=shells, magics=(magic,), body=body)
    shells = tuple(
        ShellText(start=match.start(1), end=match.end(1), text=match[1], dialect="ipython")
        for match in _FOREIGN_LINE.finditer(source)
    )
    return Layout(python=blank(source), shells=shells, body="text")
