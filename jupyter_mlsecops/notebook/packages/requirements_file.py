"""A requirements file, read as pip reads it, as the install that it describes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.formats.text_map import Excerpt
from jupyter_mlsecops.notebook.packages.installs import Install, Option, Requirement, read_install
from jupyter_mlsecops.notebook.packages.requirements import read_requirement
from jupyter_mlsecops.notebook.shell.commands import HOLE, Command, literal_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.packages.installs import Tool

# pip takes more than an editor does for the end of a line; a package may hide behind such a character.
_ENDS = "\r\n\v\f\x1c-\x1e\x85\u2028\u2029"
_LINE = re.compile(rf"([^{_ENDS}]*)(?:\r\n|[{_ENDS}]|\Z)")
_COMMENT = re.compile(r"(?:^|\s)#.*", re.DOTALL)
_BLANKS = re.compile(r"\s*")
# A requirement ends before its own options.
_OWN_OPTIONS = re.compile(r"[ \t]-\S")
_MARKER = re.compile(";")
_MARKER_OF_URL = re.compile(r"[ \t];")
_HASH = re.compile(r"[ \t]--hash(?:[ \t]*=|[ \t])")
_WORD = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^\s\"']|[\"'])+")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_QUOTES = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def read_requirements_file(text: str, *, verb: str = "install") -> Install:
    """All requirements and options of the file, in order; positions are those of `text`."""
    return read_lines(_logical_lines(text), verb=verb, size=len(text))


def read_lines(lines: Iterable[Excerpt], *, verb: str, size: int) -> Install:
    """The same for lines that stand elsewhere, in a text of some size; they hold no comments."""
    requirements: list[Requirement] = []
    options: list[Option] = []
    for line in lines:
        if line.text.lstrip().startswith("-"):
            found = _option_line(line)
            requirements += found.requirements if found else ()
            options += found.options if found else ()
        elif line.text.strip():
            requirements.append(_requirement(line))
    if any(option.name == "--require-hashes" for option in options):
        requirements = [replace(one, pin="hash") if one.kind in {"name", "url"} else one for one in requirements]
    return declared("pip", requirements, options, verb=verb, size=size)


def declared(
    tool: Tool, requirements: Iterable[Requirement], options: Iterable[Option], *, verb: str, size: int
) -> Install:
    """An install that no command makes, but a file as a whole."""
    command = Command(start=0, end=size)
    return Install(tool=tool, verb=verb, requirements=tuple(requirements), options=tuple(options), command=command)


def _logical_lines(text: str) -> Iterator[Excerpt]:
    """Lines without comments; those that a backslash continues are one, but no comment is continued."""
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        start, end = line.span(1)
        is_comment = text.startswith("#", _BLANKS.match(text, start, end).end())  # type: ignore[union-attr]
        if line[1].endswith("\\") and not is_comment:
            spans.append((start, start + len(line[1].rstrip("\\"))))
            continue
        if not is_comment:
            spans.append((start, end))
        if spans:
            yield _uncommented(Excerpt.of(text, spans))
            spans = []
    if spans:
        yield _uncommented(Excerpt.of(text, spans))


def _uncommented(line: Excerpt) -> Excerpt:
    comment = _COMMENT.search(line.text)
    return line.cut(comment.start()) if comment else line


def _option_line(line: Excerpt) -> Install | None:
    """`-r other.txt`, `--index-url URL`, `-e .`: what pip takes on its command line too."""
    words = [literal_word("pip", 0, 0), literal_word("install", 0, 0)]
    for word in _WORD.finditer(line.text):
        text = _VARIABLE.sub(HOLE, _QUOTES.sub(lambda quoted: quoted[1] or quoted[2] or "", word[0]))
        words.append(literal_word(text, *line.span(*word.span())))
    first, last = line.span(0, len(line.text))
    return read_install(Command(words=tuple(words), start=first, end=last))


def _requirement(line: Excerpt) -> Requirement:
    start = _BLANKS.match(line.text).end()  # type: ignore[union-attr]
    options = _OWN_OPTIONS.search(line.text, start)
    end = options.start() if options else len(line.text)
    by_url = "://" in line.text[start:end].partition(";")[0]
    if marker := (_MARKER_OF_URL if by_url else _MARKER).search(line.text, start, end):
        end = marker.start()
    text = line.text[start:end].rstrip()
    named = read_requirement(_VARIABLE.sub(HOLE, text))
    first, last = line.span(start, start + len(text))
    is_hashed = options is not None and _HASH.search(line.text, options.start()) is not None
    return Requirement(
        text=text,
        start=first,
        end=last,
        name=named.name,
        specifier=named.specifier,
        kind=named.kind,
        pin="hash" if is_hashed else named.pin,
    )
