"""Python files that are notebooks: cells in percent form or as Databricks exports them; and those that are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.formats.text_map import Excerpt, TextMap
from jupyter_mlsecops.notebook.ipython.syntax import parses
from jupyter_mlsecops.notebook.model import SOURCE, WHOLE, Cell, Notebook, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.file_kinds import FileKind
    from jupyter_mlsecops.notebook.model import CellType

SNIFFED_BYTES = 65_536

_TITLE, _HEAD, _METADATA = "/metadata/title", "/metadata/header", "text/x-metadata"
_LONGEST_TITLE = 2_000

_DATABRICKS = re.compile(r"\A# Databricks notebook source[ \t]*(?:\r\n|\r|\n|\Z)")
_COMMAND = re.compile(r"^# COMMAND -+[ \t]*(?:\r\n|\r|\n|\Z)", re.MULTILINE)
_DATABRICKS_TITLE = re.compile(r"\s*# DBTITLE \d+,([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_MAGIC = re.compile(r"# MAGIC(?: |(?=[\r\n]|\Z))")
_MAGIC_MARKDOWN = re.compile(r"\s*%md(?:-sandbox)?(?![\w-])[ \t]*(?:\r\n|\r|\n)?")

_MARKER = r"#[ \t]*%%%*(?=[ \t\r\n\[]|\Z)[ \t]*(?P<title>[^\r\n]*)(?:\r\n|\r|\n|\Z)"
_SNIFF = re.compile(rb"^(?:#[ \t]*%%%*(?=[ \t\r\n\[]|\Z)|# Databricks notebook source)", re.MULTILINE)
# Strings are passed over: a marker in one is none.
_MARKER_OR_QUOTE = re.compile(rf"^{_MARKER}|#[^\r\n]*|\"\"\"|'''|[\"']", re.MULTILINE)
_STRING_ENDS = {
    **{quote * 3: re.compile(rf"\\.|{quote * 3}", re.DOTALL) for quote in ("'", '"')},
    **{quote: re.compile(rf"\\(?:\r\n|.)|[{quote}\r\n]", re.DOTALL) for quote in ("'", '"')},
}
# What jupytext keeps for itself: the interpreter, the encoding, the notebook's metadata.
_HEADER = re.compile(
    r"\A(?:#![^\r\n]*(?:\r\n|\r|\n))?(?:#[^\r\n]*coding[:=][^\r\n]*(?:\r\n|\r|\n))?"
    r"(?:\s*# ---[ \t]*(?:\r\n|\r|\n)(?:#(?! ---)[^\r\n]*(?:\r\n|\r|\n))*# ---[ \t]*(?:\r\n|\r|\n|\Z))?"
)
_TYPES = re.compile(r"\[(markdown|md|raw)\]", re.IGNORECASE)
_TYPE_NAMES: dict[str, CellType] = {"markdown": "markdown", "md": "markdown", "raw": "raw"}
_TAGS = re.compile(r"[\"']?tags[\"']?[ \t]*[=:][ \t]*\[([^\]]*)\]")
_TAG = re.compile(r"[\"']([^\"',]+)[\"']")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_BLANK_LINES = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*")
_COMMENT = re.compile(r"#[ ]?")
_QUOTED = re.compile(r"\s*[rR]?(\"\"\"|''')(?:\r\n|\r|\n)?((?:(?!\1)[^\\]|\\[\s\S])*?)(?:\r\n|\r|\n)?\1\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One cell as it stands in the file: the span of its source, and what its marker says behind the sign."""

    start: int
    end: int
    type: CellType = "code"
    title: tuple[int, int] = (0, 0)


_Reader = Callable[[str, _Part], tuple["CellType", Excerpt]]


