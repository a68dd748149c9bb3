"""Pin what is installed: which packages to ask the kernel about, and the edits that write their versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from jupyter_mlsecops.notebook.lines import LineIndex
from jupyter_mlsecops.notebook.model import SOURCE
from jupyter_mlsecops.notebook.packages.requirements import normalise
from jupyter_mlsecops.notebook.packages.swallowed import swallowed_specifiers
from jupyter_mlsecops.redaction import RedactorOf
from jupyter_mlsecops.server.protocol import PinnedPackage, PinReply
from jupyter_mlsecops.wire import Position, Range, Replace

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from jupyter_mlsecops.findings import Finding, Report
    from jupyter_mlsecops.notebook.model import Notebook, Place
    from jupyter_mlsecops.wire import Cell as WireCell

_PINNABLE = frozenset({"unpinned-package"})
# A package as its installers write it: a channel, the name, its extras, what versions will do, and when it is wanted.
_REQUIREMENT = re.compile(
    r"(?P<channel>[\w./-]+::)?(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*"
    r"(?P<extras>\[[A-Za-z0-9._, \t-]*\])?(?P<specifier>[^;\[\]'\"]*)(?P<marker>;[^\r\n]*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinnable:
    """A package that is asked for without an exact version: where it stands, and what of it may leave."""

    place: Place
    package: PinnedPackage


def pinnable(finding: Finding, report: Report, said: Mapping[int, WireCell]) -> tuple[Pinnable, ...]:
    """The packages that a finding is about; none for a finding that no version mends. `said` are cells as they may leave."""
    if finding.rule not in _PINNABLE or report.notebook is None:
        return ()
    redact = report.notebook.once(RedactorOf(report.secrets))
    found: list[Pinnable] = []
    for place in (finding.place, *(related.place for related in finding.related if not related.is_cause)):
        if place.cell is None or place.at.part != SOURCE:
            continue
        source = report.notebook.cells[place.cell].source
        text = source[place.at.start : place.at.end]
        match = _REQUIREMENT.fullmatch(text)
        if match is not None and redact(text) == text:
            span = _range(source, place.at.start, place.at.end)
            package = PinnedPackage(name=normalise(match["name"]), cell=said[place.cell], part=SOURCE, range=span)
            found.append(Pinnable(place=place, package=package))
    return tuple(found)


def pinned(notebook: Notebook, pinnables: Sequence[Pinnable], versions: Mapping[str, str | None]) -> PinReply:
    """The edits that pin packages to the versions that are installed; what has none, or no valid one, is said."""
    known = {normalise(name): _checked(version) for name, version in versions.items()}
    swallowed = dict(_swallowed(notebook, {each.package.cell.index for each in pinnables}))
    edits: list[Replace] = []
    missing: list[str] = []
    for each in pinnables:
        version = known.get(each.package.name)
        if version is None:
            missing.append(each.package.name)
            continue
        source = notebook.cells[each.package.cell.index].source
        start, end = each.place.at.start, each.place.at.end
        text = _with_version(source[start:end], version)
        span = _range(source, start, swallowed.get(each.place, end))
        edits.append(Replace(cell=each.package.cell, part=SOURCE, range=span, text=text))
    return PinReply(edits=tuple(edits), message=_missing(missing))


def _with_version(requirement: str, version: str) -> str:
    match = _REQUIREMENT.fullmatch(requirement)
    if match is None:
        return requirement
    return f"{match['channel'] or ''}{match['name']}{match['extras'] or ''}=={version}{_marker(match)}"


def _checked(version: str | None) -> str | None:
    """The version as PEP 440 spells it; None for what is none, for only a version may be written."""
    try:
        return None if version is None else str(Version(version))
    except InvalidVersion:
        return None


def _marker(match: re.Match[str]) -> str:
    blanks = len(match["specifier"]) - len(match["specifier"].rstrip())
    return " " * blanks + (match["marker"] or "") if match["marker"] else ""


def _swallowed(notebook: Notebook, cells: Container[int | None]) -> Iterator[tuple[Place, int]]:
    """Where requirements end whose specifier the shell takes for a redirection, as `torch>=2.0` without quotes."""
    for code in notebook.codes:
        if code.cell in cells:
            for install in code.installs:
                for run in swallowed_specifiers(install):
                    yield code.place(run.requirement.start, run.requirement.end), code.start + run.end


def _missing(names: list[str]) -> str:
    if not names:
        return ""
    listed = ", ".join(dict.fromkeys(name[:100] for name in names))
    return f"Not pinned, for the notebook's kernel has no version of it: {listed}"


def _range(source: str, start: int, end: int) -> Range:
    index = LineIndex(source)
    (line, column), (end_line, end_column) = index.line_column(start), index.line_column(end)
    return Range(start=Position(line=line, column=column), end=Position(line=end_line, column=end_column))
