"""A requirements file, read as the install that it describes."""

from __future__ import annotations

import re

from jupyter_mlsecops.notebook.installs import Install, Option, Requirement, read_install
from jupyter_mlsecops.notebook.requirements import read_requirement
from jupyter_mlsecops.notebook.shell import Command, moved, parse

_NAME = re.compile(
    r"(?:^|[/\\])(?:[\w.-]*requirements?[\w.-]*|requirements?[/\\][\w.-]+)\.(?:txt|in|pip)$", re.IGNORECASE
)
_LINE = re.compile(r"(?:[^\\\r\n]|\\(?:\r\n|[\s\S])?)+")
_BLANKS = re.compile(r"[ \t\f]*")
# A requirement ends before its comment, its marker and its own options.
_REQUIREMENT = re.compile(r"(?:[^\s#;\\]|(?<=\S)#(?=\S)|[ \t]+(?![#;\\]|--?\w))+")
_HASH = re.compile(r"\s--hash[= ]")


def is_requirements_file(name: str) -> bool:
    """Whether a file is one by its name: requirements.txt, dev-requirements.in, requirements/base.txt."""
    return bool(_NAME.search(name))


def read_requirements_file(text: str) -> Install:
    """All requirements and options of the file, in order; positions are those of `text`."""
    requirements: list[Requirement] = []
    options: list[Option] = []
    for line in _LINE.finditer(text):
        start = _BLANKS.match(text, line.start()).end()  # type: ignore[union-attr]
        if text.startswith("-", start):
            found = _option_line(text[start : line.end()], start)
            requirements += found.requirements if found else ()
            options += found.options if found else ()
        elif match := _REQUIREMENT.match(text, start, line.end()):
            requirements.append(_requirement(match, hashed=bool(_HASH.search(text, match.end(), line.end()))))
    return Install(
        tool="pip",
        verb="install",
        requirements=tuple(requirements),
        options=tuple(options),
        command=Command(start=0, end=len(text)),
    )


def _option_line(line: str, start: int) -> Install | None:
    """`-r other.txt`, `--index-url URL`, `-e .`: what pip takes on its command line too."""
    prefix = "pip install "
    pipelines = moved(parse(prefix + line, dialect="script"), lambda at: at + start - len(prefix))
    return read_install(pipelines[0].commands[0]) if pipelines else None


def _requirement(match: re.Match[str], *, hashed: bool) -> Requirement:
    text = match.group().rstrip()
    named = read_requirement(text)
    return Requirement(
        text=text,
        start=match.start(),
        end=match.start() + len(text),
        name=named.name,
        specifier=named.specifier,
        kind=named.kind,
        pin="hash" if hashed else named.pin,
    )
