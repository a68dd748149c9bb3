"""The only JSON that leaves, version 1: the contract as types; all formats and replies are made of these alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from jupyter_mlsecops.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

Level: TypeAlias = Literal["info", "low", "medium", "high", "critical"]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
FromOne: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]


class _Struct(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    pass


class Position(_Struct):
    """A line and a column, both from 1; columns count code points."""

    line: FromOne
    column: FromOne


class Range(_Struct):
    """A span; its end is excluded."""

    start: Position
    end: Position


class Cell(_Struct):
    """A cell: `index` from 0, `number` from 1, both over all cells; `id` is the file's own."""

    index: Count
    number: FromOne
    id: str | None
    type: Literal["code", "markdown", "raw"]


class Replace(_Struct, tag_field="kind", tag="replace"):
    """Replace the text of a range."""

    cell: Cell | None
    part: str
    range: Range
    text: str


class ClearOutput(_Struct, tag_field="kind", tag="clear-output"):
    """Remove an output."""

    cell: Cell
    part: str


class Fix(_Struct):
    """A way to mend a finding; all its edits, or none."""

    title: str
    safety: Literal["safe", "unsafe", "manual"]
    edits: tuple[Replace | ClearOutput, ...]


class Related(_Struct):
    """A further place of the same fact."""

    cell: Cell | None
    part: str
    range: Range
    file_range: Range | None
    message: str
    fixes: tuple[Fix, ...]


class Finding(_Struct):
    """Something that was found."""

    rule: str
    category: str
    severity: Level
    confidence: Literal["low", "medium", "high"]
    engine: str
    message: str
    path: str
    cell: Cell | None
    part: str
    range: Range
    file_range: Range | None
    snippet: str
    fingerprint: str
    cwe: tuple[int, ...]
    url: str
    related: tuple[Related, ...]
    fixes: tuple[Fix, ...]


class Reason(_Struct):
    """Why a finding is silenced."""

    kind: Literal["comment", "baseline", "settings", "cell-tag"]
    text: str


class Silenced(Finding):
    """A finding that somebody decided not to see."""

    reason: Reason


class Problem(_Struct):
    """Something that could not be checked."""

    path: str
    cell: Cell | None
    kind: Literal["unreadable", "too-large", "rule-failed", "engine", "service", "configuration"]
    message: str


class Tool(_Struct):
    """Who says so."""

    name: Literal["jupyter-mlsecops"]
    version: str


class Summary(_Struct):
    """Counts; `findings` by level, levels without any left out."""

    files: Count
    cells: Count
    unparsed_cells: Count
    findings: dict[Level, Count]
    silenced: Count
    problems: Count
    seconds: Annotated[float, msgspec.Meta(ge=0)]


class Document(_Struct):
    """All that one run says."""

    version: Literal[1]
    tool: Tool
    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    problems: tuple[Problem, ...]
    summary: Summary


class Excerpt(_Struct):
    """For reports to people: the line of a finding, redacted, and where in it the span stands. Not on the wire."""

    text: str
    start: int
    end: int
    cut_before: bool
    cut_after: bool


class FileResult(_Struct):
    """What one file gave, ready to leave. `excerpts` belong to `findings`, one each.

    `mended` counts the findings that fixes have mended; `diff` says what they would change where nothing is written.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    problems: tuple[Problem, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    cells: int = 0
    unparsed_cells: int = 0
    read: bool = False
    mended: int = 0
    diff: str = ""


def document(results: Iterable[FileResult], *, seconds: float) -> Document:
    """The results of all files in one."""
    results = list(results)
    levels = Counter(finding.severity for result in results for finding in result.findings)
    problems = tuple(problem for result in results for problem in result.problems)
    silenced = tuple(each for result in results for each in result.silenced)
    words: tuple[Level, ...] = ("info", "low", "medium", "high", "critical")
    return Document(
        version=1,
        tool=Tool(name="jupyter-mlsecops", version=__version__),
        findings=tuple(finding for result in results for finding in result.findings),
        silenced=silenced,
        problems=problems,
        summary=Summary(
            files=sum(result.read for result in results),
            cells=sum(result.cells for result in results),
            unparsed_cells=sum(result.unparsed_cells for result in results),
            findings={level: levels[level] for level in words if levels[level]},
            silenced=len(silenced),
            problems=len(problems),
            seconds=round(seconds, 3),
        ),
    )


def schema() -> dict[str, Any]:
    """The JSON schema of a Document; `wire-v1.schema.json` in this package is a copy."""
    return msgspec.json.schema(Document) | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