def is_notebook(head: bytes) -> bool:
    """Whether a Python file is a notebook, by its first SNIFFED_BYTES."""
    return _SNIFF.search(head.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")) is not None


def read_python(text: str) -> Notebook:
    """The notebook in a Python file; a file without cells where it is none."""
    if first := _DATABRICKS.match(text):
        return _notebook(text, _databricks_parts(text, first.end()), _databricks_source)
    header, parts = _percent_parts(text)
    return _notebook(text, parts, _percent_source, header=header) if parts else whole_file(text, "python")


def whole_file(text: str, kind: FileKind) -> Notebook:
    """A file without cells."""
    positions = TextMap(text, {(None, WHOLE): Excerpt.of(text, [(0, len(text))])})
    cell = Cell(index=None, type="code", id=None, source=text)
    return Notebook(cells=(cell,), kind=kind, file_text=text, positions=positions)


def _notebook(text: str, parts: Iterable[_Part], read: _Reader, *, header: int = 0) -> Notebook:
    excerpts: dict[tuple[int | None, str], Excerpt] = {}
    cells: list[Cell] = []
    for index, part in enumerate(parts):
        kind, excerpts[index, SOURCE] = read(text, part)
        title = text[slice(*part.title)]
        if title:
            excerpts[index, _TITLE] = Excerpt.of(text, [part.title])
        cells.append(
            Cell(
                index=index,
                type=kind,
                id=None,
                source=excerpts[index, SOURCE].text,
                tags=_tags(title),
                load_texts=partial(_titled, index, title),
            )
        )
    if header:
        excerpts[None, _HEAD] = Excerpt.of(text, [(0, header)])
    return Notebook(
        cells=tuple(cells),
        file_text=text,
        load_texts=partial(_headed, text[:header]),
        positions=TextMap(text, excerpts),
    )


def _titled(index: int, title: str) -> tuple[Text, ...]:
    return (Text(cell=index, part=_TITLE, text=title, mime=_METADATA),) if title else ()


def _headed(header: str) -> tuple[Text, ...]:
    return (Text(cell=None, part=_HEAD, text=header, mime=_METADATA),) if header else ()


def _tags(title: str) -> frozenset[str]:
    found = _TAGS.search(title[:_LONGEST_TITLE])
    return frozenset(_TAG.findall(found[1])) if found else frozenset()


# -- percent form ------------------------------------------------------------------------------------------------------


def _percent_parts(text: str) -> tuple[int, list[_Part]]:
    """How long the header is, and the cells; none where no marker stands in the file."""
    markers = list(_markers(text))
    if not markers:
        return 0, []
    header = _HEADER.match(text, 0, markers[0].start())
    start = header.end() if header else 0
    parts = [_Part(start=start, end=markers[0].start())] if text[start : markers[0].start()].strip() else []
    ends = [*(marker.start() for marker in markers[1:]), len(text)]
    for marker, end in zip(markers, ends, strict=True):
        title = marker.span("title")
        parts.append(_Part(start=marker.end(), end=end, type=_type(marker["title"]), title=title))
    return start, parts


def _markers(text: str) -> Iterator[re.Match[str]]:
    """The lines that begin a cell, in order. Linear: a string that never ends is looked for once."""
    at = 0
    endless: set[str] = set()
    while match := _MARKER_OR_QUOTE.search(text, at):
        at = match.end()
        if match["title"] is not None:
            yield match
        elif match[0] in _STRING_ENDS and match[0] not in endless:
            end = _string_end(text, match[0], at)
            at = at if end is None else end
            endless |= {match[0]} if end is None else set()


def _string_end(text: str, quote: str, at: int) -> int | None:
    for match in _STRING_ENDS[quote].finditer(text, at):
        if match[0] == quote:
            return match.end()
        if match[0] in "\r\n":
            return match.start()
    return None


def _type(title: str) -> CellType:
    title = title[:_LONGEST_TITLE].strip()
    named = _TYPES.search(title)
    return _TYPE_NAMES.get(named[1].lower() if named else title.lower(), "code")


def _percent_source(text: str, part: _Part) -> tuple[CellType, Excerpt]:
    start, end = part.start, _without_blanks(text, part.start, part.end)
    if part.type == "code":
        return "code", Excerpt.of(text, [(start, end)])
    if quoted := _QUOTED.fullmatch(text, start, end):
        return part.type, Excerpt.of(text, [quoted.span(2)])
    lines = list(_LINE.finditer(text, start, end))
    if all(line[0].startswith("#") or not line[0].strip() for line in lines):
        return part.type, Excerpt.of(text, [_behind(_COMMENT, text, line.span()) for line in lines], prefix="# ")
    # Whoever runs the file as a program runs this, whatever its marker says.
    kind: CellType = "code" if parses(text[start:end]) else part.type
    return kind, Excerpt.of(text, [(start, end)])


# -- Databricks --------------------------------------------------------------------------------------------------------


def _databricks_parts(text: str, start: int) -> Iterator[_Part]:
    for command in [*_COMMAND.finditer(text, start), None]:
        end = command.start() if command else len(text)
        title = _DATABRICKS_TITLE.match(text, start, end)
        yield _Part(start=title.end() if title else start, end=end, title=title.span(1) if title else (0, 0))
        start = command.end() if command else end


def _databricks_source(text: str, part: _Part) -> tuple[CellType, Excerpt]:
    """Lines behind `# MAGIC` are what they are without it."""
    end = _without_blanks(text, part.start, part.end)
    start = _BLANK_LINES.match(text, part.start, end).end()  # type: ignore[union-attr]  # it matches everywhere
    if not text.startswith("# MAGIC", start):
        return "code", Excerpt.of(text, [(start, end)])
    lines = [_behind(_MAGIC, text, line.span()) for line in _LINE.finditer(text, start, end)]
    excerpt = Excerpt.of(text, lines, prefix="# MAGIC ")
    if markdown := _MAGIC_MARKDOWN.match(excerpt.text):
        return "markdown", excerpt.without_start(markdown.end())
    return "code", excerpt


# -- lines -------------------------------------------------------------------------------------------------------------


def _behind(sign: re.Pattern[str], text: str, line: tuple[int, int]) -> tuple[int, int]:
    found = sign.match(text, *line)
    return (found.end(), line[1]) if found else line


def _without_blanks(text: str, start: int, end: int) -> int:
    """The end of a span without the blank lines that it ends in."""
    return start + len(text[start:end].rstrip(" \t\r\n"))
