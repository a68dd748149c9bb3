"""An environment.yml: packages of conda, of pip below them, and the channels; read without a YAML parser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jupyter_mlsecops.notebook.formats.text_map import Excerpt
from jupyter_mlsecops.notebook.packages.installs import Install, Option, Requirement
from jupyter_mlsecops.notebook.packages.requirements import read_conda_spec
from jupyter_mlsecops.notebook.packages.requirements_file import declared, read_lines

_LINE = re.compile(r"(?P<indent>[ ]*)(?P<dash>-(?=[ \t\r\n]|\Z)[ \t]*)?(?P<rest>[^\r\n]*)(?:\r\n|\r|\n|\Z)")
_KEY = re.compile(r"[\"']?([\w.-]+)[\"']?[ \t]*:(?=[ \t\r\n]|\Z)[ \t]*")
_STRING = r"\"(?P<a>(?:[^\"\\\r\n]|\\.)*)\"|'(?P<b>[^'\r\n]*)'"
_SCALAR = re.compile(rf"{_STRING}|(?P<c>[^\s#](?:[^\s#]|(?<=\S)#|[ \t]+(?![#\s]))*)")
_IN_FLOW = re.compile(
    rf"[ \t\r\n]+|#[^\r\n]*|[\[\]{{}},]|:(?=[ \t\r\n])|{_STRING}|(?P<c>(?:[^\s,\[\]{{}}:]|:(?![ \t\r\n])|[ ]+(?![\s#,\[\]{{}}:]))+)"
)
_MOST_OPEN = 20


@dataclass(slots=True, kw_only=True)
class _Environment:
    """What was found: spans of the text."""

    channels: list[tuple[int, int]] = field(default_factory=list)
    packages: list[tuple[int, int]] = field(default_factory=list)
    pip: list[tuple[int, int]] = field(default_factory=list)

    def add(self, section: str, span: tuple[int, int]) -> None:
        target = {"channels": self.channels, "dependencies": self.packages, "pip": self.pip}.get(section)
        if target is not None and span[0] < span[1]:
            target.append(span)


def read_conda_file(text: str) -> tuple[Install, ...]:
    """What conda installs, and what pip installs after it; positions are those of `text`."""
    found = _read(text)
    channels = [_channel(text, *span) for span in found.channels]
    packages = [_package(text, *span) for span in found.packages]
    installs = [declared("conda", packages, channels, verb="install", size=len(text))]
    if found.pip:
        lines = (Excerpt.of(text, [span]) for span in found.pip)
        installs.append(read_lines(lines, verb="install", size=len(text)))
    return tuple(installs)


def _read(text: str) -> _Environment:
    """Read line by line; a key on the left margin begins a section."""
    found = _Environment()
    section = ""
    pip_column: int | None = None  # of the dash before `pip:`
    at = 0
    while at < len(text) and (line := _LINE.match(text, at)):
        at = line.end()
        start, column = line.start("rest"), len(line["indent"])
        if not line["rest"].strip() or line["rest"].startswith("#"):
            continue
        key = _KEY.match(text, start, line.end("rest"))
        if line["dash"] is None and column == 0:
            section = key[1] if key else ""
            pip_column = None
        elif line["dash"] is not None and pip_column is not None and column <= pip_column:
            pip_column = None
        kind = section if pip_column is None else "pip"
        if key:
            if key[1] == "pip" and section == "dependencies":
                pip_column, kind = column, "pip"
            if text.startswith(("[", "{"), key.end()):
                at = _read_flow(text, key.end(), kind, found)
        elif line["dash"] is not None:
            if text.startswith(("[", "{"), start):
                at = _read_flow(text, start, kind, found)
            else:
                found.add(kind, _scalar(text, start, line.end("rest")))
        elif text.startswith(("[", "{"), start) and column > 0:
            at = _read_flow(text, start, kind, found)
    return found


def _scalar(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of a value without its quotes, its comment and the blanks around it."""
    match = _SCALAR.match(text, start, end)
    return match.span(match.lastgroup or "c") if match else (start, start)


def _read_flow(text: str, at: int, section: str, found: _Environment) -> int:
    """`[numpy, {pip: [torch]}]`, on one line or many; the end of the line that it ends on."""
    sections: list[str] = []
    last: tuple[int, int] | None = None  # a word that may be a key
    while match := _IN_FLOW.match(text, at):
        at = match.end()
        mark = match[0]
        if match.lastgroup:
            last = match.span(match.lastgroup)
        elif mark == ":" and last is not None:
            section = text[slice(*last)] if section == "dependencies" else section
            last = None
        elif mark in "[{":
            if len(sections) >= _MOST_OPEN:
                break
            sections.append(section)
        elif mark in ",]}":
            if last is not None:
                found.add(section, last)
                last = None
            section = sections[-1] if mark == "," else sections.pop()
            if not sections:
                break
    return _rest_of_line(text, at)


def _rest_of_line(text: str, at: int) -> int:
    line = _LINE.match(text, at)
    return line.end() if line else at


def _package(text: str, start: int, end: int) -> Requirement:
    spec = text[start:end]
    named = read_conda_spec(spec)
    return Requirement(
        text=spec,
        start=start,
        end=end,
        name=named.name,
        specifier=named.specifier,
        kind=named.kind,
        pin=named.pin,
    )


def _channel(text: str, start: int, end: int) -> Option:
    return Option(name="--channel", value=text[start:end], start=start, end=end, value_start=start, value_end=end)
